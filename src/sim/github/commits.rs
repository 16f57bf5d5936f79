//! Commits, branches and what lies between two of them.

use std::sync::Arc;

use crate::sim::Response;

use super::git::Commit;
use super::reply::{Answer, Call, Page, Refusal};
use super::state::{Look, State};
use super::{Github, body};

impl Github {
    /// A commit as git knows it.
    pub(super) fn get_git_commit(&self, sha: &str) -> Answer {
        let commit = self.objects.commit(sha).ok_or_else(Refusal::not_found)?;
        Ok(Response::json(200, &body::git::git_commit(&self.links, commit)))
    }

    /// A commit by hash, branch or tag. It may come from a fork: that it is found proves nothing. // R32
    pub(super) fn get_commit(&mut self, call: &Call<'_>, name: &str) -> Answer {
        let shown = self.shown(Look::Refs);
        let unknown = || Refusal::new(422, format!("No commit found for SHA: {}", bounded(name)));
        let commit = self.resolve(&shown, name).ok_or_else(unknown)?;
        if call.accepts("application/vnd.github.sha") {
            let media_type = "application/vnd.github.sha; charset=utf-8";
            return Ok(Response::of(200, media_type, commit.sha.clone())); // R30
        }
        Ok(Response::json(200, &body::git::commit(&self.links, commit)))
    }

    /// The commits that a branch, tag or hash reaches, the newest first.
    pub(super) fn list_commits(&mut self, call: &Call<'_>) -> Answer {
        let shown = self.shown(Look::Refs);
        let name = call.query("sha").unwrap_or(&self.settings.default_branch);
        let tip = self.resolve(&shown, name).ok_or_else(Refusal::not_found)?;
        let reached = self.objects.commits().iter().rev();
        let reached = reached.filter(|commit| self.objects.reaches(&tip.sha, &commit.sha));
        let reached =
            reached.filter(|commit| call.query("path").is_none_or(|path| self.touches(commit, path)));
        let reached = reached.collect();
        Ok(self.page(call, reached, |_, page: Vec<&Commit>| {
            page.into_iter().map(|commit| body::git::commit(&self.links, commit)).collect()
        }))
    }

    /// The branches whose newest commit this is; branches that merely contain it do not count.
    pub(super) fn branches_where_head(&mut self, sha: &str) -> Response {
        let shown = self.shown(Look::Refs);
        let heads = self.heads(&shown).into_iter().filter(|(_, head)| head.sha == sha);
        Response::json(
            200,
            &heads.map(|(name, head)| body::git::short_branch(&self.links, name, head)).collect(),
        )
    }

    /// All branches by name.
    pub(super) fn list_branches(&mut self, call: &Call<'_>) -> Response {
        let shown = self.shown(Look::Refs);
        self.page(call, self.heads(&shown), |_, page| {
            page.into_iter().map(|(name, head)| body::git::short_branch(&self.links, name, head)).collect()
        })
    }

    /// One branch by name.
    pub(super) fn get_branch(&mut self, name: &str) -> Answer {
        let shown = self.shown(Look::Refs);
        let head = shown.branch(name).and_then(|sha| self.objects.peel(sha));
        let head = head.ok_or_else(|| Refusal::new(404, "Branch not found"))?;
        Ok(Response::json(200, &body::git::branch(&self.links, name, head)))
    }

    /// How the second of `base...head` stands to the first. // R32
    pub(super) fn compare(&mut self, call: &Call<'_>, span: &str) -> Answer {
        let shown = self.shown(Look::Refs);
        let (base_name, head_name) = span.split_once("...").ok_or_else(Refusal::not_found)?;
        let base = self.resolve(&shown, base_name).ok_or_else(Refusal::not_found)?;
        let head = self.resolve(&shown, head_name).ok_or_else(Refusal::not_found)?;
        let unrelated = || {
            let (base, head) = (bounded(base_name), bounded(head_name));
            Refusal::new(404, format!("No common ancestor between {base} and {head}."))
        };
        let relation = self.objects.relation(&base.sha, &head.sha).ok_or_else(unrelated)?;
        let paged = call.query("page").is_some() || call.query("per_page").is_some();
        let page = if paged { Page::of(call) } else { Page { number: 1, size: 250 } };
        let commits = page.cut(relation.ahead.clone());
        let ends = (base, head);
        let body = body::git::comparison(&self.links, ends, &relation, &commits, page.number == 1);
        let address = self.links.numbered(&format!("/compare/{}...{}", base.sha, head.sha));
        let response = Response::json(200, &body);
        Ok(match page.links(call, &address, relation.ahead.len()) {
            Some(link) => response.with("link", link),
            None => response,
        })
    }

    /// The commit that a hash, a branch, a tag or a reference without `refs/` leads to.
    pub(super) fn resolve(&self, shown: &Arc<State>, name: &str) -> Option<&Commit> {
        let by_name = ["refs/heads/", "refs/tags/", "refs/", ""]
            .into_iter()
            .find_map(|shelf| shown.refs.get(&format!("{shelf}{name}")));
        self.objects.peel(by_name.map_or(name, String::as_str))
    }

    /// Whether a commit adds or changes workflow files against the default branch. // R8
    pub(super) fn changes_workflows(&self, sha: &str) -> bool {
        let default = self.state.branch(&self.settings.default_branch).and_then(|sha| self.objects.peel(sha));
        let (Some(default), Some(commit)) = (default, self.objects.peel(sha)) else { return false };
        let changed = super::git::changes(&default.files, &commit.files);
        changed
            .iter()
            .any(|change| change.status != "removed" && change.path.starts_with(".github/workflows/"))
    }

    /// Whether a commit changed a file, or anything in a folder, against its first parent.
    fn touches(&self, commit: &Commit, path: &str) -> bool {
        let nothing = std::collections::BTreeMap::new();
        let before = commit.parents.first().and_then(|sha| self.objects.commit(sha));
        let before = before.map_or(&nothing, |before| &before.files);
        let folder = format!("{}/", path.trim_end_matches('/'));
        let changed = super::git::changes(before, &commit.files);
        changed.iter().any(|change| change.path == path || change.path.starts_with(&folder))
    }

    fn heads<'a>(&'a self, shown: &'a State) -> Vec<(&'a str, &'a Commit)> {
        let heads = shown
            .refs
            .iter()
            .filter_map(|(name, sha)| Some((name.strip_prefix("refs/heads/")?, self.objects.peel(sha)?)));
        heads.collect()
    }
}

/// A text from the request, short enough for a message.
fn bounded(text: &str) -> String {
    text.chars().take(120).collect()
}
