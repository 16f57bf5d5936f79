//! create-release for a channel: a prerelease that is made anew for each commit, under a tag that moves or has the day
//! in it. Its files are ours to replace, which those of a version's release never are.

mod mark;
mod notes;
mod page;
mod retention;
mod rules;
mod step;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::desired::{Called, Contents, Declared, Desired};
use super::{CreateReleaseError, Readers, Writers, assets, text};
use crate::model::artifact::Artifact;
use crate::model::channel::{ChannelName, ChannelTags, Day};
use crate::model::manifest::{Manifest, Origin};
use crate::model::revision::CommitSha;
use crate::modes::release_set::ReleaseSet;
use crate::plan::context::Context;
use crate::plan::{Mode, Output, OutputField, Plan, SeenFile};
use crate::remote::disk::bound::BoundManifest;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::read::GithubRead;
use crate::remote::github::{
    Asset, MakeLatest, Publication, Release, ReleaseText, canonical, is_ours, with_region,
};
use crate::report::Report;

use mark::Mark;
pub(crate) use notes::ChannelNotes;
use page::{Compared, Page};
pub(crate) use rules::RULES;
use rules::{FILE_NOT_OURS, IMMUTABLE, IMMUTABLE_STAYS, NOT_OURS, OTHER_COMMIT, TAG_NOT_OURS};
pub(crate) use step::ChannelStep;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct ChannelRelease {
    /// The channel.
    pub(crate) channel: ChannelName,
    /// How its releases are tagged.
    pub(crate) tags: ChannelTags,
    /// How many dated releases stay; all of them without it.
    pub(crate) keep: Option<NonZeroUsize>,
    /// The commit that the files were built from.
    pub(crate) commit: CommitSha,
    /// The files that were vetted, or are; nothing where there are further files only.
    pub(crate) set: Option<ReleaseSet>,
    /// What it holds beside them, and under which names.
    pub(crate) contents: Contents,
    /// Where the text comes from.
    pub(crate) notes: ChannelNotes,
    /// The title; without one a new release is called like its tag, and one that is there keeps its title.
    pub(crate) title: Option<String>,
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Channelled {
    tag: Option<String>,
    release: Option<Release>,
    assets: usize,
    complete: bool,
    artifacts: Vec<Artifact>,
}

impl Output for Channelled {
    fn fields(&self) -> Vec<OutputField> {
        let Self { tag, release, assets, complete, artifacts: _ } = self;
        let mut fields = Vec::new();
        if let Some(tag) = tag {
            fields.push(("tag".into(), tag.clone()));
        }
        if let Some(release) = release {
            fields.push(("release-id".into(), release.id.to_string()));
            fields.push(("release-url".into(), release.html_url.clone()));
            fields.push(("draft".into(), release.draft.to_string()));
        }
        fields.push(("assets".into(), assets.to_string()));
        fields.push(("complete".into(), complete.to_string()));
        fields
    }

    fn files(&self) -> Vec<SeenFile> {
        self.artifacts.iter().cloned().map(SeenFile::of).collect()
    }
}

impl Mode for ChannelRelease {
    const NAME: &'static str = "create-release";
    /// As for the releases of versions.
    const CONCURRENCY: usize = 1;
    type Step = ChannelStep;
    type Output = Channelled;
    type Error = CreateReleaseError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<ChannelStep, Channelled>, CreateReleaseError> {
        let (disk, github) = (&readers.disk, &readers.github);
        let origin = Origin { tag: None, commit: Some(self.commit.clone()) };
        let (vetted, bound) = super::vetted(self.set.as_ref(), cx, disk, &origin)?;
        let nothing =
            Channelled { tag: None, release: None, assets: 0, complete: false, artifacts: Vec::new() };
        let mut plan =
            Plan { waves: Vec::new(), report: vetted, present: 0, waiting_for: None, output: nothing };
        let notes = self.notes.text(disk, &self.commit, &mut plan.report)?;
        if self.set.is_some() && bound.is_none() {
            return Ok(plan);
        }
        let bound = bound.as_ref();
        self.check_commit(bound.map(BoundManifest::manifest), &mut plan.report);
        let releases = github.releases().await?;
        let tag = self.tag(&releases, github).await?;
        let files = self.files(bound, &tag, disk, &mut plan.report)?;
        plan.output.artifacts = files.iter().map(|file| file.artifact.clone()).collect();
        let wanted =
            Mark::new(self.commit.clone(), files.iter().map(|file| file.artifact.file_name.as_str()));
        let release = canonical(&releases, &tag).cloned();
        let leads_to = github.tag_commit(&tag).await?;
        let stored = match &release {
            Some(release) => github.assets(release.id).await?,
            None => Vec::new(),
        };
        let mark = release.as_ref().and_then(|release| Mark::of(&release.body, &self.channel));
        let compared = page::compare(files, stored, mark.as_ref(), github).await?;
        let page = Page { tag: &tag, leads_to, release: release.as_ref(), mark };
        assets::check_peak(compared.stored, compared.sent, &mut plan.report);
        self.judge(&page, &compared, &mut plan.report);

        plan.present = compared.same + usize::from(release.is_some());
        plan.output.assets = compared.same;
        let text = self.text(&page, &format!("{notes}\n\n{}", wanted.line(&self.channel)));
        plan.waves = self.waves(&page, compared, text, &wanted);
        plan.waves.extend(self.outlived(&releases, &tag, &mut plan.report));
        plan.output.complete = plan.waves.is_empty() && !plan.report.blocks();
        plan.output.tag = Some(tag);
        plan.output.release = release;
        Ok(plan)
    }

    async fn apply(
        &self,
        _cx: &Context,
        step: &ChannelStep,
        writers: &Writers,
    ) -> Result<(), CreateReleaseError> {
        let github = &writers.github;
        match step {
            ChannelStep::Draft(text) => github.ensure_draft(text).await.map(|_release| ()),
            ChannelStep::Announce(text) | ChannelStep::Text(text) => github.ensure_text(text, None).await,
            ChannelStep::Add { tag, artifact, content } => github.ensure_asset(tag, artifact, content).await,
            ChannelStep::Stage { tag, artifact, content } => github.stage_asset(tag, artifact, content).await,
            ChannelStep::Move { tag, from: _, to } => github.move_tag(tag, to).await,
            ChannelStep::Replace { tag, artifact, content, old } => {
                github.replace_asset(tag, artifact, content, old.id, None).await
            }
            ChannelStep::Remove { tag, asset } => github.remove_asset(tag, asset).await,
            ChannelStep::Publish { tag, files: _ } => {
                let latest = MakeLatest::No;
                let publication = Publication {
                    prerelease: true,
                    latest,
                    discussion_category: None,
                    target: None,
                    commit: None,
                };
                github.ensure_published(tag, &publication).await
            }
            // In this order: what is cut off in between is a draft of ours, which the next run finds in the list. A tag
            // whose release went first would be found by nobody.
            ChannelStep::Retire { tag, release_id, with_tag: true } => match github.delete_tag(tag).await {
                Ok(()) => github.delete_release(*release_id).await,
                refused => refused,
            },
            ChannelStep::Retire { tag: _, release_id, with_tag: false } => {
                github.delete_release(*release_id).await
            }
        }?;
        Ok(())
    }
}

impl ChannelRelease {
    fn check_commit(&self, manifest: Option<&Manifest>, report: &mut Report) {
        let built = manifest.and_then(|manifest| manifest.origin().commit.as_ref());
        if let Some(built) = built.filter(|built| **built != self.commit) {
            let message = format!(
                "`{}` is to be at {}, the manifest says the files were built from {built}",
                self.channel, self.commit
            );
            report.push(OTHER_COMMIT.finding(message));
        }
    }

    /// All that is declared, under the names that the page is to show.
    fn files(
        &self,
        bound: Option<&BoundManifest>,
        tag: &str,
        disk: &DiskRead,
        report: &mut Report,
    ) -> Result<Vec<Desired>, DiskError> {
        let called = Called { tag, version: "" };
        let manifest_file = self.set.as_ref().and_then(ReleaseSet::manifest_file);
        let declared = self.contents.declared(bound, manifest_file, called, disk, report)?;
        let Declared { mut files, checksums } = declared;
        if let Some(checksums) = checksums {
            // Nothing is kept of what the page has.
            files.push(checksums.of(&files, &BTreeMap::new(), disk)?);
        }
        assets::check_names(&files, report);
        Ok(files)
    }

    /// The tag of this commit's release. Of a dated one that is there, the list tells it; else the commit's day does.
    async fn tag(&self, releases: &[Release], github: &GithubRead) -> Result<String, RemoteError> {
        if self.tags == ChannelTags::Moving {
            return Ok(self.channel.to_string());
        }
        let is_this = |release: &&Release| {
            self.channel.day_of(&release.tag_name).is_some()
                && Mark::of(&release.body, &self.channel).is_some_and(|mark| mark.commit == self.commit)
        };
        match releases.iter().find(is_this) {
            Some(release) => Ok(release.tag_name.clone()),
            None => {
                let (year, month, day) = github.commit_date(&self.commit).await?;
                Ok(self.channel.dated(&Day::of(year, month, day)))
            }
        }
    }

    /// What forbids to change the tag and the release that are there.
    fn judge(&self, page: &Page<'_>, compared: &Compared, report: &mut Report) {
        let tag = page.tag;
        let Some(release) = page.release else {
            if let Some(at) = page.leads_to.as_ref().filter(|at| **at != self.commit) {
                let message =
                    format!("the tag `{tag}` is at {at}, not at {}, and has no release of ours", self.commit);
                report.push(TAG_NOT_OURS.finding(message));
            }
            return;
        };
        let is_empty = release.body.trim().is_empty() && compared.stored == 0;
        if is_ours(&release.body) {
            let is_owned = |have: &Asset| page.mark.as_ref().is_some_and(|mark| mark.owns(have));
            for (file, _) in compared.changed.iter().filter(|(_, have)| !is_owned(have)) {
                let message = format!("the release of `{tag}` holds one that its text does not call ours");
                report.push(FILE_NOT_OURS.finding(message).in_file(file.artifact.file_name.as_str()));
            }
        } else if !is_empty {
            let message = format!("the release of `{tag}` has no mark of ours in its text, and is not empty");
            report.push(NOT_OURS.finding(message));
        }
        if release.immutable && (compared.is_to_change() || page.leads_to.as_ref() != Some(&self.commit)) {
            let finding =
                IMMUTABLE.finding(format!("the release of `{tag}` is immutable, and of another build"));
            report.push(match self.tags {
                ChannelTags::Moving => finding,
                ChannelTags::Dated => finding.hint(
                    "this day has its release, which stays: the first commit of the next day gets one of its own",
                ),
            });
        }
    }

    /// The text that is left to be set, with `notes` as our part of it.
    fn text(&self, page: &Page<'_>, notes: &str) -> Option<ReleaseText> {
        let there = page.release.map(|release| release.name.as_str()).filter(|name| !name.is_empty());
        let title = self.title.as_deref().map(|title| title.replace("{tag}", page.tag));
        let body = page.release.map(|release| release.body.as_str()).unwrap_or_default();
        let text = ReleaseText {
            tag: page.tag.to_owned(),
            target: None,
            title: title.as_deref().or(there).unwrap_or(page.tag).to_owned(),
            body: with_region(body, notes),
            prerelease: true,
        };
        let is_there = page.release.is_some_and(|release| {
            release.name == text.title && release.prerelease && text::lines(body) == text::lines(&text.body)
        });
        (!is_there).then_some(text)
    }

    /// All files are sent first, those whose names are taken under temporary ones; then the tag moves, and then they take
    /// the place of the old ones, so that the page lacks no file for longer than a request or two. What is left of the
    /// build before goes when all of this one is there.
    fn waves(
        &self,
        page: &Page<'_>,
        compared: Compared,
        text: Option<ReleaseText>,
        wanted: &Mark,
    ) -> Vec<Vec<ChannelStep>> {
        let tag = page.tag.to_owned();
        let Compared { stored: _, sent: _, same, added, changed, stale } = compared;
        let files = same + added.len() + changed.len();
        let announce = page.release.filter(|_| !added.is_empty()).and_then(|release| {
            let known = page.mark.as_ref().unwrap_or(wanted);
            let mut names = added.iter().map(|file| file.artifact.file_name.as_str());
            // A file is called ours before it is there: of one that a run left in its middle nobody else would know.
            let is_said = page.mark.is_some() && known.names(&mut names);
            let body = known.joined(wanted).put_into(&release.body, &self.channel);
            let title = release.name.clone();
            let text =
                ReleaseText { tag: tag.clone(), target: None, title, body, prerelease: release.prerelease };
            (!is_said).then_some(text)
        });
        let (draft, text) = if page.release.is_none() { (text, None) } else { (None, text) };
        let moves = (page.leads_to.as_ref() != Some(&self.commit)).then(|| ChannelStep::Move {
            tag: tag.clone(),
            from: page.leads_to.clone(),
            to: self.commit.clone(),
        });
        let is_draft = page.release.is_none_or(|release| release.draft);
        let publish = is_draft.then(|| ChannelStep::Publish { tag: tag.clone(), files });
        let adds = added.into_iter().map(|Desired { artifact, content }| ChannelStep::Add {
            tag: tag.clone(),
            artifact,
            content,
        });
        let stages = changed.iter().map(|(Desired { artifact, content }, _)| ChannelStep::Stage {
            tag: tag.clone(),
            artifact: artifact.clone(),
            content: content.clone(),
        });
        let stages: Vec<_> = stages.collect();
        let replaces = changed.into_iter().map(|(Desired { artifact, content }, old)| ChannelStep::Replace {
            tag: tag.clone(),
            artifact,
            content,
            old,
        });
        let removes = stale.into_iter().map(|asset| ChannelStep::Remove { tag: tag.clone(), asset });
        let waves: [Vec<ChannelStep>; 9] = [
            draft.into_iter().map(ChannelStep::Draft).collect(),
            announce.into_iter().map(ChannelStep::Announce).collect(),
            adds.collect(),
            stages,
            moves.into_iter().collect(),
            replaces.collect(),
            removes.collect(),
            text.into_iter().map(ChannelStep::Text).collect(),
            publish.into_iter().collect(),
        ];
        waves.into_iter().filter(|wave| !wave.is_empty()).collect()
    }

    /// The releases that have had their time.
    fn outlived(&self, releases: &[Release], tag: &str, report: &mut Report) -> Option<Vec<ChannelStep>> {
        let keep = self.keep.filter(|_| self.tags == ChannelTags::Dated)?.get();
        let (fixed, gone): (Vec<_>, Vec<_>) = retention::outlived(releases, &self.channel, tag, keep)
            .into_iter()
            .partition(|release| release.immutable);
        for release in fixed {
            let message = format!("`{}` is older than the {keep} newest", release.tag_name);
            report.push(IMMUTABLE_STAYS.finding(message));
        }
        // A tag goes with the last of its releases only.
        let stays = |other: &Release| gone.iter().all(|release| release.id != other.id);
        let is_wanted = |tag: &str| releases.iter().any(|other| other.tag_name == tag && stays(other));
        let retire = |release: &&Release| ChannelStep::Retire {
            tag: release.tag_name.clone(),
            release_id: release.id,
            with_tag: !is_wanted(&release.tag_name),
        };
        let steps: Vec<_> = gone.iter().map(retire).collect();
        (!steps.is_empty()).then_some(steps)
    }
}
