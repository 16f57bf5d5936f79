//! Commits, annotated tags and what lies between two commits.
//!
//! A commit carries its whole tree. Hashes are made up from the content; they only look like git's.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::model::digest::Sha256;

/// A commit with all files of its tree.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The commit's hash.
    pub sha: String,
    /// The hashes of its parents, the first one first.
    pub parents: Vec<String>,
    /// The whole message.
    pub message: String,
    /// When it was made, in seconds since 1970.
    pub date_s: u64,
    /// Every file by its path.
    pub files: BTreeMap<String, Bytes>,
}

/// A commit to be added.
#[derive(Clone, Debug, Default)]
pub struct NewCommit {
    /// Its hash, where the caller has one; else one is made up.
    pub sha: Option<String>,
    /// The hashes of its parents; none for a first commit.
    pub parents: Vec<String>,
    /// The whole message.
    pub message: String,
    /// Files that differ from the first parent's.
    pub files: Vec<(String, Bytes)>,
}

/// The object of an annotated tag.
#[derive(Clone, Debug)]
pub(super) struct TagObject {
    pub sha: String,
    pub tag: String,
    pub message: String,
    pub target: String,
    pub date_s: u64,
}

/// What a hash names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Object<'a> {
    /// A commit.
    Commit(&'a Commit),
    /// The object of an annotated tag.
    Tag(&'a TagObject),
}

impl Object<'_> {
    /// The word for its kind in answers.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Commit(_) => "commit",
            Self::Tag(_) => "tag",
        }
    }
}

/// How one commit stands to another.
pub(super) struct Relation<'a> {
    /// The latest commit that both descend from.
    pub merge_base: &'a Commit,
    /// The commits of the head that the base lacks, oldest first.
    pub ahead: Vec<&'a Commit>,
    /// How many commits of the base the head lacks.
    pub behind: usize,
}

impl Relation<'_> {
    /// The head's standing relative to the base. // R32
    pub(super) const fn status(&self) -> &'static str {
        match (self.ahead.is_empty(), self.behind == 0) {
            (true, true) => "identical",
            (true, false) => "behind",
            (false, true) => "ahead",
            (false, false) => "diverged",
        }
    }
}

/// All objects, those that no branch reaches too (a fork's commits can be asked for by hash).
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    /// Parents stand before their children.
    commits: Vec<Commit>,
    tags: Vec<TagObject>,
}

impl Objects {
    /// Adds a commit made at `date_s` and gives its hash.
    pub(super) fn add_commit(&mut self, new: NewCommit, date_s: u64) -> String {
        let NewCommit { sha, parents, message, files } = new;
        let parent = |sha: &String| self.commit(sha).expect("parents are added before their children");
        let before: Vec<&Commit> = parents.iter().map(parent).collect();
        let mut tree = before.first().map(|first| first.files.clone()).unwrap_or_default();
        tree.extend(files);
        let sha = sha.unwrap_or_else(|| {
            hash(&format!("commit {} {parents:?} {message} {}", self.commits.len(), tree_hash(&tree)))
        });
        self.commits.push(Commit { sha: sha.clone(), parents, message, date_s, files: tree });
        sha
    }

    /// Adds the object of an annotated tag and gives its hash.
    pub(super) fn add_tag(&mut self, tag: &str, message: &str, target: &str, date_s: u64) -> String {
        let sha = hash(&format!("tag {tag} {message} {target} {date_s}"));
        if self.object(&sha).is_none() {
            let [tag, message, target] = [tag, message, target].map(str::to_owned);
            self.tags.push(TagObject { sha: sha.clone(), tag, message, target, date_s });
        }
        sha
    }

    /// The commit of this hash.
    pub(super) fn commit(&self, sha: &str) -> Option<&Commit> {
        self.commits.iter().find(|commit| commit.sha == sha)
    }

    /// Every commit, parents before children.
    pub(super) fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// The object of this hash.
    pub(super) fn object(&self, sha: &str) -> Option<Object<'_>> {
        let tag = || self.tags.iter().find(|tag| tag.sha == sha).map(Object::Tag);
        self.commit(sha).map(Object::Commit).or_else(tag)
    }

    /// The commit that an object leads to, through any number of annotated tags.
    pub(super) fn peel(&self, sha: &str) -> Option<&Commit> {
        match self.object(sha)? {
            Object::Commit(commit) => Some(commit),
            // A tag's target exists before the tag, so the chain ends.
            Object::Tag(tag) => self.peel(&tag.target),
        }
    }

    /// How `head` stands to `base`; nothing when they share no history.
    pub(super) fn relation(&self, base: &str, head: &str) -> Option<Relation<'_>> {
        let (of_base, of_head) = (self.history(base), self.history(head));
        let pick = |keep: &dyn Fn(&str) -> bool| {
            self.commits.iter().filter(|commit| keep(&commit.sha)).collect::<Vec<_>>()
        };
        // The latest common commit has no common descendant, because parents stand before children.
        let merge_base = pick(&|sha| of_base.contains(sha) && of_head.contains(sha)).pop()?;
        Some(Relation {
            merge_base,
            ahead: pick(&|sha| of_head.contains(sha) && !of_base.contains(sha)),
            behind: of_base.difference(&of_head).count(),
        })
    }

    /// Whether `ancestor` is `sha` or stands behind it.
    pub(super) fn reaches(&self, sha: &str, ancestor: &str) -> bool {
        self.history(sha).contains(ancestor)
    }

    fn history<'a>(&'a self, sha: &'a str) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::from([sha]);
        for commit in self.commits.iter().rev() {
            if seen.contains(commit.sha.as_str()) {
                seen.extend(commit.parents.iter().map(String::as_str));
            }
        }
        seen
    }
}

/// A hash of a commit's, a tag's or a file's length.
pub(super) fn hash(text: &str) -> String {
    hash_bytes(text.as_bytes())
}

/// The hash that a file's content goes by.
pub(super) fn hash_bytes(bytes: &[u8]) -> String {
    Sha256::of(bytes).to_string()[..40].to_owned()
}

/// The hash that a tree goes by.
pub(super) fn tree_hash(files: &BTreeMap<String, Bytes>) -> String {
    let lines: Vec<String> =
        files.iter().map(|(path, bytes)| format!("{path} {}", hash_bytes(bytes))).collect();
    hash(&lines.join("\n"))
}

/// How a file differs between two trees.
pub(super) struct Change<'a> {
    pub path: &'a str,
    /// `added`, `modified` or `removed`.
    pub status: &'static str,
    pub bytes: &'a Bytes,
}

/// The files that differ, in the order of their paths.
pub(super) fn changes<'a>(
    from: &'a BTreeMap<String, Bytes>,
    to: &'a BTreeMap<String, Bytes>,
) -> Vec<Change<'a>> {
    let paths: BTreeSet<&str> = from.keys().chain(to.keys()).map(String::as_str).collect();
    let change = |path: &'a str| {
        let (status, bytes) = match (from.get(path), to.get(path)) {
            (None, Some(bytes)) => ("added", bytes),
            (Some(bytes), None) => ("removed", bytes),
            (Some(old), Some(new)) if old != new => ("modified", new),
            _ => return None,
        };
        Some(Change { path, status, bytes })
    };
    paths.into_iter().filter_map(change).collect()
}
