//! Why a version was not raised, where that is no finding.

use crate::model::revision::CommitSha;
use crate::plan::Failure;
use crate::remote::error::{DiskError, RemoteError};
use crate::sources::TreeError;

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BumpVersionError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The branch moved between the look and the commit.
    #[error("somebody pushed to `{branch}` while this ran{}: nothing was changed there", shown(now.as_ref()))]
    Outrun { branch: String, now: Option<CommitSha> },
    /// A branch or a tag is there that was not a moment ago.
    #[error("somebody else made `{name}` while this ran, at {}: it is left there", at.short())]
    Taken { name: String, at: CommitSha },
    /// What was to be tagged cannot be found.
    #[error("the commit that raised the version is not on `{branch}` any more")]
    NoCommit { branch: String },
}

fn shown(now: Option<&CommitSha>) -> String {
    now.map_or_else(|| " and deleted it".to_owned(), |commit| format!(", it is at {} now", commit.short()))
}

impl Failure for BumpVersionError {
    fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Remote(error) if error.is_ambiguous())
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Disk(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::Tree(_) => {
                Some("is the checkout whole, and may the user who runs this read it?".to_owned())
            }
            Self::Outrun { .. } | Self::Taken { .. } | Self::NoCommit { .. } => {
                Some("run again: the next run sees it as it is now, and nothing was forced".to_owned())
            }
        }
    }
}
