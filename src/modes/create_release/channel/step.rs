//! What brings a channel's release about.

use std::fmt;

use crate::model::artifact::Artifact;
use crate::model::revision::CommitSha;
use crate::plan::Step;
use crate::remote::github::upload::Content;
use crate::remote::github::{Asset, ReleaseText};

/// One effect.
#[derive(Clone, Debug)]
pub(crate) enum ChannelStep {
    /// Make the draft.
    Draft(ReleaseText),
    /// Say in the text which files are to come.
    Announce(ReleaseText),
    /// Store a file under a name that is not taken.
    Add { tag: String, artifact: Artifact, content: Content },
    /// Send a file whose name is taken, under a temporary name.
    Stage { tag: String, artifact: Artifact, content: Content },
    /// Let the tag lead to the commit.
    Move { tag: String, from: Option<CommitSha>, to: CommitSha },
    /// Put a file into the place of an older one.
    Replace { tag: String, artifact: Artifact, content: Content, old: Asset },
    /// Remove a file of ours.
    Remove { tag: String, asset: Asset },
    /// Bring title and text to what was declared.
    Text(ReleaseText),
    /// Make it visible.
    Publish { tag: String, files: usize },
    /// Delete an older release of the channel, and its tag unless another release has that too.
    Retire { tag: String, release_id: u64, with_tag: bool },
}

impl fmt::Display for ChannelStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft(ReleaseText { tag, body, .. }) => {
                write!(f, "create a draft release for {tag} ({} characters of notes)", body.chars().count())
            }
            Self::Announce(ReleaseText { tag, .. }) => {
                write!(f, "mark the coming files as ours in the text of {tag}")
            }
            Self::Add { tag, artifact, content: _ } => {
                let Artifact { file_name, size_bytes, sha256, .. } = artifact;
                write!(f, "attach {file_name} ({size_bytes} bytes, sha256 {}) to {tag}", sha256.short())
            }
            Self::Stage { tag, artifact, content: _ } => {
                let Artifact { file_name, size_bytes, sha256, .. } = artifact;
                write!(f, "send {file_name} ({size_bytes} bytes, sha256 {}) to {tag}", sha256.short())?;
                f.write_str(" under a temporary name")
            }
            Self::Move { tag, from: Some(from), to } => {
                write!(f, "move the tag {tag} from {} to {}", from.short(), to.short())
            }
            Self::Move { tag, from: None, to } => write!(f, "make the tag {tag} at {}", to.short()),
            Self::Replace { tag, artifact, content: _, old } => {
                let Artifact { file_name, sha256, .. } = artifact;
                write!(f, "let {file_name} on {tag} be the new one (sha256 {}", sha256.short())?;
                match &old.sha256 {
                    Some(old) => write!(f, " in place of {})", old.short()),
                    None => f.write_str(")"),
                }
            }
            Self::Remove { tag, asset } if asset.is_temporary() => {
                write!(f, "remove {}, which an interrupted run left, from {tag}", shown(&asset.name))
            }
            Self::Remove { tag, asset } => {
                write!(f, "remove {}, which is not declared any more, from {tag}", shown(&asset.name))
            }
            Self::Text(ReleaseText { tag, body, .. }) => {
                write!(f, "set title and notes of {tag} ({} characters)", body.chars().count())
            }
            Self::Publish { tag, files } => write!(f, "publish the pre-release {tag} with {files} files"),
            Self::Retire { tag, release_id: _, with_tag: true } => {
                write!(f, "delete the release {tag} and its tag")
            }
            Self::Retire { tag, release_id, with_tag: false } => {
                write!(f, "delete the release {tag} (number {release_id}); the tag has another one and stays")
            }
        }
    }
}

impl Step for ChannelStep {
    fn irreversible(&self) -> bool {
        match self {
            Self::Draft(_) | Self::Announce(_) | Self::Text(_) => false,
            Self::Add { .. } | Self::Stage { .. } => false,
            // Nothing else keeps where it was.
            Self::Move { from, .. } => from.is_some(),
            Self::Replace { .. } | Self::Remove { .. } | Self::Publish { .. } | Self::Retire { .. } => true,
        }
    }
}

/// A name that GitHub gave, short enough for a line.
fn shown(name: &str) -> String {
    name.chars().take(120).collect()
}
