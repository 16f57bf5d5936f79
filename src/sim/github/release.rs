//! Releases and their assets, as the simulator keeps them.

use bytes::Bytes;

use crate::model::digest::Sha256;
use crate::sim::body::Body;

/// A release, draft or published.
#[derive(Clone, Debug)]
pub struct Release {
    /// The release's number.
    pub id: u64,
    /// The tag it names, which need not exist while the release is a draft.
    pub tag_name: String,
    /// The branch or commit that the tag is made from on publishing, if it does not exist by then.
    pub target_commitish: String,
    /// The title.
    pub name: Option<String>,
    /// The notes.
    pub body: Option<String>,
    /// Whether it is not published yet.
    pub draft: bool,
    /// Whether it is marked as not ready for production.
    pub prerelease: bool,
    /// Whether files and tag are fixed for ever.
    pub immutable: bool,
    /// The date of the commit, in seconds since 1970.
    pub created_at_s: u64,
    /// When it was published, in seconds since 1970.
    pub published_at_s: Option<u64>,
    /// When it was changed last, in seconds since 1970.
    pub updated_at_s: u64,
    /// The discussion opened with it.
    pub discussion_category_name: Option<String>,
    /// Its files, in the order they came.
    pub assets: Vec<Asset>,
}

/// A file of a release.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The file's number.
    pub id: u64,
    /// The name it is kept under.
    pub name: String,
    /// The text shown in place of the name.
    pub label: Option<String>,
    /// The media type that the uploader stated.
    pub content_type: String,
    /// What is stored; nothing where the world keeps no bytes.
    pub bytes: Bytes,
    /// The size of what came, in bytes.
    pub size_bytes: u64,
    /// Whether the upload came to its end; otherwise the row is a `starter`, which blocks the name. // R22
    pub uploaded: bool,
    /// The digest that answers state; none for a starter, and, it is said, for old files. // R24
    pub sha256: Option<Sha256>,
    /// When it came, in seconds since 1970.
    pub created_at_s: u64,
}

/// A release to be put there without the API.
#[derive(Clone, Debug, Default)]
pub struct NewRelease {
    /// The tag it names.
    pub tag_name: String,
    /// The branch or commit; the default branch when empty.
    pub target_commitish: String,
    /// The title.
    pub name: Option<String>,
    /// The notes.
    pub body: Option<String>,
    /// Whether it is not published yet.
    pub draft: bool,
    /// Whether it is marked as not ready for production.
    pub prerelease: bool,
}

impl Release {
    /// What a draft's addresses have in place of the tag, and `tag_name` too once the tag is lost. // R12
    pub(super) fn untagged(&self) -> String {
        format!("untagged-{}", &super::git::hash(&format!("release {}", self.id))[..20])
    }

    /// The asset kept under this name.
    pub(super) fn asset_named(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }
}

impl Asset {
    /// A file that came whole.
    pub(super) fn complete(id: u64, name: String, body: &Body, now_s: u64) -> Self {
        Self {
            id,
            name,
            label: None,
            content_type: "application/octet-stream".to_owned(),
            bytes: Bytes::clone(body),
            size_bytes: body.size_bytes(),
            uploaded: true,
            sha256: Some(body.sha256()),
            created_at_s: now_s,
        }
    }

    /// Whether its bytes can be handed out.
    pub(super) fn is_kept(&self) -> bool {
        self.uploaded && self.bytes.len() as u64 == self.size_bytes
    }

    /// What an upload that failed leaves behind.
    pub(super) fn starter(id: u64, name: String, now_s: u64) -> Self {
        let empty = Self::complete(id, name, &Body::default(), now_s);
        Self { uploaded: false, sha256: None, ..empty }
    }
}
