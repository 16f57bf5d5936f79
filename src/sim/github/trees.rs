//! Blobs, trees and commits, which come by themselves: nobody sees them until a reference leads to them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::sim::Response;

use super::git::{Commit, Tree, Verification, hash};
use super::reply::{Answer, Call, Fields, Refusal};
use super::{Github, body};

/// How git keeps files and folders.
const MODES: [&str; 5] = ["100644", "100755", "040000", "160000", "120000"];

impl Github {
    /// Stores a file by itself.
    pub(super) fn create_blob(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let missing = || Refusal::field("Blob", "content", "missing_field");
        let content = fields.text("content")?.ok_or_else(missing)?;
        let bytes = match fields.text("encoding")?.as_deref().unwrap_or("utf-8") {
            "utf-8" => Bytes::from(content),
            "base64" => {
                let plain: String = content.split_whitespace().collect();
                let decoded = STANDARD.decode(plain);
                decoded.map_err(|_not_base64| Refusal::new(422, "content is not valid Base64"))?.into()
            }
            _ => return Err(Refusal::field("Blob", "encoding", "invalid")),
        };
        let sha = self.objects.put_blob(bytes);
        let url = self.links.repo(&format!("/git/blobs/{sha}"));
        Ok(Response::json(201, &json!({ "sha": sha, "url": url })).with("location", url))
    }

    /// What a tree holds; it goes by its own hash, by that of a commit, or by a reference. Long lists are cut.
    pub(super) fn get_tree(&mut self, call: &Call<'_>, name: &str) -> Answer {
        let shown = self.shown(super::state::Look::Refs);
        let commits = || self.resolve(&shown, name).map(Commit::tree);
        let tree = self.objects.tree(name).or_else(commits).ok_or_else(Refusal::not_found)?;
        // Whatever stands there, `0` too, asks for all of it.
        let all = call.query("recursive").is_some();
        Ok(Response::json(200, &body::git::tree_object(&self.links, &tree, all, self.settings.tree_entries)))
    }

    /// Makes a tree from another one and what is to be otherwise in it.
    pub(super) fn create_tree(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let base = match fields.text("base_tree")? {
            None => Tree::default(),
            Some(sha) => {
                let of_commit = || self.objects.commit(&sha).map(Commit::tree);
                let unknown = || Refusal::new(422, "base_tree is not a valid tree oid");
                self.objects.tree(&sha).or_else(of_commit).ok_or_else(unknown)?
            }
        };
        let mut tree = base.clone();
        for entry in fields.list("tree")? {
            let Value::Object(entry) = entry else { return Err(Refusal::new(422, "Invalid tree info")) };
            self.change(&mut tree, &Fields(entry))?;
        }
        if tree.files.is_empty() {
            return Err(Refusal::new(422, "Invalid tree info"));
        }
        let changed = super::git::changes(&base.files, &tree.files);
        let of_workflows = changed.iter().any(|change| change.path.starts_with(".github/workflows/"));
        if of_workflows && !call.caller.writes_workflows() {
            return Err(Refusal::forbidden("contents=write,workflows=write")); // R8
        }
        let body = body::git::tree_object(&self.links, &tree, false, self.settings.tree_entries);
        let location = body["url"].as_str().unwrap_or_default().to_owned();
        self.objects.put_tree(tree);
        Ok(Response::json(201, &body).with("location", location))
    }

    /// One entry of what is to be otherwise: a text, an object that is there already, or nothing any more.
    fn change(&self, tree: &mut Tree, entry: &Fields) -> Result<(), Refusal> {
        let path = entry.required("Tree", "path")?;
        let is_bad = |part: &str| ["", ".", "..", ".git"].contains(&part.to_ascii_lowercase().as_str());
        if path.split('/').any(is_bad) {
            return Err(Refusal::new(422, "tree.path contains a malformed path component"));
        }
        let below = format!("{path}/");
        let in_the_way = |other: &String| {
            *other == path || other.starts_with(&below) || path.starts_with(&format!("{other}/"))
        };
        let (content, sha) = (entry.text("content")?, entry.text("sha")?);
        if content.is_none() && sha.is_none() && entry.has("sha") {
            if !tree.files.keys().any(in_the_way) {
                return Err(Refusal::new(422, "GitRPC::BadObjectState"));
            }
            tree.files.retain(|other, _| !in_the_way(other));
            tree.modes.retain(|other, _| !in_the_way(other));
            return Ok(());
        }
        let mode = entry.required("Tree", "mode")?;
        if !MODES.contains(&mode.as_str()) {
            return Err(Refusal::new(422, "tree.mode is not a mode of git"));
        }
        let mut put = Tree::default();
        match (content, sha) {
            (Some(content), None) if mode != "040000" => {
                put.files.insert(path.clone(), content.into());
            }
            (None, Some(sha)) if mode == "040000" => {
                let unknown = || Refusal::new(422, format!("tree.sha {} is not a valid tree", short(&sha)));
                let Tree { files, modes } = self.objects.tree(&sha).ok_or_else(unknown)?;
                put.files.extend(files.into_iter().map(|(name, bytes)| (format!("{below}{name}"), bytes)));
                put.modes.extend(modes.into_iter().map(|(name, mode)| (format!("{below}{name}"), mode)));
            }
            (None, Some(sha)) => {
                let unknown = || Refusal::new(422, format!("tree.sha {} is not a valid blob", short(&sha)));
                put.files.insert(path.clone(), self.objects.blob(&sha).ok_or_else(unknown)?.clone());
            }
            _ => return Err(Refusal::new(422, "Must supply either tree.sha or tree.content")),
        }
        if !["100644", "040000"].contains(&mode.as_str()) {
            put.modes.insert(path.clone(), mode);
        }
        tree.files.retain(|other, _| !in_the_way(other));
        tree.modes.retain(|other, _| !in_the_way(other));
        tree.files.extend(put.files);
        tree.modes.extend(put.modes);
        Ok(())
    }

    /// Makes a commit from a tree and its parents. The service signs for a job that names nobody.
    pub(super) fn create_commit(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let (message, tree) = (fields.required("Commit", "message")?, fields.required("Commit", "tree")?);
        let unknown = || Refusal::new(422, "Tree SHA does not exist");
        let tree = self.objects.tree(&tree).ok_or_else(unknown)?;
        let mut parents = Vec::new();
        for parent in fields.list("parents")? {
            let known = parent.as_str().filter(|sha| self.objects.commit(sha).is_some());
            let unknown = || Refusal::new(422, "Parent SHA does not exist or is not a commit object");
            parents.push(known.ok_or_else(unknown)?.to_owned());
        }
        let date_s = self.now_s();
        let is_named = ["author", "committer", "signature"].iter().any(|name| fields.has(name));
        let verified = !is_named && !call.caller.writes_workflows();
        let sha = hash(&format!("commit {date_s} {parents:?} {message} {} {verified}", tree.sha()));
        let verification = if verified { Verification::valid() } else { Verification::default() };
        let Tree { files, modes } = tree;
        self.objects.put_commit(Commit {
            sha: sha.clone(),
            parents,
            message,
            date_s,
            files,
            modes,
            verification,
        });
        let found = self.get_git_commit(&sha)?;
        let location = self.links.repo(&format!("/git/commits/{sha}"));
        Ok(Response { status: 201, ..found }.with("location", location))
    }
}

fn short(sha: &str) -> String {
    sha.chars().take(64).collect()
}
