//! validate-wheels: every wheel and sdist, one pass each; leaves the manifest that binds them.

use std::fmt;
use std::path::PathBuf;

use super::release_set::{ReleaseSet, ReleaseSetError};
use crate::model::artifact::Artifact;
use crate::model::digest::Sha256;
use crate::model::manifest::Origin;
use crate::plan::context::Context;
use crate::plan::{Mode, Output, OutputField, Plan, Step};
use crate::remote::disk::manifest_v1;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::report::{Rule, Severity};

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct ValidateWheels {
    /// Which files.
    pub(crate) set: ReleaseSet,
    /// Where `manifest.json` and `SHA256SUMS` go.
    pub(crate) manifest_dir: PathBuf,
    /// What the manifest says of where the files come from.
    pub(crate) origin: Origin,
}

/// No distribution among the files.
const NO_DISTRIBUTION: Rule = Rule {
    id: "set/no-distribution",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no wheel and no sdist to validate",
    explain: "Verifying nothing is a failure. Usually an upload matched no file, or the artifacts were collected \
              into another folder.",
    fix: "look whether the wheels were collected into `packages-dir`, and whether that is the right folder",
    sources: &["incident: a checksum step reported success over zero files, and a corrupt sdist went live"],
    since: "0.1.0",
};

/// The files are of another version than the tag.
const OTHER_VERSION: Rule = Rule {
    id: "set/version-not-of-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files are of another version than the tag",
    explain: "A version that went out under the wrong number can never be taken back: the index keeps its name for \
              ever.",
    fix: "tag the commit that carries the version, or build the commit that was tagged",
    sources: &["incident: tags and built files disagreed, and the version numbers in between were lost"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[NO_DISTRIBUTION, OTHER_VERSION];

/// Its effects: the two files it leaves.
#[derive(Clone, Debug)]
pub(crate) struct WriteFile {
    path: PathBuf,
    text: String,
    files: usize,
}

impl fmt::Display for WriteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write {} ({} files bound by SHA-256)", self.path.display(), self.files)
    }
}

impl Step for WriteFile {
    fn irreversible(&self) -> bool {
        false
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Validated {
    manifest: Option<PathBuf>,
    wheels: usize,
    sdists: usize,
    files: usize,
    version: Option<String>,
    projects: Vec<String>,
    artifacts: Vec<Artifact>,
}

impl Output for Validated {
    fn fields(&self) -> Vec<OutputField> {
        let mut fields = vec![
            ("wheels", self.wheels.to_string()),
            ("sdists", self.sdists.to_string()),
            ("files", self.files.to_string()),
        ];
        fields.extend(self.manifest.iter().map(|path| ("manifest", path.display().to_string())));
        fields.extend(self.version.iter().map(|version| ("version", version.clone())));
        if !self.projects.is_empty() {
            fields.push(("projects", self.projects.join("\n")));
        }
        fields
    }

    fn artifacts(&self) -> &[Artifact] {
        &self.artifacts
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The files.
    pub(crate) disk: DiskRead,
}

/// What it changes.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    /// The folder of the manifest.
    pub(crate) disk: DiskWrite,
}

impl Mode for ValidateWheels {
    const NAME: &'static str = "validate-wheels";
    type Step = WriteFile;
    type Output = Validated;
    type Error = ReleaseSetError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        _cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<WriteFile, Validated>, ReleaseSetError> {
        let mut vetting = self.set.vet(&readers.disk, &self.origin)?;
        if vetting.files > 0 && vetting.wheels + vetting.sdists == 0 {
            vetting.report.push(
                NO_DISTRIBUTION
                    .finding(format!("none of the {} files is a wheel or an sdist", vetting.files)),
            );
        }
        let manifest = vetting.bound.as_ref().map(|bound| bound.manifest());
        if let (Some(tag), Some(version)) =
            (&self.origin.tag, manifest.and_then(|manifest| manifest.version()))
            && tag.version() != version
        {
            let message = format!("the tag `{tag}` says {}, the files say {version}", tag.version());
            vetting.report.push(OTHER_VERSION.finding(message));
        }
        let mut plan = Plan {
            waves: Vec::new(),
            output: Validated {
                manifest: None,
                wheels: vetting.wheels,
                sdists: vetting.sdists,
                files: vetting.files,
                version: manifest.and_then(|manifest| manifest.version()).map(ToString::to_string),
                projects: manifest
                    .map(|manifest| manifest.projects().iter().map(|name| name.normal().to_owned()).collect())
                    .unwrap_or_default(),
                artifacts: manifest.map(|manifest| manifest.artifacts().to_vec()).unwrap_or_default(),
            },
            report: vetting.report,
            present: 0,
            waiting_for: None,
        };
        if let Some(manifest) = manifest.filter(|_| !plan.report.blocks()) {
            let json = self.manifest_dir.join("manifest.json");
            let wanted = [
                (json.clone(), manifest_v1::to_json(manifest)),
                (self.manifest_dir.join("SHA256SUMS"), manifest.sha256sums()),
            ];
            let mut missing = Vec::new();
            for (path, text) in wanted {
                if path.is_file() && readers.disk.hashes(&path)?.sha256 == Sha256::of(text.as_bytes()) {
                    plan.present += 1;
                } else {
                    missing.push(WriteFile { path, text, files: manifest.artifacts().len() });
                }
            }
            plan.output.manifest = Some(json);
            plan.waves.extend((!missing.is_empty()).then_some(missing));
        }
        Ok(plan)
    }

    async fn apply(&self, _cx: &Context, step: &WriteFile, writers: &Writers) -> Result<(), ReleaseSetError> {
        Ok(writers.disk.ensure_file(&step.path, step.text.as_bytes())?)
    }
}
