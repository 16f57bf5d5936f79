//! Files at a commit, and the commits that change them.
//!
//! A commit is made of objects that nobody sees until a branch leads to them, so these may be sent again. It names no
//! author: GitHub signs such a commit for the one whose token it is.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::cut;
use super::read::GithubRead;
use super::refusal::{hinted, is_absent, is_refused, says};
use super::transport::stopped;
use super::wire::ShaWire;
use super::wire::changes::{EntryWire, NewCommitWire, TreeWire};
use super::write::{GithubWrite, SENDS, may_repeat};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;

/// A file that states a version is shorter than this, in bytes.
const LONGEST: u64 = 16 << 20;
/// The mode of a file that nobody runs.
const PLAIN: &str = "100644";
/// The folder whose files a job's own token may not change.
const WORKFLOWS: &str = ".github/workflows/";
/// What to do where GitHub does not let the token change that folder.
const NO_WORKFLOWS: &str = "files below `.github/workflows` can be changed by a token that may write workflows only, which a \
    job's own token never may: leave them out, or use another token";

impl GithubRead {
    /// The bytes of the file at `path` in the commit; `None` if it has no such file.
    ///
    /// # Errors
    /// When GitHub could not tell, the repository cannot be seen, or what is there is a folder.
    pub(crate) async fn file(&self, path: &str, at: &CommitSha) -> Result<Option<Bytes>, RemoteError> {
        let what = format!("reading `{}` at {}", cut(path), at.short());
        let segments: Vec<&str> = ["contents"].into_iter().chain(plain_path(path)?).collect();
        let mut call = self.api.bytes(what.clone(), &segments, "application/vnd.github.raw+json");
        call.url.query_pairs_mut().append_pair("ref", at.as_str());
        let answer = self.api.http.get(&call.limit(LONGEST)).await?;
        let said = || String::from_utf8_lossy(&answer.body);
        if answer.status == 404 && !said().contains("No commit found") {
            return self.require_repository().await.map(|()| None);
        }
        let answer = answer.success()?;
        // A folder comes as a list in JSON, and a page for people as HTML.
        let kind = answer.header("content-type").unwrap_or_default();
        if !kind.contains("raw") {
            return Err(self.api.unexpected(&what, "the bytes of a file", cut(kind)));
        }
        Ok(Some(answer.body))
    }

    /// The newest commit of the branch that changed the file; `None` if there is none, or no such branch.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn last_commit_of(
        &self,
        path: &str,
        branch: &str,
    ) -> Result<Option<CommitSha>, RemoteError> {
        Ok(self.last_commits_of(path, branch, 1).await?.into_iter().next())
    }

    /// The newest commits of the branch that changed the file, at most so many, the newest first; none if there is no such
    /// branch.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn last_commits_of(
        &self,
        path: &str,
        branch: &str,
        most: usize,
    ) -> Result<Vec<CommitSha>, RemoteError> {
        let what = format!("looking for the last changes of `{}` on `{}`", cut(path), cut(branch));
        plain_path(path)?;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([("sha", branch), ("path", path), ("per_page", &most.to_string())]);
        let route = format!("{}?{}", self.api.route(&["commits"]), query.finish());
        match self.api.find::<Vec<ShaWire>>(&what, &route).await? {
            Some(commits) => Ok(commits.into_iter().map(|commit| commit.sha).collect()),
            None => self.require_repository().await.map(|()| Vec::new()),
        }
    }

    /// The modes of those of the files that the tree has.
    async fn modes(&self, tree: &CommitSha, paths: &[&str]) -> Result<BTreeMap<String, String>, RemoteError> {
        let TreeWire { tree: all, truncated, .. } = self.tree(tree, "?recursive=1").await?;
        let mut modes = BTreeMap::new();
        if !truncated {
            let wanted: BTreeSet<&str> = paths.iter().copied().collect();
            let found = all.into_iter().filter(|entry| wanted.contains(entry.path.as_str()));
            modes.extend(found.map(|entry| (entry.path, entry.mode)));
            return Ok(modes);
        }
        // GitHub cuts what is too large: then folder by folder, each of them once.
        let mut folders: BTreeMap<CommitSha, Vec<EntryWire>> = BTreeMap::new();
        for path in paths {
            let mut folder = tree.clone();
            let mut rest = *path;
            loop {
                if !folders.contains_key(&folder) {
                    folders.insert(folder.clone(), self.tree(&folder, "").await?.tree);
                }
                let (name, below) =
                    rest.split_once('/').map_or((rest, None), |(name, rest)| (name, Some(rest)));
                let entries = folders.get(&folder).into_iter().flatten();
                let Some(entry) = entries.into_iter().find(|entry| entry.path == name) else { break };
                match below {
                    Some(below) if entry.kind == "tree" => (folder, rest) = (entry.sha.clone(), below),
                    // A file stands where a folder is expected.
                    _ => {
                        modes.insert((*path).to_owned(), entry.mode.clone());
                        break;
                    }
                }
            }
        }
        Ok(modes)
    }

    async fn tree(&self, sha: &CommitSha, query: &str) -> Result<TreeWire, RemoteError> {
        let route = self.api.route(&["git", "trees", sha.as_str()]);
        self.api.get("looking up the files of the commit", &format!("{route}{query}")).await
    }
}

