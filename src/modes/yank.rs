//! yank: a release is taken back as far as registries allow that. Crates are yanked, the release on GitHub is marked,
//! the manifest says it, and a person is told where to yank what has no API. `unyank` takes all of it off again.

mod named;
mod rules;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde_json::json;

use super::notes;
use crate::model::crate_name::CrateFile;
use crate::model::manifest::Manifest;
use crate::model::reason::Reason;
use crate::model::tag::Tag;
use crate::model::target::{PYPI, Registry, RegistryName, TEST_PYPI, Target};
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, Step};
use crate::remote::cargo::read::CargoRead;
use crate::remote::cargo::write::CargoWrite;
use crate::remote::disk::manifest_v1::{ManifestFileError, to_json};
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::read::GithubRead;
use crate::remote::github::write::GithubWrite;
use crate::remote::github::yanked::{is_yank_marked, with_yank_mark, without_yank_mark, yank_mark};
use crate::remote::github::{Release, ReleaseText, Seen, canonical};
use crate::remote::pypi::read::IndexRead;
use crate::report::Report;

use named::{Named, Subject};
pub(crate) use rules::RULES;
use rules::{ABSENT, BY_HAND, NO_RELEASE, NO_ROOM, NO_TAG, NO_TOKEN, NOTHING};

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct Yank {
    /// The tag of the release, where it is known; else the manifest names it.
    pub(crate) tag: Option<Tag>,
    /// The release's manifest, which says what it consisted of and is told what became of it.
    pub(crate) manifest: Option<PathBuf>,
    /// Where its packages are.
    pub(crate) targets: Vec<Target>,
    /// What becomes of them.
    pub(crate) change: Change,
}

/// What becomes of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Installers pass it over, for this reason.
    Yank(Reason),
    /// It is as it was before.
    Unyank,
}

impl Change {
    const fn is_yank(&self) -> bool {
        matches!(self, Self::Yank(_))
    }

    const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Yank(reason) => Some(reason),
            Self::Unyank => None,
        }
    }

    const fn verb(&self) -> &'static str {
        if self.is_yank() { "yank" } else { "un-yank" }
    }
}

/// One effect.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a release has a handful of them")]
pub(crate) enum YankStep {
    /// Yank a version of a crate, or un-yank it.
    Crate { registry: Registry, subject: Subject, yanked: bool },
    /// Put the mark on the release's text, or take it off.
    Mark { text: ReleaseText, seen: Seen, yanked: bool },
    /// Write into the manifest that it was yanked, or that it was not.
    Record { path: PathBuf, text: String, yanked: bool },
}

impl fmt::Display for YankStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crate { registry, subject, yanked } => {
                let verb = if *yanked { "yank" } else { "un-yank" };
                write!(f, "{verb} the crate {subject} on {registry} ({})", registry.index().authority())
            }
            Self::Mark { text, seen: _, yanked: true } => {
                write!(f, "mark the release {} as yanked", text.tag)
            }
            Self::Mark { text, seen: _, yanked: false } => {
                write!(f, "take the mark off the release {} that it is yanked", text.tag)
            }
            Self::Record { path, text: _, yanked: true } => {
                write!(f, "write into {} that it is yanked", path.display())
            }
            Self::Record { path, text: _, yanked: false } => {
                write!(f, "take out of {} that it is yanked", path.display())
            }
        }
    }
}

impl Step for YankStep {
    /// All of it can be taken back: that is what `unyank` does.
    fn irreversible(&self) -> bool {
        false
    }
}

/// How a package stands in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is not there in this version.
    Absent,
    /// All of it is, or all of it is not.
    Whole { yanked: bool },
    /// Some of its files are, and others are not.
    Parts { yanked: usize, files: usize },
}

impl Standing {
    fn of_files(yanked: impl Iterator<Item = bool>) -> Self {
        let (files, yanked) = yanked.fold((0, 0), |(all, some), one| (all + 1, some + usize::from(one)));
        match (files, yanked) {
            (0, _) => Self::Absent,
            (files, 0) if files > 0 => Self::Whole { yanked: false },
            (files, yanked) if files == yanked => Self::Whole { yanked: true },
            (files, yanked) => Self::Parts { yanked, files },
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Whole { yanked: true } => "yanked",
            Self::Whole { yanked: false } => "not-yanked",
            Self::Parts { .. } => "partly",
        }
    }
}

