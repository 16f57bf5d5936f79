//! The smoke test: every distribution that this machine can run is installed into an environment of its own and has to
//! stand some commands. Which file meets which interpreter is decided here, as values; `remote::python` does it.

mod subject;

use std::path::{Path, PathBuf};
use std::str::FromStr;

pub(crate) use subject::Subject;

use crate::model::endpoints::Endpoint;
use crate::model::interpreter::Interpreter;
use crate::model::minutes::Minutes;
use crate::model::version::Version;
use crate::python::specifier::SpecifierSet;
use crate::remote::python::bench::{Failed, Stage, last_lines};
use crate::remote::python::find::Found;
use crate::remote::python::trial::{Command, Trial};
use crate::report::{Finding, Rule, Severity};

/// What the user wants to be tried out.
#[derive(Clone, Debug)]
pub(crate) struct Smoke {
    /// Each wheel that an interpreter of this machine takes.
    pub(crate) wheels: bool,
    /// The sdist.
    pub(crate) sdists: bool,
    /// What has to succeed; if nothing, the import of every top-level module.
    pub(crate) commands: Vec<Command>,
    /// How long one file may take.
    pub(crate) limit: Minutes,
    /// Where build requirements come from.
    pub(crate) index: Endpoint,
    /// Where dependencies come from.
    pub(crate) dependencies: Dependencies,
}

/// Where the dependencies of a distribution come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dependencies {
    /// From the folder of the release's files alone.
    Folder,
    /// From the index, too.
    Index,
}

/// A text that names no source of dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither `folder` nor `index`")]
pub(crate) struct UnknownDependencies;

impl FromStr for Dependencies {
    type Err = UnknownDependencies;

    fn from_str(text: &str) -> Result<Self, UnknownDependencies> {
        match text {
            "folder" => Ok(Self::Folder),
            "index" => Ok(Self::Index),
            _ => Err(UnknownDependencies),
        }
    }
}

/// Nothing could be tried out.
const NOTHING_RAN: Rule = Rule {
    id: "smoke/nothing-ran",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A smoke test was asked for, and no file could be tried out on this machine",
    explain: "A wheel is tried out by an interpreter that its tags and its `Requires-Python` name, on a platform that \
              they name. Where no wheel fits, a test that ends well would have tested nothing.",
    fix: "run it where a wheel fits: install that Python before, or add a job for that system",
    sources: &["platform compatibility tags", "design: verifying nothing is a failure"],
    since: "0.1.0",
};

/// A file cannot be installed.
const NOT_INSTALLED: Rule = Rule {
    id: "smoke/not-installed",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A distribution could not be installed into a new environment",
    explain: "The file itself was given to the installer, in an environment with nothing else in it, by an interpreter \
              that its tags name. Dependencies come from the folder of the release alone unless \
              `smoke-dependencies: index` says otherwise; an sdist is built first, with what it declares that its build \
              needs. Users who install it meet the same.",
    fix: "read the last lines, and all of them in `smoke-test.log`; then correct the build and build again",
    sources: &["zlmdb's release process: the sdist is installed before it is released"],
    since: "0.1.0",
};

/// A command failed.
const COMMAND_FAILED: Rule = Rule {
    id: "smoke/command-failed",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "An installed distribution failed a command of the smoke test",
    explain: "Each of `smoke-commands`, or else the import of each top-level module, has to end with exit code 0. They run \
              in an empty folder, so that the installed files are what is imported and not the sources beside them.",
    fix: "read the last lines, and all of them in `smoke-test.log`; then correct the build and build again",
    sources: &["zlmdb's release process: every smoke test is required"],
    since: "0.1.0",
};

/// The time was over.
const TIMED_OUT: Rule = Rule {
    id: "smoke/timed-out",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The smoke test of a distribution took too long",
    explain: "Installing a file and running all commands has to end within `smoke-timeout`. What was running was ended, \
              with everything that it had started.",
    fix: "find out what it waits for in `smoke-test.log`, or give more minutes by `smoke-timeout`",
    sources: &["design: every wait has an end"],
    since: "0.1.0",
};

/// The rules of the smoke test.
pub(crate) const RULES: &[Rule] = &[NOTHING_RAN, NOT_INSTALLED, COMMAND_FAILED, TIMED_OUT];

/// What is tried out, and what cannot be.
#[derive(Debug, Default)]
pub(crate) struct Trials {
    /// One for each file that can be tried out here.
    pub(crate) trials: Vec<Trial>,
    /// Files of other systems and interpreters.
    pub(crate) passed_over: Vec<String>,
    /// That there is none of a kind that was asked for.
    pub(crate) findings: Vec<Finding>,
}

