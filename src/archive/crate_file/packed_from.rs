//! `.cargo_vcs_info.json`: what cargo took down of the checkout that it packed.
//!
//! Source: the Cargo Book, `cargo package`. A text of another form tells nothing, and breaks nothing.

use serde::Deserialize;

use crate::model::revision::CommitSha;

/// What the file is called, in the top folder.
pub(super) const FILE: &str = ".cargo_vcs_info.json";
/// Far more than a hash and a path take.
const LARGEST_BYTES: usize = 64 << 10;

/// The checkout that a crate was packed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedFrom {
    /// The commit that was checked out, where the text names one.
    pub commit: Option<CommitSha>,
    /// Whether files in it were changed.
    pub is_dirty: bool,
}

#[derive(Deserialize)]
struct VcsInfo {
    git: Git,
}

#[derive(Deserialize)]
struct Git {
    sha1: Option<String>,
    #[serde(default)]
    dirty: bool,
}

impl PackedFrom {
    /// Reads the text.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = (bytes.len() <= LARGEST_BYTES).then_some(bytes)?;
        let VcsInfo { git: Git { sha1, dirty } } = serde_json::from_slice(bytes).ok()?;
        Some(Self { commit: sha1.and_then(|sha1| sha1.parse().ok()), is_dirty: dirty })
    }
}

#[cfg(test)]
mod tests {
    use super::PackedFrom;

    #[test]
    fn what_cargo_did_not_write_tells_nothing() {
        let commit = "c0ffee0123456789c0ffee0123456789c0ffee01";
        let good = format!(r#"{{"git": {{"sha1": "{commit}", "dirty": true}}, "path_in_vcs": "a"}}"#);
        let read = PackedFrom::parse(good.as_bytes()).expect("good");
        assert_eq!(
            (read.commit.map(|commit| commit.to_string()).as_deref(), read.is_dirty),
            (Some(commit), true)
        );
        let clean = PackedFrom::parse(br#"{"git": {"sha1": "short"}}"#).expect("good enough");
        assert_eq!((clean.commit, clean.is_dirty), (None, false));
        let long = format!("{good}{}", " ".repeat(64 << 10));
        for bad in ["", "{", "{}", r#"{"git": 1}"#, &"[".repeat(10_000), &long] {
            assert_eq!(PackedFrom::parse(bad.as_bytes()), None);
        }
    }
}