/// A package in a registry, as it was found there.
#[derive(Clone, Debug)]
struct Found {
    registry: Registry,
    subject: Subject,
    standing: Standing,
    /// Whether a person has to change it.
    by_hand: bool,
}

impl Found {
    /// The page on which a person changes it, where that is known.
    fn page(&self) -> Option<String> {
        let Subject::Project(name, version) = &self.subject else { return None };
        let is_warehouse =
            self.registry.is_pypi() || [PYPI, TEST_PYPI].contains(&self.registry.name.as_str());
        is_warehouse.then(|| self.registry.index().release_management(name, version).to_string())
    }

    fn tell(&self, change: &Change, report: &mut Report) {
        let Self { registry, subject, standing, by_hand: _ } = self;
        let parts = match standing {
            Standing::Parts { yanked, files } => format!(" ({yanked} of its {files} files are yanked)"),
            Standing::Absent | Standing::Whole { .. } => String::new(),
        };
        let place = self.page().map_or_else(
            || {
                let host = registry.index().authority();
                format!("no page for that is known of {host}: its documentation says whether and how it can")
            },
            |page| format!("open {page}"),
        );
        let paste = match change {
            Change::Yank(reason) => format!(", choose to yank it, and paste as reason: {reason}"),
            Change::Unyank => ", and choose to un-yank it".to_owned(),
        };
        let verb = change.verb();
        report.push(BY_HAND.finding(format!("{verb} {subject} on `{registry}`{parts}: {place}{paste}")));
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Yanked {
    tag: Option<Tag>,
    release: Option<Release>,
    found: Vec<Found>,
    change: Change,
}

impl Output for Yanked {
    fn fields(&self) -> Vec<OutputField> {
        let Self { tag, release, found, change } = self;
        let packages = found.iter().map(|found| {
            let (package, version) = found.subject.texts();
            let (registry, state) = (found.registry.name.as_str(), found.standing.as_str());
            json!({ "registry": registry, "package": package, "version": version, "state": state })
        });
        let manual = found.iter().filter(|found| found.by_hand).map(|found| {
            let (package, version) = found.subject.texts();
            json!({
                "registry": found.registry.name.as_str(),
                "package": package,
                "version": version,
                "action": change.verb(),
                "page": found.page(),
                "reason": change.reason().map(Reason::as_str),
            })
        });
        let (packages, manual): (Vec<_>, Vec<_>) = (packages.collect(), manual.collect());
        let mut fields: Vec<OutputField> = tag.iter().map(|tag| ("tag".into(), tag.to_string())).collect();
        fields.push(("packages".into(), json!(packages).to_string()));
        fields.push(("manual".into(), json!(manual).to_string()));
        if let Some(release) = release {
            fields.push(("release-id".into(), release.id.to_string()));
            fields.push(("release-url".into(), release.html_url.clone()));
        }
        fields
    }
}

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum YankError {
    #[error(transparent)]
    Manifest(#[from] ManifestFileError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl Failure for YankError {
    fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Remote(error) if error.is_ambiguous())
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Manifest(error) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Remote(error) => error.hint(),
        }
    }

    /// A release that is bad is taken back wherever that can be done.
    fn spares_others(&self) -> bool {
        true
    }
}

/// What reads a registry.
#[derive(Clone, Debug)]
pub(crate) enum RegistryRead {
    /// One of Python packages.
    Python(IndexRead),
    /// One of crates, and whether a token was given for it.
    Cargo { read: CargoRead, has_token: bool },
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The manifest.
    pub(crate) disk: DiskRead,
    /// The repository's releases.
    pub(crate) github: GithubRead,
    /// The registries of all targets.
    pub(crate) registries: BTreeMap<RegistryName, RegistryRead>,
}

/// What it changes.
#[derive(Debug)]
pub(crate) struct Writers {
    /// The manifest.
    pub(crate) disk: DiskWrite,
    /// The repository's releases.
    pub(crate) github: GithubWrite,
    /// The registries of crates, with a token.
    pub(crate) registries: BTreeMap<RegistryName, CargoWrite>,
}