impl Smoke {
    /// Which of `subjects` meet which interpreter. Each is tried out once: by what `python3` means if that will do,
    /// else by the newest that will.
    pub(crate) fn trials(&self, subjects: &[Subject], found: &Found) -> Trials {
        let mut trials = Trials::default();
        for (kind, is_wanted) in [("wheel", self.wheels), ("sdist", self.sdists)] {
            if !is_wanted {
                continue;
            }
            let (mut files, mut fitting) = (0, 0);
            for subject in subjects.iter().filter(|subject| subject.kind() == kind) {
                files += 1;
                match found.interpreters.iter().find(|interpreter| fits(subject, interpreter, found)) {
                    Some(interpreter) => {
                        fitting += 1;
                        trials.trials.push(self.trial(subject, subjects, interpreter, found));
                    }
                    None => trials.passed_over.push(subject.place.clone()),
                }
            }
            if fitting == 0 {
                trials.findings.push(NOTHING_RAN.finding(nothing(kind, files, found)));
            }
        }
        trials
    }

    fn trial(&self, subject: &Subject, all: &[Subject], interpreter: &Interpreter, found: &Found) -> Trial {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut links: Vec<PathBuf> =
            all.iter().filter_map(|subject| Some(absolute(&subject.path).parent()?.to_owned())).collect();
        links.sort();
        links.dedup();
        Trial {
            path: absolute(&subject.path),
            place: subject.place.clone(),
            sha256: subject.sha256,
            project: subject.distribution.name().normal().to_owned(),
            source: subject.source.clone(),
            interpreter: interpreter.clone(),
            uv: found.uv.clone(),
            links,
            with_index: self.dependencies == Dependencies::Index,
            index: self.index.clone(),
            commands: self.commands.clone(),
            limit: self.limit.duration(),
        }
    }

    /// What a trial that failed comes to. `said` are the last words, which may be shown.
    pub(crate) fn finding(&self, trial: &Trial, subjects: &[Subject], failed: &Failed) -> Finding {
        let Failed { stage, command, end, said } = failed;
        let rule = match stage {
            Stage::Requirements | Stage::Installation => &NOT_INSTALLED,
            Stage::Command => &COMMAND_FAILED,
            Stage::Time => &TIMED_OUT,
        };
        let said = match last_lines(said) {
            said if said.is_empty() => "and said nothing".to_owned(),
            said => format!("and said: {said}"),
        };
        let command = crate::archive::shown(command).escape_debug().to_string();
        let message = format!("`{command}` {end} in a new environment of {}, {said}", trial.interpreter);
        let finding = rule.finding(message).in_file(trial.place.clone());
        let depends = subjects
            .iter()
            .find(|subject| subject.place == trial.place)
            .map_or(&[][..], |subject| &subject.dependencies);
        match stage {
            Stage::Requirements => finding.hint(
                "does the index that `smoke-index-url` names have them, and can this machine reach it?",
            ),
            Stage::Installation if !depends.is_empty() && self.dependencies == Dependencies::Folder => {
                finding.hint(format!(
                    "it depends on {}, which were looked for in the folder of the release alone: allow the index by \
                     `smoke-dependencies: index`",
                    depends.join(", ")
                ))
            }
            _ => finding,
        }
    }
}

/// Whether an interpreter can try a distribution out.
fn fits(subject: &Subject, interpreter: &Interpreter, found: &Found) -> bool {
    let is_usable = found.uv.is_some() || interpreter.makes_environments;
    let version = Version::from_pep440(&interpreter.full_version).ok();
    let is_allowed = match (&subject.requires_python, version) {
        (Some(text), Some(version)) => {
            text.parse::<SpecifierSet>().is_ok_and(|specifiers| specifiers.contains(&version))
        }
        _ => true,
    };
    is_usable && is_allowed && subject.wheel().is_none_or(|wheel| interpreter.takes(wheel))
}

fn nothing(kind: &str, files: usize, found: &Found) -> String {
    if files == 0 {
        return format!("there is no {kind} to try out");
    }
    let usable: Vec<_> = found
        .interpreters
        .iter()
        .map(|interpreter| {
            let lacks =
                if found.uv.is_some() || interpreter.makes_environments { "" } else { " (without venv)" };
            format!("{interpreter}{lacks}")
        })
        .collect();
    match &usable[..] {
        [] => "no Python interpreter was found on `PATH`".to_owned(),
        usable => {
            let platform =
                found.interpreters.first().map(|first| first.platform.to_string()).unwrap_or_default();
            format!(
                "none of {files} {kind} file(s) is for an interpreter of this machine, which has {} on {platform}",
                usable.join(", ")
            )
        }
    }
}
