//! `install-check`: what is released can be installed from its index by name and version, and imported.

use super::python::Offer;
use super::rules::{NOT_IMPORTED, NOT_INSTALLED, NOT_TRIED};
use crate::model::artifact::{Artifact, Distribution};
use crate::model::interpreter::Interpreter;
use crate::model::minutes::Minutes;
use crate::model::target::Registry;
use crate::model::version::Version;
use crate::python::specifier::SpecifierSet;
use crate::remote::pypi::read::IndexRead;
use crate::remote::python::bench::{Failed, Stage, last_lines};
use crate::remote::python::find::Found;
use crate::remote::python::trial::{FromIndex, Source, Trial};
use crate::report::Finding;

/// How long installing a project and importing it may take.
const LIMIT: Minutes = Minutes::of(10);

/// A project to install, and from where.
#[derive(Clone, Debug)]
pub(super) struct Installable {
    /// The registry.
    pub(super) registry: Registry,
    /// Its reader, which knows how to get in.
    pub(super) read: IndexRead,
    /// What it holds.
    pub(super) offer: Offer,
}

/// The trial of a project, or why there is none.
pub(super) fn trial(installable: &Installable, found: &Found) -> Result<Trial, Box<Finding>> {
    let Installable { registry, read, offer: Offer { project, files } } = installable;
    let usable: Vec<_> = found
        .interpreters
        .iter()
        .filter(|interpreter| interpreter.makes_environments || found.uv.is_some())
        .collect();
    // What an sdist is built by would see how to get into the index.
    let wheels_only = read.login().is_some();
    let fitting = usable.iter().find_map(|interpreter| {
        let (artifact, distribution, _) = files
            .iter()
            .filter(|(_, distribution, _)| !wheels_only || matches!(distribution, Distribution::Wheel(_)))
            .filter(|(_, distribution, pythons)| fits(distribution, pythons.as_deref(), interpreter))
            // Installers prefer wheels.
            .min_by_key(|(_, distribution, _)| matches!(distribution, Distribution::Sdist(_)))?;
        Some((*interpreter, artifact, distribution))
    });
    let Some((interpreter, artifact, distribution)) = fitting else {
        let usable: Vec<_> = usable.iter().map(ToString::to_string).collect();
        let here =
            if usable.is_empty() { "none that makes environments".to_owned() } else { usable.join(", ") };
        let why = if wheels_only { ", and nothing is built from an index that wants a password" } else { "" };
        let message = format!(
            "none of the {} files of `{}` fits{why}; Pythons here: {here}",
            files.len(),
            project.normal()
        );
        return Err(Box::new(NOT_TRIED.finding(message)));
    };
    let Artifact { sha256, .. } = artifact;
    let requirement = format!("{}=={}", project.normal(), distribution.version().pep440());
    Ok(Trial {
        path: std::path::PathBuf::new(),
        place: format!("{requirement} from {}", registry.index().authority()),
        sha256: *sha256,
        project: project.normal().to_owned(),
        source: Source::Index(FromIndex {
            requirement,
            may_build: matches!(distribution, Distribution::Sdist(_)),
            login: read.login().cloned(),
        }),
        interpreter: interpreter.clone(),
        // pip is what most users have; uv where this Python cannot do without.
        uv: found.uv.clone().filter(|_| !interpreter.makes_environments),
        links: Vec::new(),
        with_index: true,
        index: registry.index().clone(),
        commands: Vec::new(),
        limit: LIMIT.duration(),
    })
}

fn fits(distribution: &Distribution, pythons: Option<&str>, interpreter: &Interpreter) -> bool {
    let version = Version::from_pep440(&interpreter.full_version).ok();
    let is_allowed = match (pythons.map(str::parse::<SpecifierSet>), version) {
        (Some(Ok(specifiers)), Some(version)) => specifiers.contains(&version),
        _ => true,
    };
    let takes = match distribution {
        Distribution::Wheel(wheel) => interpreter.takes(wheel),
        Distribution::Sdist(_) => true,
    };
    is_allowed && takes
}

/// What a trial that failed comes to.
pub(super) fn finding(trial: &Trial, failed: &Failed) -> Finding {
    let Failed { stage, command, end, said } = failed;
    let rule = if *stage == Stage::Command { &NOT_IMPORTED } else { &NOT_INSTALLED };
    let said = match last_lines(said) {
        said if said.is_empty() => "and said nothing".to_owned(),
        said => format!("and said: {said}"),
    };
    let command = crate::archive::shown(command).escape_debug().to_string();
    let message =
        format!("{}: `{command}` {end} in a new environment of {}, {said}", trial.place, trial.interpreter);
    rule.finding(message)
}