impl Mode for Yank {
    const NAME: &'static str = "yank";
    type Step = YankStep;
    type Output = Yanked;
    type Error = YankError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(&self, _cx: &Context, readers: &Readers) -> Result<Plan<YankStep, Yanked>, YankError> {
        let manifest = match &self.manifest {
            Some(path) => Some(readers.disk.manifest(path)?),
            None => None,
        };
        let tag = self.tag.clone().or_else(|| manifest.as_ref()?.origin().tag.clone());
        let output =
            Yanked { tag: tag.clone(), release: None, found: Vec::new(), change: self.change.clone() };
        let report = Report::default();
        let mut plan = Plan { waves: Vec::new(), report, present: 0, waiting_for: None, output };
        let Some(tag) = tag else {
            plan.report.push(NO_TAG.finding("neither `tag` nor the manifest says which release is meant"));
            return Ok(plan);
        };
        let named = Named { tag: &tag, manifest: manifest.as_ref(), targets: &self.targets };
        let wanted = named.wanted(&mut plan.report);
        // What is wrong with the request is told before anybody is asked.
        if plan.report.blocks() {
            return Ok(plan);
        }
        let mut steps = Vec::new();
        for (registry, subject) in wanted {
            let found = self.look(registry, subject, readers, &mut steps, &mut plan).await?;
            plan.output.found.push(found);
        }
        let releases = readers.github.releases().await?;
        plan.output.release = canonical(&releases, tag.as_str()).cloned();
        self.judge(&tag, &mut steps, &mut plan);
        plan.waves.push(steps);
        plan.waves.extend(self.record(manifest, &mut plan.present).map(|record| vec![record]));
        plan.waves.retain(|wave| !wave.is_empty());
        Ok(plan)
    }

    async fn apply(&self, _cx: &Context, step: &YankStep, writers: &Writers) -> Result<(), YankError> {
        match step {
            YankStep::Crate { registry, subject, yanked } => {
                let (Some(writer), Subject::Crate(name, version)) =
                    (writers.registries.get(&registry.name), subject)
                else {
                    return Err(no_token(registry).into());
                };
                writer.ensure_yanked(name, version, *yanked).await?;
            }
            YankStep::Mark { text, seen, yanked: _ } => writers.github.ensure_body(text, seen).await?,
            YankStep::Record { path, text, yanked: _ } => writers.disk.ensure_file(path, text.as_bytes())?,
        }
        Ok(())
    }
}

/// A plan has no such step: that a token is missing stops the run before.
fn no_token(registry: &Registry) -> RemoteError {
    RemoteError::Missing {
        what: format!("there is no token for `{registry}`"),
        hint: "give one in `credentials`".to_owned(),
    }
}

impl Yank {
    /// Asks the registry how the package stands, and says what is left to do about it.
    async fn look(
        &self,
        registry: Registry,
        mut subject: Subject,
        readers: &Readers,
        steps: &mut Vec<YankStep>,
        plan: &mut Plan<YankStep, Yanked>,
    ) -> Result<Found, YankError> {
        let reader = readers.registries.get(&registry.name).ok_or_else(|| no_token(&registry))?;
        let yank = self.change.is_yank();
        let standing = match (reader, &mut subject) {
            (RegistryRead::Python(index), Subject::Project(name, version)) => {
                let files = index.files(name).await?;
                let of_version = files.iter().filter(|file| named::is_of(&file.file.file_name, version));
                Standing::of_files(of_version.map(|file| file.yanked))
            }
            (RegistryRead::Cargo { read, has_token: _ }, Subject::Crate(name, version)) => {
                let versions = read.versions(name).await?;
                let is_listed = versions.iter().any(|found| found.version == *version);
                if let Some(tag) = plan.output.tag.as_ref().filter(|_| self.manifest.is_none() && !is_listed)
                {
                    // Without a manifest only the index knows how the tag's version is spelled.
                    let of_tag =
                        |found: &&semver::Version| tag.names(&CrateFile::new(name.clone(), (*found).clone()));
                    let theirs = versions.iter().map(|found| &found.version).find(of_tag);
                    *version = theirs.unwrap_or(version).clone();
                }
                let found = versions.iter().filter(|found| found.version == *version);
                Standing::of_files(found.map(|found| found.yanked))
            }
            // A line's registry takes packages of its kind only.
            (RegistryRead::Python(_), Subject::Crate(..))
            | (RegistryRead::Cargo { .. }, Subject::Project(..)) => Standing::Absent,
        };
        let mut found = Found { registry, subject, standing, by_hand: false };
        let Found { registry, subject, .. } = &found;
        if standing == Standing::Absent {
            let host = registry.index().authority();
            plan.report.push(ABSENT.finding(format!("`{registry}` ({host}) has no {subject}")));
        } else if standing == (Standing::Whole { yanked: yank }) {
            plan.present += 1;
        } else if let RegistryRead::Cargo { read: _, has_token } = reader {
            if !has_token {
                let message = format!(
                    "{subject} on `{registry}` cannot be {}ed without an API token",
                    self.change.verb()
                );
                plan.report.push(NO_TOKEN.finding(message));
            }
            let (registry, subject) = (registry.clone(), subject.clone());
            steps.push(YankStep::Crate { registry, subject, yanked: yank });
        } else {
            found.by_hand = true;
            found.tell(&self.change, &mut plan.report);
        }
        Ok(found)
    }

