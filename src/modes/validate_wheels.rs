//! validate-wheels: every wheel, sdist and crate, one pass each; leaves the manifest that binds them.

pub(crate) mod baseline;
mod crates;
mod difference;
pub(crate) mod expected;
pub(crate) mod package_tree;
mod reproducible;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use self::package_tree::PackageTree;
use super::records::{About, Record};
use super::release_set::{ReleaseSet, ReleaseSetError, Vetting};
use super::smoke::{Smoke, Subject};
use crate::checks::Dist;
use crate::checks::contents::tree;
use crate::model::digest::Sha256;
use crate::model::expect::Expected;
use crate::model::manifest::{Manifest, Origin};
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, SeenFile, Step};
use crate::remote::disk::bound::BoundManifest;
use crate::remote::disk::manifest_v1;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::pypi::read::IndexRead;
use crate::remote::python::bench::{BenchError, Failed, PythonRun, Verdict};
use crate::remote::python::find::PythonRead;
use crate::remote::python::trial::Trial;
use crate::remote::surroundings::Event;
use crate::report::{Counts, Report, Rule, Severity};

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct ValidateWheels {
    /// Which files.
    pub(crate) set: ReleaseSet,
    /// The wheels and the sdist that have to be among them.
    pub(crate) expect: Option<Expected>,
    /// The packages that the wheels are built from.
    pub(crate) trees: Vec<PackageTree>,
    /// Where `manifest.json` and `SHA256SUMS` go.
    pub(crate) manifest_dir: PathBuf,
    /// What else is left there, for people.
    pub(crate) records: BTreeSet<Record>,
    /// What the manifest says of where the files come from.
    pub(crate) origin: Origin,
    /// Where the same distributions lie, built a second time.
    pub(crate) compare_with: Option<PathBuf>,
    /// What is tried out before that, if anything is.
    pub(crate) smoke: Option<Smoke>,
}

/// No package among the files.
const NO_DISTRIBUTION: Rule = Rule {
    id: "set/no-distribution",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no wheel, no sdist and no crate to validate",
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
pub(crate) const RULES: &[Rule] = &[
    NO_DISTRIBUTION,
    OTHER_VERSION,
    baseline::VANISHED,
    baseline::RAISED,
    baseline::NO_BASELINE,
    reproducible::OTHER_CONTENTS,
    reproducible::OTHER_PACKING,
    reproducible::ONE_SIDED,
    reproducible::SUMMARY,
    reproducible::NOTHING,
    crates::OTHER_COMMIT,
    expected::MISSING,
    expected::EXTRA,
    tree::MISSING,
    tree::EXTRA,
];

/// Its effects: files are tried out, and others are left.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has some dozen of them")]
pub(crate) enum ValidateStep {
    /// A distribution is tried out.
    Try(Trial),
    /// A file is left.
    Write(WriteFile),
}

/// A file that is left.
#[derive(Clone, Debug)]
pub(crate) struct WriteFile {
    path: PathBuf,
    text: String,
    about: String,
}

impl fmt::Display for WriteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write {} ({})", self.path.display(), self.about)
    }
}

impl fmt::Display for ValidateStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Try(trial) => trial.fmt(f),
            Self::Write(file) => file.fmt(f),
        }
    }
}

impl Step for ValidateStep {
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
    crates: usize,
    files: usize,
    version: Option<String>,
    projects: Vec<String>,
    baseline: Vec<String>,
    counts: Counts,
    tried: Option<usize>,
    seen: Vec<SeenFile>,
}

impl Output for Validated {
    fn fields(&self) -> Vec<OutputField> {
        let mut fields = vec![
            ("wheels".into(), self.wheels.to_string()),
            ("sdists".into(), self.sdists.to_string()),
            ("crates".into(), self.crates.to_string()),
            ("files".into(), self.files.to_string()),
            ("errors".into(), self.counts.errors.to_string()),
            ("warnings".into(), self.counts.warnings.to_string()),
            ("notes".into(), self.counts.notes.to_string()),
            ("ignored".into(), self.counts.ignored.to_string()),
        ];
        fields.extend(self.manifest.iter().map(|path| ("manifest".into(), path.display().to_string())));
        fields.extend(self.version.iter().map(|version| ("version".into(), version.clone())));
        fields.extend(self.tried.map(|tried| ("smoke-tested".into(), tried.to_string())));
        if !self.projects.is_empty() {
            fields.push(("projects".into(), self.projects.join("\n")));
        }
        if !self.baseline.is_empty() {
            fields.push(("baseline".into(), self.baseline.join("\n")));
        }
        fields
    }

