//! The text of a channel's release.

use std::path::PathBuf;

use crate::model::revision::CommitSha;
use crate::modes::notes;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::report::{Report, Rule, Severity};

/// Larger than any text that GitHub takes, in bytes.
const LARGEST_BYTES: u64 = 1 << 20;
/// What the marks of two builds with a thousand files each take of a text at most, in characters.
const ROOM_FOR_MARKS: usize = 20_000;

pub(super) const NOTES: Rule = Rule {
    id: "release/channel-notes",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The notes of the channel's release cannot be used as they are",
    explain: "They are empty, hold control characters of which nobody knows what a page makes, or are longer than GitHub \
              takes: 125,000 characters, some of which are for marks of ours that the page does not show.",
    fix: "give a shorter text, or none: then the release says which commit it was built from",
    sources: &["GitHub's REST interface for releases"],
    since: "0.1.0",
};

/// Where the text comes from.
#[derive(Clone, Debug)]
pub(crate) enum ChannelNotes {
    /// The user gave it.
    Text(String),
    /// A file that holds it, whole.
    File(PathBuf),
    /// A line of ours, which names the commit.
    Commit,
}

impl ChannelNotes {
    /// The text; what stands against it goes to the report.
    pub(super) fn text(
        &self,
        disk: &DiskRead,
        commit: &CommitSha,
        report: &mut Report,
    ) -> Result<String, DiskError> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::File(path) => disk.text(path, LARGEST_BYTES)?.unwrap_or_default(),
            // GitHub makes a link of a whole hash.
            Self::Commit => format!("Development build of {commit}."),
        };
        let text = notes::normal(&text);
        let (characters, longest) = (notes::length(&text), notes::LONGEST - ROOM_FOR_MARKS);
        let fault = match characters {
            0 => Some("they are empty".to_owned()),
            _ if characters > longest => Some(format!("they have {characters} characters of {longest}")),
            _ => notes::control_character(&text).map(|(line, found)| {
                format!("line {line} holds the control character U+{:04X}", u32::from(found))
            }),
        };
        if let Some(fault) = fault {
            let finding = NOTES.finding(fault);
            report.push(match self {
                Self::File(path) => finding.in_file(path.display().to_string()),
                Self::Text(_) | Self::Commit => finding,
            });
        }
        Ok(text)
    }
}
