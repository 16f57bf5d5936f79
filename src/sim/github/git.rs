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
    /// The modes of those files that are not plain ones.
    pub modes: BTreeMap<String, String>,
    /// What becomes of its signature.
    pub verification: Verification,
}

/// The files of a commit, or of one to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// Every file by its path.
    pub files: BTreeMap<String, Bytes>,
    /// The modes of those files that are not plain ones.
    pub modes: BTreeMap<String, String>,
}

impl Tree {
    /// The hash that it goes by.
    pub(super) fn sha(&self) -> String {
        tree_hash(&self.files, &self.modes)
    }

    /// What lies in one of its folders, by the paths there.
    pub(super) fn folder(&self, name: &str) -> Self {
        let below = format!("{name}/");
        let inside = |path: &String| path.strip_prefix(&below).map(str::to_owned);
        Self {
            files: self
                .files
                .iter()
                .filter_map(|(path, bytes)| Some((inside(path)?, bytes.clone())))
                .collect(),
            modes: self.modes.iter().filter_map(|(path, mode)| Some((inside(path)?, mode.clone()))).collect(),
        }
    }

    /// The paths of all folders, each before what it holds.
    pub(super) fn folders(&self) -> BTreeSet<&str> {
        self.files.keys().flat_map(|path| path.match_indices('/').map(move |(at, _)| &path[..at])).collect()
    }

    /// How git keeps a file.
    pub(super) fn mode(&self, path: &str) -> &str {
        self.modes.get(path).map_or("100644", String::as_str)
    }
}

impl Commit {
    /// All its files.
    pub(super) fn tree(&self) -> Tree {
        Tree { files: self.files.clone(), modes: self.modes.clone() }
    }
}

/// What the service makes of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whether it is good, and by a key of the person who is named.
    pub verified: bool,
    /// Why: `valid`, `unsigned`, `unknown_key`, `bad_email`, …
    pub reason: String,
}

impl Verification {
    /// A good signature.
    pub fn valid() -> Self {
        Self { verified: true, reason: "valid".to_owned() }
    }

    /// No signature, or one that is not good.
    pub fn refused(reason: &str) -> Self {
        Self { verified: false, reason: reason.to_owned() }
    }
}

impl Default for Verification {
    fn default() -> Self {
        Self::refused("unsigned")
    }
}

/// Who made a tag.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub name: String,
    pub email: String,
}

impl Default for Person {
    fn default() -> Self {
        Self { name: "Some One".to_owned(), email: "someone@example.org".to_owned() }
    }
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
    pub tagger: Person,
    pub verification: Verification,
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
    /// Files that came by themselves, by their hashes.
    blobs: BTreeMap<String, Bytes>,
    /// Trees that came by themselves, by their hashes.
    trees: BTreeMap<String, Tree>,
}

impl Objects {
    /// Adds a commit made at `date_s` and gives its hash.
    pub(super) fn add_commit(&mut self, new: NewCommit, date_s: u64) -> String {
        let NewCommit { sha, parents, message, files } = new;
        let parent = |sha: &String| self.commit(sha).expect("parents are added before their children");
        let before: Vec<&Commit> = parents.iter().map(parent).collect();
        let Tree { files: mut tree, modes } = before.first().map(|first| first.tree()).unwrap_or_default();
        tree.extend(files);
        let sha = sha.unwrap_or_else(|| {
            hash(&format!("commit {} {parents:?} {message} {}", self.commits.len(), tree_hash(&tree, &modes)))
        });
        let verification = Verification::default();
        self.commits.push(Commit {
            sha: sha.clone(),
            parents,
            message,
            date_s,
            files: tree,
            modes,
            verification,
        });
        sha
    }

    /// Adds a commit that came by the API. The same one in the same second is the same.
    pub(super) fn put_commit(&mut self, commit: Commit) {
        if self.commit(&commit.sha).is_none() {
            self.commits.push(commit);
        }
    }

    /// Says how git keeps a file of a commit.
    pub(super) fn set_mode(&mut self, sha: &str, path: &str, mode: &str) {
        let commit = self.commits.iter_mut().find(|commit| commit.sha == sha).expect("the commit exists");
        commit.modes.insert(path.to_owned(), mode.to_owned());
    }

    /// Adds a file by itself and gives its hash.
    pub(super) fn put_blob(&mut self, bytes: Bytes) -> String {
        let sha = hash_bytes(&bytes);
        self.blobs.insert(sha.clone(), bytes);
        sha
    }

    /// The file of this hash, in whichever commit.
    pub(super) fn blob(&self, sha: &str) -> Option<&Bytes> {
        let trees = self.trees.values().map(|tree| &tree.files);
        let mut files =
            self.commits.iter().map(|commit| &commit.files).chain(trees).flat_map(BTreeMap::values);
        self.blobs.get(sha).or_else(|| files.find(|bytes| hash_bytes(bytes) == sha))
    }

    /// Adds a tree by itself and gives its hash.
    pub(super) fn put_tree(&mut self, tree: Tree) -> String {
        let sha = tree.sha();
        self.trees.insert(sha.clone(), tree);
        sha
    }

    /// The tree of this hash: by itself, or a commit's, or a folder's in one.
    pub(super) fn tree(&self, sha: &str) -> Option<Tree> {
        if let Some(tree) = self.trees.get(sha) {
            return Some(tree.clone());
        }
        let all = || self.commits.iter().rev().map(Commit::tree).chain(self.trees.values().cloned());
        let whole = all().find(|tree| tree.sha() == sha);
        whole.or_else(|| {
            all().find_map(|tree| {
                let mut folders = tree.folders().into_iter().map(|name| tree.folder(name));
                folders.find(|folder| folder.sha() == sha)
            })
        })
    }

    /// Adds the object of an annotated tag and gives its hash.
    pub(super) fn add_tag(&mut self, tag: &str, message: &str, target: &str, date_s: u64) -> String {
        let sha = hash(&format!("tag {tag} {message} {target} {date_s}"));
        if self.object(&sha).is_none() {
            let [tag, message, target] = [tag, message, target].map(str::to_owned);
            let (tagger, verification) = (Person::default(), Verification::default());
            self.tags.push(TagObject {
                sha: sha.clone(),
                tag,
                message,
                target,
                date_s,
                tagger,
                verification,
            });
        }
        sha
    }

    /// Says who made a tag's object.
    pub(super) fn set_tagger(&mut self, sha: &str, tagger: Person) {
        let tag = self.tags.iter_mut().find(|tag| tag.sha == sha);
        tag.expect("the object of an annotated tag exists").tagger = tagger;
    }

    /// Says what becomes of the signature of an object.
    pub(super) fn set_verification(&mut self, sha: &str, verification: Verification) {
        let tags = self.tags.iter_mut().map(|tag| (&tag.sha, &mut tag.verification));
        let commits = self.commits.iter_mut().map(|commit| (&commit.sha, &mut commit.verification));
        let place = tags.chain(commits).find(|(have, _)| *have == sha).map(|(_, place)| place);
        *place.expect("the object exists") = verification;
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
pub(super) fn tree_hash(files: &BTreeMap<String, Bytes>, modes: &BTreeMap<String, String>) -> String {
    let mode = |path: &String| modes.get(path).map_or("100644", String::as_str);
    let line = |(path, bytes): (&String, &Bytes)| format!("{path} {} {}", mode(path), hash_bytes(bytes));
    let lines: Vec<String> = files.iter().map(line).collect();
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
