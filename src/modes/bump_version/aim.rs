//! From what the project states to what it is to state. Nothing is asked of GitHub, and nothing is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::BumpVersionError;
use super::goal::Goal;
use super::place::Place;
use super::rules::{
    BROKEN_OFF, CANNOT_SAY, DISAGREE, DYNAMIC, NO_UNRELEASED, NO_VERSION, REFUSED, UNCOMMITTED, UNREADABLE,
};
use super::tree::Files;
use super::{BumpVersion, Changelog};
use crate::model::bump::{Bump, BumpError};
use crate::model::tag::Tag;
use crate::model::version::{Spelling, Version, VersionKind};
use crate::remote::disk::together::Journal;
use crate::remote::git::GitRead;
use crate::report::{Report, Rule};
use crate::sources::changelog::Form;
use crate::sources::changelog::release::{self, Release};
use crate::sources::{self, Edit, EditError, Found, Role, Sources, Statement, Tree as _, TreeError};

/// Why there is no goal: a finding each.
type Refused = Report;

/// What the goal is, unless something stands against it; and what has to be known about it in any case.
pub(super) type Aimed = (Option<Goal>, Report);

/// Everything that the goal follows from.
pub(super) struct Aim<'a> {
    pub(super) mode: &'a BumpVersion,
    pub(super) files: Files<'a>,
    pub(super) git: Option<&'a GitRead>,
    /// The day, for the changelog.
    pub(super) today: String,
}

/// What the sources state.
struct Stated {
    version: Version,
    sources: Sources,
}

/// What the last commit states.
enum Committed {
    /// There is none to ask, or it does not matter.
    Unasked,
    /// This version.
    At(Version),
    /// None, or several.
    Unclear,
}

