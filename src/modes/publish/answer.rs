//! What publish answers: for each file at each registry, how it stands there.

use std::collections::BTreeSet;

use super::registry::Standing;
use super::route::{File, Place};
use super::run::{Run, Sent};
use crate::model::artifact::Artifact;
use crate::model::endpoints::Endpoint;
use crate::model::name::PackageName;
use crate::model::target::RegistryName;
use crate::plan::{Output, OutputField, SeenFile};

/// The answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Published {
    pub(super) projects: BTreeSet<PackageName>,
    pub(super) version: Option<String>,
    pub(super) present: usize,
    /// The indexes that were read, each once.
    pub(super) indexes: Vec<Endpoint>,
    pub(super) artifacts: Vec<Artifact>,
    /// In the order of publishing.
    pub(super) rows: Vec<Row>,
    /// Crates that their registry knows nothing of.
    pub(super) new: BTreeSet<Place>,
    pub(super) run: Run,
}

/// A file at a registry.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) registry: RegistryName,
    pub(super) file: File,
    pub(super) standing: Standing,
}

impl Row {
    /// What the output `states` calls it. What was sent after the look is known by the run.
    fn state(&self, run: &Run) -> &'static str {
        match (&self.standing, run.sent(&self.registry, &self.file.artifact)) {
            (Standing::Proven { .. }, _) => "proven",
            (Standing::Other(_), _) => "skipped",
            (Standing::Missing, Some(_)) => "sent",
            (Standing::Missing, None) => "not-sent",
        }
    }

    fn is_uploaded(&self, run: &Run) -> bool {
        let is_there = matches!(self.standing, Standing::Proven { .. });
        run.sent(&self.registry, &self.file.artifact).is_some_and(|sent| sent == Sent::Taken || is_there)
    }
}

impl Published {
    fn states(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            let provenance = match &row.standing {
                Standing::Proven { provenance, .. } => provenance.as_deref(),
                Standing::Missing | Standing::Other(_) => None,
            };
            serde_json::json!({
                "target": row.registry.as_str(),
                "file": row.file.artifact.file_name.as_str(),
                "sha256": row.file.artifact.sha256.to_string(),
                "state": row.state(&self.run),
                "provenance": provenance,
            })
        });
        serde_json::Value::from_iter(rows).to_string()
    }
}

impl Output for Published {
    fn fields(&self) -> Vec<OutputField> {
        let names: Vec<_> = self.projects.iter().map(PackageName::normal).collect();
        let mut fields =
            vec![("projects".into(), names.join("\n")), ("files".into(), self.present.to_string())];
        fields.extend(self.version.iter().map(|version| ("version".into(), version.clone())));
        let indexes: Vec<_> = self.indexes.iter().map(ToString::to_string).collect();
        fields.push(("index-url".into(), indexes.join("\n")));
        fields.push(("states".into(), self.states()));
        fields
    }

    fn files(&self) -> Vec<SeenFile> {
        self.artifacts.iter().cloned().map(SeenFile::of).collect()
    }

    fn effects(&self) -> Vec<OutputField> {
        let uploaded = self.rows.iter().filter(|row| row.is_uploaded(&self.run)).count();
        vec![("uploaded".into(), uploaded.to_string())]
    }

    fn is_in_doubt(&self) -> bool {
        self.run.sent_any()
    }

    /// What is out and what is not has to be known most of all when the run broke off.
    fn broken_off(&self) -> Vec<OutputField> {
        [self.fields(), self.effects()].concat()
    }
}
