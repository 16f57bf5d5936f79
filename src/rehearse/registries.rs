//! The phases of a release that have to do with registries, played.

use std::collections::BTreeMap;

use super::phase::{bound, play};
use super::script::Script;
use super::stage::Stage;
use super::{Played, RehearseError};
use crate::model::manifest::Origin;
use crate::model::target::{INDEX, Registry, RegistryKind, Target};
use crate::modes::publish::Publish;
use crate::modes::publish::registry::{self, RegistryRead, RegistryWrite, Way};
use crate::modes::verify_release::{self, Place, ReleaseState, VerifyRelease, When};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::RemoteError;
use crate::remote::python::bench::PythonRun;
use crate::remote::python::find::PythonRead;

/// What the script sends where; everything to the index where it says nothing.
fn targets(stage: &Stage, script: &Script) -> Vec<Target> {
    let registries = stage.registries();
    if script.targets.is_empty() {
        let index = registries.get(INDEX).expect("every run knows it");
        return vec![Target::everything(index.clone())];
    }
    Target::read(&script.targets.join("\n"), &registries).expect("the sample's lines are plain")
}

pub(super) async fn publish(
    stage: &Stage,
    script: &Script,
    name: &'static str,
) -> Result<Played, RehearseError> {
    stage.run_as(script.publisher);
    let targets = targets(stage, script);
    let mut readers = registry::Readers { disk: DiskRead::for_uploads(), registries: BTreeMap::new() };
    let mut ways = BTreeMap::new();
    for Target { registry, .. } in &targets {
        let (read, write) = read_and_write(stage, registry)?;
        readers.registries.insert(registry.name.clone(), read);
        ways.insert(registry.name.clone(), Ok(Way { write, is_trusted: true }));
    }
    let mode = Publish::new(bound(stage), Origin { tag: Some(stage.tag.clone()), commit: None }, targets);
    let writers = registry::Writers { read: readers.clone(), registries: ways };
    Ok(play(stage, name, &mode, &readers, &writers).await)
}

fn read_and_write(stage: &Stage, registry: &Registry) -> Result<(RegistryRead, RegistryWrite), RemoteError> {
    Ok(match &registry.kind {
        RegistryKind::Python { upload, index } => {
            let write = RegistryWrite::Python(Box::new(stage.python_write(upload, index)?));
            (RegistryRead::Python(stage.python_read(index)?), write)
        }
        RegistryKind::Cargo { index } => {
            let write = RegistryWrite::Cargo(Box::new(stage.cargo_write(index)?));
            (RegistryRead::Cargo(stage.cargo_read(index)?), write)
        }
    })
}

pub(super) async fn verify(
    stage: &Stage,
    script: &Script,
    name: &'static str,
    when: When,
) -> Result<Played, RehearseError> {
    let place = |target: Target| -> Result<Place, RemoteError> {
        let reader = match &target.registry.kind {
            RegistryKind::Python { upload: _, index } => {
                verify_release::RegistryRead::Python(stage.python_read(index)?)
            }
            RegistryKind::Cargo { index } => verify_release::RegistryRead::Cargo(stage.cargo_read(index)?),
        };
        Ok(Place { target, reader })
    };
    let places = targets(stage, script).into_iter().map(place).collect::<Result<_, _>>()?;
    let mode = VerifyRelease {
        tag: stage.tag.clone(),
        commit: Some(stage.commit.clone()),
        when,
        release_state: ReleaseState::Published,
        manifest: Some(stage.folder("release-manifest").join("manifest.json")),
        require_provenance: false,
        install_check: false,
    };
    let python = PythonRead::default();
    let readers = verify_release::Readers::new(stage.disk(), stage.github_read()?, places, python.clone());
    let writers = verify_release::Writers { python: PythonRun::new(python) };
    Ok(play(stage, name, &mode, &readers, &writers).await)
}
