//! The addresses that answers contain.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in one segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'+');

/// A text as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A text as a path: its slashes stay.
pub(super) fn path(text: &str) -> String {
    text.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Where the simulator is reached, and for which repository.
#[derive(Clone, Debug)]
pub(super) struct Links {
    /// The API with its base path, without a slash at the end.
    pub api: String,
    /// The web pages.
    pub web: String,
    /// The host for uploads.
    pub uploads: String,
    /// The host for downloads.
    pub storage: String,
    /// The repository's owner.
    pub owner: String,
    /// The repository's own name.
    pub name: String,
}

/// The repository's number, which `Link` headers use in place of its name.
pub(super) const REPOSITORY_ID: u64 = 701_234_567;

impl Links {
    /// `owner/name`.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// An address of the API inside the repository.
    pub(super) fn repo(&self, rest: &str) -> String {
        let Self { api, owner, name, .. } = self;
        format!("{api}/repos/{owner}/{name}{rest}")
    }

    /// The same by the repository's number, as GitHub writes the addresses of further pages.
    pub(super) fn numbered(&self, rest: &str) -> String {
        format!("{}/repositories/{REPOSITORY_ID}{rest}", self.api)
    }

    /// A web page of the repository.
    pub(super) fn page(&self, rest: &str) -> String {
        let Self { web, owner, name, .. } = self;
        format!("{web}/{owner}/{name}{rest}")
    }

    /// Where a release's files are sent to.
    pub(super) fn upload(&self, release_id: u64) -> String {
        let Self { uploads, owner, name, .. } = self;
        format!("{uploads}/repos/{owner}/{name}/releases/{release_id}/assets{{?name,label}}")
    }

    /// The address of the documentation that refusals point to.
    pub(super) fn documentation(&self) -> String {
        format!("{}/documentation", self.web)
    }
}