    /// Says what becomes of the release, and what all that was found comes to.
    fn judge(&self, tag: &Tag, steps: &mut Vec<YankStep>, plan: &mut Plan<YankStep, Yanked>) {
        let Yanked { release, found, .. } = &plan.output;
        let all_absent = found.iter().all(|found| found.standing == Standing::Absent);
        // A mark on the page alone would look as if the packages were taken back.
        if all_absent && !found.is_empty() {
            let message = format!("none of the packages of `{tag}` is on the registry that is named for it");
            plan.report.push(NOTHING.finding(message));
            return;
        }
        let mut for_a_person = Vec::new();
        match release {
            Some(release) => match self.mark(tag, release) {
                Some(YankStep::Mark { text, .. }) if notes::length(&text.body) > notes::LONGEST => {
                    let message = format!(
                        "the text of {} would have {} characters with the mark, and GitHub takes {}",
                        release.html_url,
                        notes::length(&text.body),
                        notes::LONGEST
                    );
                    plan.report.push(NO_ROOM.finding(message));
                    for_a_person.push(format!("shorten the text of the release {tag}"));
                }
                Some(step) => steps.push(step),
                None => plan.present += 1,
            },
            None if all_absent => {
                plan.report.push(NOTHING.finding(format!("nothing is there of `{tag}`")));
            }
            None => plan.report.push(NO_RELEASE.finding(format!("there is no release of `{tag}`"))),
        }
        let by_hand: Vec<_> = found.iter().filter(|found| found.by_hand).collect();
        if !by_hand.is_empty() {
            let lines = by_hand.iter().map(|found| format!("{} on {}", found.subject, found.registry));
            let lines = lines.collect::<Vec<_>>().join(", ");
            for_a_person.insert(0, format!("{} {lines}", self.change.verb()));
        }
        if !for_a_person.is_empty() {
            plan.waiting_for = Some(format!("somebody to {}", for_a_person.join(", and to ")));
        }
    }

    /// The change of the release's text, if it lacks one.
    fn mark(&self, tag: &Tag, release: &Release) -> Option<YankStep> {
        let body = match &self.change {
            Change::Yank(reason) => {
                let mark = mark(reason);
                (!is_yank_marked(&release.body, &mark)).then(|| with_yank_mark(&release.body, &mark))
            }
            Change::Unyank => yank_mark(&release.body).is_some().then(|| without_yank_mark(&release.body)),
        }?;
        let text = ReleaseText {
            tag: tag.to_string(),
            target: None,
            title: release.name.clone(),
            body,
            prerelease: release.prerelease,
        };
        let seen = Seen { release_id: release.id, must_be_draft: false, body: Some(release.body.clone()) };
        Some(YankStep::Mark { text, seen, yanked: self.change.is_yank() })
    }

    /// The change of the manifest, if it lacks one. It comes when all that can be done is done.
    fn record(&self, manifest: Option<Manifest>, present: &mut usize) -> Option<YankStep> {
        let (path, manifest) = (self.manifest.clone()?, manifest?);
        if manifest.yanked() == self.change.reason() {
            *present += 1;
            return None;
        }
        let text = to_json(&manifest.with_yanked(self.change.reason().cloned()));
        Some(YankStep::Record { path, text, yanked: self.change.is_yank() })
    }
}

/// What the release's page says, in Markdown. A reason is text: none of it becomes a tag or ends the region.
fn mark(reason: &Reason) -> String {
    let reason = reason.as_str().replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "> [!CAUTION]\n> **This release was yanked:** {reason}\n>\n> Please use another one. Its files stay for those who \
         depend on exactly this version."
    )
}