    fn files(&self) -> Vec<SeenFile> {
        self.seen.clone()
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The files.
    pub(crate) disk: DiskRead,
    /// The index that has the release before, where the files are to be compared with that.
    pub(crate) index: Option<IndexRead>,
    /// The interpreters of this machine.
    pub(crate) python: PythonRead,
}

/// What it changes.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    /// The folder of the manifest.
    pub(crate) disk: DiskWrite,
    /// Where distributions are tried out.
    pub(crate) python: PythonRun,
}

impl Mode for ValidateWheels {
    const NAME: &'static str = "validate-wheels";
    type Step = ValidateStep;
    type Output = Validated;
    type Error = ValidateError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<ValidateStep, Validated>, ValidateError> {
        let trees = self.trees.iter().map(|tree| tree.list(&readers.disk)).collect::<Result<Vec<_>, _>>()?;
        let also = |dists: &[Dist]| {
            let expected = self.expect.iter().flat_map(|expect| expected::compare(expect, dists));
            let packed = crates::compare(&self.origin, dists);
            expected.chain(package_tree::compare(&trees, dists)).chain(packed).collect()
        };
        let vetting = self.set.vet_and(&readers.disk, &self.origin, &cx.surroundings.progress, &also)?;
        let Vetting { mut report, bound, wheels, sdists, crates, files, seen, subjects } = vetting;
        let mut own = Report::default();
        if files > 0 && wheels + sdists + crates == 0 {
            own.push(
                NO_DISTRIBUTION.finding(format!("none of the {files} files is a wheel, an sdist or a crate")),
            );
        }
        let manifest = bound.as_ref().map(BoundManifest::manifest);
        let version = manifest.and_then(Manifest::version);
        if let (Some(tag), Some(version)) = (&self.origin.tag, version)
            && tag.version() != version
        {
            let message = format!("the tag `{tag}` says {}, the files say {version}", tag.version());
            own.push(OTHER_VERSION.finding(message));
        }
        report.merge(self.judged(own));
        let (compared, baseline) = self.compared(readers, report.blocks()).await?;
        report.merge(self.judged(compared));
        let mut plan = Plan {
            waves: Vec::new(),
            output: Validated {
                manifest: None,
                wheels,
                sdists,
                crates,
                files,
                version: version.map(ToString::to_string),
                projects: manifest
                    .map(|manifest| manifest.projects().iter().map(|name| name.normal().to_owned()).collect())
                    .unwrap_or_default(),
                baseline,
                counts: report.counts(),
                tried: None,
                seen,
            },
            report,
            present: 0,
            waiting_for: None,
        };
        if let Some(smoke) = self.smoke.as_ref().filter(|_| manifest.is_some() && !plan.report.blocks()) {
            self.plan_trials(smoke, &subjects, cx, readers, &mut plan).await;
        }
        if let Some(manifest) = manifest.filter(|_| !plan.report.blocks()) {
            let about = About { manifest, seen: &plan.output.seen, report: &plan.report };
            for wave in self.wanted(&about) {
                let count = wave.len();
                let missing = missing(wave, &readers.disk)?;
                plan.present += count - missing.len();
                let missing: Vec<_> = missing.into_iter().map(ValidateStep::Write).collect();
                plan.waves.extend((!missing.is_empty()).then_some(missing));
            }
            plan.output.manifest = Some(self.manifest_dir.join("manifest.json"));
        }
        Ok(plan)
    }

    async fn apply(&self, cx: &Context, step: &ValidateStep, writers: &Writers) -> Result<(), ValidateError> {
        match step {
            ValidateStep::Write(file) => Ok(writers.disk.ensure_file(&file.path, file.text.as_bytes())?),
            ValidateStep::Try(trial) => {
                let verdict = writers.python.ensure_tried(trial, &cx.surroundings.stop).await;
                let log = cx.surroundings.masks.hide(&writers.python.log());
                writers.disk.ensure_file(&self.manifest_dir.join(SMOKE_LOG), log.as_bytes())?;
                match verdict? {
                    Verdict::Passed => Ok(()),
                    Verdict::Failed(Failed { command, end, .. }) => {
                        Err(ValidateError::Failed { command, end })
                    }
                }
            }
        }
    }
}

/// Where everything stands that was said while files were tried out.
const SMOKE_LOG: &str = "smoke-test.log";

