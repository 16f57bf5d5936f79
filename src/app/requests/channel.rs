//! The request of create-release for a channel.

use std::num::NonZeroUsize;

use super::{Ready, RequestError, Requests};
use crate::action::error::InputError;
use crate::model::channel::{ChannelName, ChannelTags};
use crate::modes::create_release::channel::{ChannelNotes, ChannelRelease};
use crate::modes::create_release::{Contents, Readers, Writers};
use crate::remote::disk::read::DiskRead;

/// What `create-release` is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum ReleaseOf {
    /// Release a version.
    Version,
    /// Release a commit.
    Channel,
    /// Take a release back.
    Nothing,
}

/// Inputs that say how the release of a version is made, and why a channel has no use for them.
const OF_VERSIONS: &[(&str, &str)] = &[
    ("tag", "the channel has tags of its own, which this run makes and moves"),
    ("on-conflict", "a channel always replaces its own files, and no others"),
    ("expect-assets", "a channel's release holds what this run declares"),
    ("changelog", "a changelog tells of versions"),
    ("changelog-unreleased", "a changelog tells of versions"),
    ("previous-tag", "a channel's commits are no versions"),
    ("notes-merge", "a channel's notes stand between our marks, and other text stays"),
    ("target-commitish", "the channel's tag is made at the commit that was built: see `commit`"),
    ("discussion-category", "a channel's release is one page for many builds"),
];

impl Requests<'_> {
    /// What is asked for. Inputs of a channel that nobody would read are refused.
    pub(in super::super) fn release_of(&self) -> Result<ReleaseOf, InputError> {
        if self.inputs.text("undo").is_some() {
            return Ok(ReleaseOf::Nothing);
        }
        if self.inputs.text("channel").is_some() {
            return Ok(ReleaseOf::Channel);
        }
        for name in ["channel-tags", "keep-releases"] {
            if self.inputs.is_given(name) {
                let hint = "name the channel as `channel`, or leave this out";
                return Err(self.inputs.refused(name, "there is no `channel`", Some(hint)));
            }
        }
        Ok(ReleaseOf::Version)
    }

    pub(in super::super) fn channel_release(&self) -> Result<Ready<ChannelRelease>, RequestError> {
        let channel: ChannelName =
            self.inputs.parsed("channel")?.ok_or_else(|| self.inputs.missing("channel"))?;
        for (name, why) in OF_VERSIONS {
            if self.inputs.is_given(name) {
                return Err(self.inputs.refused(name, *why, Some("leave it out beside `channel`")).into());
            }
        }
        self.refuse_other_kinds()?;
        let tags = self.inputs.parsed("channel-tags")?.unwrap_or(ChannelTags::Moving);
        let contents = self.channel_contents()?;
        let commit = self.given_or_built()?.or_else(|| self.runner.commit.clone());
        let mode = ChannelRelease {
            keep: self.kept_releases(tags)?,
            channel,
            tags,
            commit: commit.ok_or_else(|| self.inputs.missing("commit"))?,
            set: self.set_beside(&contents)?,
            contents,
            notes: self.channel_notes()?,
            title: self.channel_title()?,
        };
        let readers = Readers { disk: DiskRead::default(), github: self.github_read()? };
        let writers = self.unless_dry_run(|| Ok(Writers { github: self.github_write()? }))?;
        Ok(Ready { mode, readers, writers })
    }

    /// A channel's release is a published prerelease, and never the latest.
    fn refuse_other_kinds(&self) -> Result<(), InputError> {
        for (name, other, why) in [
            (
                "prerelease",
                "false",
                "a channel's release is a prerelease: nobody should take it for a version",
            ),
            ("make-latest", "true", "a channel's release is a prerelease, and the latest one is a version's"),
            ("publish", "false", "a channel's release is published for each commit"),
        ] {
            if self.inputs.text(name).is_some_and(|text| text.eq_ignore_ascii_case(other)) {
                return Err(self.inputs.refused(name, why, Some("leave it out beside `channel`")));
            }
        }
        Ok(())
    }

    fn kept_releases(&self, tags: ChannelTags) -> Result<Option<NonZeroUsize>, InputError> {
        let Some(text) = self.inputs.text("keep-releases") else { return Ok(None) };
        if tags == ChannelTags::Moving {
            let why = "a tag that moves has one release";
            let hint = "set `channel-tags: dated`, or leave this out";
            return Err(self.inputs.refused("keep-releases", why, Some(hint)));
        }
        let count = text.parse::<NonZeroUsize>().map_err(|_error| {
            let shown: String = text.chars().take(60).collect();
            let why = format!("`{shown}` is no number of releases");
            self.inputs.refused("keep-releases", why, Some("give 1 or more, or leave it out to keep all"))
        })?;
        Ok(Some(count))
    }

    fn channel_notes(&self) -> Result<ChannelNotes, InputError> {
        let text = self.inputs.text("notes-text").map(str::to_owned);
        let file = self.inputs.optional_file("notes-file")?;
        let notes = match (text, file) {
            (Some(_), Some(_)) => {
                let why = "the notes are given twice";
                return Err(self.inputs.refused("notes-text", why, Some("leave out this or `notes-file`")));
            }
            (Some(text), None) => ChannelNotes::Text(text),
            (None, Some(path)) => ChannelNotes::File(path),
            (None, None) => ChannelNotes::Commit,
        };
        match (self.inputs.text("notes-from"), &notes) {
            (None, _) | (Some("text"), ChannelNotes::Text(_)) | (Some("file"), ChannelNotes::File(_)) => {
                Ok(notes)
            }
            (Some(_), _) => {
                let why = "the notes of a channel come from `notes-text` or `notes-file`, else they name the commit";
                Err(self.inputs.refused("notes-from", why, Some("give one of the two, and leave this out")))
            }
        }
    }

    fn channel_contents(&self) -> Result<Contents, InputError> {
        if self.inputs.text("rename").is_some_and(|lines| lines.contains("{version}")) {
            let why = "a channel's tag names no version";
            return Err(self.inputs.refused("rename", why, Some("`{tag}` is the channel's tag")));
        }
        self.contents()
    }

    fn channel_title(&self) -> Result<Option<String>, InputError> {
        let title = self.inputs.text("title");
        if title.is_some_and(|title| title.contains("{version}") || title.contains("{name}")) {
            let why = "a channel's tag names no version, and its files may be of several projects";
            return Err(self.inputs.refused(
                "title",
                why,
                Some("write the title out; `{tag}` may stand in it"),
            ));
        }
        if title.is_some_and(|title| title.contains(char::is_control)) {
            let why = "it is more than one line, or holds a control character";
            return Err(self.inputs.refused("title", why, Some("give one line of plain text")));
        }
        Ok(title.map(str::to_owned))
    }
}