impl GithubWrite {
    /// Makes a commit on top of `parent` that has these texts at these paths, and all else as it was; gives the commit,
    /// which no branch leads to yet. Files keep their modes. Where all texts are there already nothing is made, and it is
    /// `parent` that is given.
    ///
    /// # Errors
    /// When GitHub refuses or cannot be reached, and where a path is that of a folder, a link or another repository.
    pub(crate) async fn commit_files(
        &self,
        parent: &CommitSha,
        files: &[(&str, &str)],
        message: &str,
    ) -> Result<CommitSha, RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        let api = &self.read.api;
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        for path in &paths {
            plain_path(path)?;
        }
        let what = format!("looking up the commit {}", parent.short());
        let base: NewCommitWire = api.get(&what, &api.route(&["git", "commits", parent.as_str()])).await?;
        let base = base.tree.sha;
        let modes = self.read.modes(&base, &paths).await?;
        let mut entries = Vec::new();
        for (path, text) in files {
            let mode = modes.get(*path).map_or(PLAIN, String::as_str);
            require_file(path, mode)?;
            entries.push(json!({ "path": path, "mode": mode, "type": "blob", "content": text }));
        }
        let what = "storing the changed files";
        let tree = json!({ "base_tree": base.as_str(), "tree": entries });
        let refused = |error| match paths.iter().any(|path| path.starts_with(WORKFLOWS)) {
            true if is_refused(&error) => hinted(error, NO_WORKFLOWS),
            _ => error,
        };
        let TreeWire { sha: tree, .. } =
            self.object(what, &["git", "trees"], &tree).await.map_err(refused)?;
        if tree == base {
            return Ok(parent.clone());
        }
        let what = format!("making a commit on {}", parent.short());
        let body = json!({ "message": message, "tree": tree.as_str(), "parents": [parent.as_str()] });
        let made: NewCommitWire = self.object(&what, &["git", "commits"], &body).await?;
        let parents: Vec<&CommitSha> = made.parents.iter().map(|one| &one.sha).collect();
        if parents != [parent] || made.tree.sha != tree {
            let found = format!("{}, with other files or parents", made.sha.short());
            return Err(api.unexpected(&what, "the commit that was asked for", found));
        }
        Ok(made.sha)
    }

    /// Makes an object that shows to nobody, so that one too many does no harm.
    async fn object<T: DeserializeOwned>(
        &self,
        what: &str,
        segments: &[&str],
        body: &Value,
    ) -> Result<T, RemoteError> {
        let api = &self.read.api;
        let mut tries = 0;
        loop {
            self.go_on(what)?;
            tries += 1;
            let error = match api.change(what, Method::POST, &api.route(segments), body).await {
                Ok(made) => return Ok(made),
                Err(error) => error,
            };
            // What was made a moment ago may not be known everywhere yet.
            let is_early = is_absent(&error) || says(&error, "does not exist");
            if tries >= SENDS || !(may_repeat(&error) || is_early) {
                return Err(error);
            }
            api.http.pause(&format!("GitHub to answer ({what})"), backoff(tries)).await;
        }
    }

    /// Whether something new may begin; a signal ends that.
    pub(super) fn go_on(&self, what: &str) -> Result<(), RemoteError> {
        if self.stopping() { Err(stopped(what)) } else { Ok(()) }
    }
}

/// The segments of a path within the repository.
fn plain_path(path: &str) -> Result<std::str::Split<'_, char>, RemoteError> {
    let is_plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\0', '\\']);
    if path.split('/').all(is_plain) {
        return Ok(path.split('/'));
    }
    Err(RemoteError::Missing {
        what: format!("`{}` is no path of a file in the repository", cut(path).escape_debug()),
        hint: "paths begin at the repository's root, with `/` between folders and without `..`".to_owned(),
    })
}

/// Refuses to put a text where something else than a file is.
fn require_file(path: &str, mode: &str) -> Result<(), RemoteError> {
    let found = match mode {
        PLAIN | "100755" => return Ok(()),
        "120000" => "a symbolic link",
        "160000" => "another repository",
        "040000" => "a folder",
        _ => "no file that we know",
    };
    Err(RemoteError::Missing {
        what: format!("`{}` is {found}, and is left as it is", cut(path)),
        hint: "name the file itself, where the text stands".to_owned(),
    })
}