/// Why files could not be judged, or did not stand it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValidateError {
    #[error(transparent)]
    Set(#[from] ReleaseSetError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("what the release before had cannot be told")]
    Baseline(#[source] RemoteError),
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The look afterwards says it as a finding.
    #[error("`{command}` {end}")]
    Failed { command: String, end: String },
}

impl Failure for ValidateError {
    fn is_ambiguous(&self) -> bool {
        false
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Set(error) => error.hint(),
            Self::Baseline(error) => error.hint(),
            Self::Disk(error) | Self::Bench(BenchError::Disk(error)) => error.hint(),
            Self::Bench(BenchError::Stopped) => None,
            Self::Bench(_) => Some(format!(
                "`{SMOKE_LOG}` has all that was said; does this Python make environments (`python3 -m venv`)?"
            )),
            Self::Failed { .. } => Some(format!("`{SMOKE_LOG}` in `manifest-dir` has all that was said")),
        }
    }
}

impl ValidateWheels {
    /// What a second build and the release before say of the files, and which releases that were. When the files are
    /// refused already, an index that cannot be asked hides nothing of it.
    async fn compared(
        &self,
        readers: &Readers,
        is_blocked: bool,
    ) -> Result<(Report, Vec<String>), ValidateError> {
        let Readers { disk, index, python: _ } = readers;
        if self.compare_with.is_none() && index.is_none() {
            return Ok((Report::default(), Vec::new()));
        }
        let paths = self.set.distributions(disk)?;
        let mut report = match &self.compare_with {
            Some(folder) => reproducible::look(disk, &paths, folder)?,
            None => Report::default(),
        };
        let Some(index) = index else { return Ok((report, Vec::new())) };
        match baseline::look(index, disk, &paths).await {
            Ok(compared) => {
                report.merge(compared.report);
                Ok((report, compared.with))
            }
            Err(error) if is_blocked => {
                report.push(baseline::NO_BASELINE.finding(error.to_string()));
                Ok((report, Vec::new()))
            }
            Err(error) => Err(ValidateError::Baseline(error)),
        }
    }

    /// What is left to try out, and how that went which was tried out before.
    async fn plan_trials(
        &self,
        smoke: &Smoke,
        subjects: &[Subject],
        cx: &Context,
        readers: &Readers,
        plan: &mut Plan<ValidateStep, Validated>,
    ) {
        let found = readers.python.look(&cx.surroundings.stop).await;
        let trials = smoke.trials(subjects, found);
        let mut own: Report = trials.findings.into_iter().collect();
        let (mut wave, mut passed) = (Vec::new(), 0);
        for trial in trials.trials {
            match readers.python.verdict(&trial) {
                None => wave.push(ValidateStep::Try(trial)),
                Some(Verdict::Passed) => passed += 1,
                Some(Verdict::Failed(failed)) => own.push(smoke.finding(&trial, subjects, &failed)),
            }
        }
        if passed == 0 && !trials.passed_over.is_empty() && own.is_empty() {
            let names = trials.passed_over.len();
            let note =
                format!("smoke test: {names} file(s) are for other systems or Pythons and are passed over");
            cx.surroundings.progress.event(Event::Note(&note));
        }
        plan.report.merge(self.judged(own));
        plan.output.counts = plan.report.counts();
        plan.output.tried = Some(passed);
        plan.present += passed;
        plan.waves.extend((!wave.is_empty()).then_some(wave));
    }

    /// What this mode found itself, by the policy of its files. Its errors say that something else was verified than what
    /// is released: they always stand.
    fn judged(&self, own: Report) -> Report {
        match self.set.policy() {
            Some(policy) => policy.apply(own, |finding| finding.severity == Severity::Error),
            None => own,
        }
    }

    /// All that has to be in the folder, in the order of writing: the manifest, by which the later modes go, comes last,
    /// and the text that holds others comes after those.
    fn wanted(&self, about: &About<'_>) -> Vec<Vec<WriteFile>> {
        let write = |name: &str, text: String, about: String| WriteFile {
            path: self.manifest_dir.join(name),
            text,
            about,
        };
        let record =
            |record: &Record| write(record.file_name(), record.text(about), record.about().to_owned());
        let (last, first): (Vec<_>, Vec<_>) =
            self.records.iter().partition(|record| **record == Record::BuildInfo);
        let manifest = about.manifest;
        let bound = format!("{} files bound by SHA-256", manifest.artifacts().len());
        vec![
            first.into_iter().map(record).collect(),
            last.into_iter().map(record).collect(),
            vec![
                write("manifest.json", manifest_v1::to_json(manifest), bound.clone()),
                write("SHA256SUMS", manifest.sha256sums(), bound),
            ],
        ]
    }
}

/// The files of a wave that are not there with the same bytes.
fn missing(wave: Vec<WriteFile>, disk: &DiskRead) -> Result<Vec<WriteFile>, DiskError> {
    let mut missing = Vec::new();
    for file in wave {
        let is_there =
            file.path.is_file() && disk.hashes(&file.path)?.sha256 == Sha256::of(file.text.as_bytes());
        missing.extend((!is_there).then_some(file));
    }
    Ok(missing)
}