impl Aim<'_> {
    /// Works it out.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub(super) async fn take(mut self, journal: Option<&Journal>) -> Result<Aimed, BumpVersionError> {
        let mut report = Report::default();
        if let Some(journal) = journal
            && !self.is_committed_over(journal).await?
        {
            self.recall(journal, &mut report)?;
        }
        if report.blocks() {
            return Ok((None, report));
        }
        let Some(stated) = self.stated(&self.files, &mut report)? else { return Ok((None, report)) };
        match self.goal(stated, &mut report).await? {
            Ok(goal) => Ok((Some(goal), report)),
            Err(refused) => {
                report.merge(refused);
                Ok((None, report))
            }
        }
    }

    /// Whether the last commit has what the run that broke off made, and the files are as it has them: then nothing is left
    /// of that run but its journal.
    async fn is_committed_over(&self, journal: &Journal) -> Result<bool, BumpVersionError> {
        let Some(git) = self.git else { return Ok(false) };
        if !git.has_commit().await {
            return Ok(false);
        }
        let mut is_newer = false;
        for entry in &journal.entries {
            let now = self.files.disk.text(&entry.name)?;
            let committed = git.committed(&entry.name).await?;
            // What git does not track is known by what it was to hold.
            if now.as_ref() != Some(committed.as_ref().unwrap_or(&entry.after)) {
                return Ok(false);
            }
            is_newer |= committed.is_some_and(|text| text != entry.before);
        }
        Ok(is_newer)
    }

    /// Takes the files as they were before a run that broke off.
    fn recall(&mut self, journal: &Journal, report: &mut Report) -> Result<(), BumpVersionError> {
        for entry in &journal.entries {
            let now = self.files.disk.text(&entry.name)?;
            if [&entry.before, &entry.after].into_iter().all(|text| now.as_ref() != Some(text)) {
                let message = "it is neither as it was before the run that broke off, nor as that run would have left it";
                report.push(BROKEN_OFF.finding(message).in_file(entry.name.clone()));
            }
            self.files.instead.insert(entry.name.clone(), entry.before.clone());
        }
        Ok(())
    }

    /// The one version that all sources state.
    fn stated(&self, files: &Files<'_>, report: &mut Report) -> Result<Option<Stated>, BumpVersionError> {
        let sources = match sources::find(files, &self.mode.wanted) {
            Ok(sources) => sources,
            Err(error @ TreeError::Unavailable { .. }) => return Err(error.into()),
            Err(error @ (TreeError::NotText { .. } | TreeError::TooLarge { .. })) => {
                report.push(UNREADABLE.finding(error.to_string()));
                return Ok(None);
            }
        };
        for found in &sources.found {
            match found {
                Found::Statement(_) => {}
                Found::Dynamic { file, line, by } => {
                    let message = format!("line {line} leaves the version to {}", by.escape_debug());
                    report.push(DYNAMIC.finding(message).in_file(file.clone()));
                }
                Found::Unreadable { file, line, why } => {
                    let line = line.map_or_else(String::new, |line| format!("line {line}: "));
                    report.push(UNREADABLE.finding(format!("{line}{why}")).in_file(file.clone()));
                }
            }
        }
        let mut versions: Vec<(&Statement, Version)> = Vec::new();
        for statement in statements(&sources).filter(|statement| statement.role == Role::Version) {
            match Version::read(&statement.text, statement.spelling) {
                Ok(version) => versions.push((statement, version)),
                Err(error) => {
                    let message = format!("line {}: {error}", statement.line);
                    report.push(UNREADABLE.finding(message).in_file(statement.file.clone()));
                }
            }
        }
        let distinct: BTreeSet<&Version> = versions.iter().map(|(_, version)| version).collect();
        if distinct.len() > 1 {
            for (Statement { file, line, key, text, .. }, _) in &versions {
                let message = format!("line {line}: `{key}` is {}", text.escape_debug());
                report.push(DISAGREE.finding(message).in_file(file.clone()));
            }
        }
        if distinct.is_empty() && !report.blocks() {
            report.push(NO_VERSION.finding(format!("none was found in `{}`", self.files.disk.shown(""))));
        }
        let version = distinct.first().copied().cloned().filter(|_| !report.blocks());
        Ok(version.map(|version| Stated { version, sources }))
    }

    async fn goal(
        &self,
        stated: Stated,
        report: &mut Report,
    ) -> Result<Result<Goal, Refused>, BumpVersionError> {
        let Stated { version: now, sources } = stated;
        let is_semver = |statement: &Statement| statement.spelling == Spelling::Semver;
        let spelling = if statements(&sources).any(is_semver) { Spelling::Semver } else { Spelling::Pep440 };
        let before = match self.committed(&sources).await? {
            Committed::At(version) => Some(version),
            Committed::Unasked => None,
            // A version that is named leads to itself, however often.
            Committed::Unclear if matches!(self.mode.bump, Bump::To(_)) => None,
            Committed::Unclear => {
                let message = format!(
                    "the files state {}, and the last commit has no one version: whether that is the next one already cannot \
                     be told",
                    now.spelled(spelling).unwrap_or_else(|_unsayable| now.pep440())
                );
                let hint = "commit what is there, then run again; or name the version";
                return Ok(Err(Report::from_iter([UNCOMMITTED.finding(message).hint(hint)])));
            }
        };
        let previous = before.as_ref().unwrap_or(&now);
        let next = match next(&self.mode.bump, previous, self.mode.kind) {
            Ok(next) => next,
            Err(error) => return Ok(Err(refused(&REFUSED, error.to_string()))),
        };
        let tag = match Tag::of(&self.mode.tag_prefix, &next, spelling) {
            Ok(tag) => tag,
            Err(error) => return Ok(Err(refused(&CANNOT_SAY, error.to_string()))),
        };
        let mut goal = Goal {
            previous: previous.clone(),
            version: next,
            tag,
            spelling,
            edits: Vec::new(),
            kept: Vec::new(),
            files: Vec::new(),
            anchor: None,
            dated: None,
        };
        // The disk may have it where no commit does yet. Raised by hand, it often lacks what goes with it.
        if now != *previous && now != goal.version {
            let message = format!(
                "the files state {}, the last commit {}, and the bump asks for {}",
                goal.written(&now),
                goal.written(previous),
                goal.written(&goal.version)
            );
            return Ok(Err(refused(&UNCOMMITTED, message)));
        }
        goal.edits = match sources::edit(&self.files, &sources, &goal.version) {
            Ok(edits) => edits,
            Err(EditError::Tree(error @ TreeError::Unavailable { .. })) => return Err(error.into()),
            Err(error) => return Ok(Err(refused(&CANNOT_SAY, error.to_string()))),
        };
        if goal.version != goal.previous {
            self.add_changelog(&mut goal, report)?;
        }
        goal.edits.retain(|edit| edit.before != edit.after);
        goal.edits.sort_by(|a, b| a.file.cmp(&b.file));
        goal.files = goal.edits.iter().map(|edit| self.told(&edit.file)).collect();
        let stating = stating(&sources);
        if goal.edits.is_empty() {
            goal.kept = self.kept(&stating)?;
        }
        let anchor = goal.edits.iter().find(|edit| stating.contains(edit.file.as_str()));
        let anchor = anchor.or(goal.edits.first());
        goal.anchor = anchor.and_then(|edit| self.files.disk.in_repository(&edit.file));
        Ok(Ok(goal))
    }

    /// The version that the last commit states, where only the disk is changed and there is a commit to ask. A run that
    /// broke off is asked by its journal.
    async fn committed(&self, sources: &Sources) -> Result<Committed, BumpVersionError> {
        let (Some(git), Place::Disk) = (self.git, &self.mode.place) else { return Ok(Committed::Unasked) };
        if !git.has_commit().await {
            return Ok(Committed::Unasked);
        }
        let mut instead = BTreeMap::new();
        let files: BTreeSet<&str> = statements(sources).map(|statement| statement.file.as_str()).collect();
        for file in files {
            if let Some(text) = git.committed(file).await? {
                instead.insert(file.to_owned(), text);
            }
        }
        let before = Files { instead, ..self.files.clone() };
        let Ok(committed) = sources::find(&before, &self.mode.wanted) else { return Ok(Committed::Unclear) };
        // A file that is in no commit states what the last run wrote there.
        let versions: Result<BTreeSet<Version>, _> = statements(&committed)
            .filter(|statement| {
                statement.role == Role::Version && before.instead.contains_key(&statement.file)
            })
            .map(|statement| Version::read(&statement.text, statement.spelling))
            .collect();
        let mut versions = versions.unwrap_or_default();
        let version = versions.pop_first().filter(|_| versions.is_empty());
        Ok(version.map_or(Committed::Unclear, Committed::At))
    }

    /// Files with what they hold, none of which changes.
    fn kept(&self, files: &BTreeSet<&str>) -> Result<Vec<Edit>, BumpVersionError> {
        let mut kept = Vec::new();
        for file in files {
            let text = self.files.text(file)?.unwrap_or_default();
            kept.push(Edit { file: (*file).to_owned(), before: text.clone(), after: text });
        }
        Ok(kept)
    }

    /// How a file is told: as users of the place know it.
    fn told(&self, file: &str) -> String {
        match self.mode.place {
            Place::Disk => file.to_owned(),
            Place::Branch { .. } | Place::Pull { .. } => {
                self.files.disk.in_repository(file).unwrap_or_else(|| file.to_owned())
            }
        }
    }

    /// Has the changelog tell of the version, where it has something to tell.
    fn add_changelog(&self, goal: &mut Goal, report: &mut Report) -> Result<(), BumpVersionError> {
        let Some(Changelog { path, repository_page }) = &self.mode.changelog else { return Ok(()) };
        let before = match self.files.text(path) {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(()),
            Err(error @ TreeError::Unavailable { .. }) => return Err(error.into()),
            Err(error @ (TreeError::NotText { .. } | TreeError::TooLarge { .. })) => {
                report.push(UNREADABLE.finding(error.to_string()));
                return Ok(());
            }
        };
        // A pattern may have found the version in there, too.
        let edited = goal.edits.iter().position(|edit| edit.file == *path).map(|at| goal.edits.remove(at));
        let text = edited.map_or_else(|| before.clone(), |edit| edit.after);
        let previous = Tag::of(&self.mode.tag_prefix, &goal.previous, goal.spelling).ok();
        let release = Release {
            version: &goal.version,
            tag: &goal.tag,
            previous: previous.as_ref(),
            date: &self.today,
            base: repository_page.as_deref(),
        };
        let after = release::release(&text, Form::of(Path::new(path)), &release).unwrap_or_else(|error| {
            report.push(NO_UNRELEASED.finding(error.to_string()).in_file(path.clone()));
            text
        });
        goal.edits.push(Edit { file: path.clone(), before, after });
        goal.dated = Some(path.clone());
        Ok(())
    }
}

/// The version after `previous`. One that is named and there already is no mistake: it may have been raised by hand.
fn next(bump: &Bump, previous: &Version, kind: Option<VersionKind>) -> Result<Version, BumpError> {
    match bump {
        Bump::To(version) if version == previous => Ok(previous.clone()),
        bump => bump.apply(previous, kind),
    }
}

fn statements(sources: &Sources) -> impl Iterator<Item = &Statement> {
    sources.found.iter().filter_map(|found| match found {
        Found::Statement(statement) => Some(statement),
        Found::Dynamic { .. } | Found::Unreadable { .. } => None,
    })
}

/// The files that state the project's own version.
fn stating(sources: &Sources) -> BTreeSet<&str> {
    let own = statements(sources).filter(|statement| statement.role == Role::Version);
    own.map(|statement| statement.file.as_str()).collect()
}

fn refused(rule: &Rule, message: String) -> Refused {
    Report::from_iter([rule.finding(message)])
}
