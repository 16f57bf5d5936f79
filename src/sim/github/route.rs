//! From a request to the operation that answers it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sim::fault::LIMITED_S;
use crate::sim::{Request, Response};

use super::access::Caller;
use super::links::REPOSITORY_ID;
use super::reply::{Answer, Call, Page, Refusal};
use super::{Github, Host, body, graphql};

/// The only version of the API that this simulator speaks.
const VERSION: &str = "2022-11-28";

impl Github {
    /// Answers a request to the API.
    pub(super) fn api(&mut self, request: &Request) -> Response {
        let answer = self.recording(|github| github.admitted(request));
        let documentation = self.links.documentation();
        let mut response = answer.unwrap_or_else(|refusal| refusal.into_response(&documentation));
        if request.method == "HEAD" {
            response.body.clear();
        }
        self.stamp(response).with("x-github-api-version-selected", VERSION)
    }

    /// Refuses a request because of the pace: from now on nothing new is taken until the time that is stated.
    pub(super) fn limit(&mut self, host: Host) -> Response {
        let now_s = self.now_s();
        let refusal = self.usage.close(now_s + LIMITED_S, now_s);
        let (documentation, request_id) = (self.links.documentation(), self.request_id());
        let response = match host {
            Host::Api => refusal.into_response(&documentation),
            Host::Uploads => refusal.into_upload_response(&documentation, &request_id),
        };
        self.stamp(response)
    }

    /// Adds the headers that every answer of the API and of the upload host has.
    pub(super) fn stamp(&mut self, response: Response) -> Response {
        self.requests += 1;
        let response = response.with("x-github-request-id", self.request_id());
        self.usage.stamp(&self.limits, response)
    }

    /// The number by which the service's own log knows the present request.
    pub(super) fn request_id(&self) -> String {
        format!("51A7:{:06X}", self.requests)
    }

    /// What is asked of every caller before the operation itself.
    pub(super) fn caller(&mut self, request: &Request) -> Result<Caller, Refusal> {
        if request.header("user-agent").is_none_or(str::is_empty) {
            return Err(Refusal::new(
                403,
                "Request forbidden by administrative rules: no `User-Agent` header",
            ));
        }
        match &mut self.troubles.tokens_last {
            Some(0) => self.tokens.clear(),
            Some(left) => *left -= 1,
            None => {}
        }
        let caller = Caller::of(request, &self.tokens)?;
        // Whatever is deleted was created before, and counted then.
        let creates = ["POST", "PATCH", "PUT"].contains(&request.method.as_str())
            && !graphql::PATHS.contains(&request.path.as_str());
        let now_s = self.now_s();
        self.usage.count(&mut self.limits, creates, now_s)?;
        Ok(caller)
    }

    fn admitted(&mut self, request: &Request) -> Answer {
        if let Some(version) = request.header("x-github-api-version").filter(|version| *version != VERSION) {
            let version: String = version.chars().take(40).collect();
            return Err(Refusal::new(400, format!("API version {version} is not simulated")));
        }
        let base = [self.base_path.as_str(), "/api/v3"];
        let path = base.into_iter().find_map(|base| {
            request.path.strip_prefix(base).filter(|rest| !base.is_empty() && rest.starts_with('/'))
        });
        let path = path.unwrap_or(&request.path);
        let parts = Request { path: path.to_owned(), ..request.clone() }.segments();
        if parts == ["rate_limit"] && request.method == "GET" {
            Caller::of(request, &self.tokens)?; // Looking at the budget does not use it.
            return Ok(self.rate_limit());
        }
        let caller = self.caller(request)?;
        if graphql::PATHS.contains(&request.path.as_str()) && request.method == "POST" {
            return self.graphql(request, caller);
        }
        let parts = self.inside(parts)?;
        self.operation(&Call { request, caller, parts, query: request.query_pairs() })
    }

    /// The part of a path behind the repository, which goes by its name or by its number.
    fn inside(&self, mut parts: Vec<String>) -> Result<Vec<String>, Refusal> {
        let own = |owner: &str, name: &str| {
            owner.eq_ignore_ascii_case(&self.links.owner) && name.eq_ignore_ascii_case(&self.links.name)
        };
        let taken = match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["repos", owner, name, ..] if own(owner, name) => 3,
            ["repositories", id, ..] if id == REPOSITORY_ID.to_string() => 2,
            _ => return Err(Refusal::not_found()),
        };
        Ok(parts.split_off(taken))
    }

    fn operation(&mut self, call: &Call<'_>) -> Answer {
        let method = if call.request.method == "HEAD" { "GET" } else { call.request.method.as_str() };
        let parts: Vec<&str> = call.parts.iter().map(String::as_str).collect();
        match (method, &parts[..]) {
            ("GET", ["commits", name @ .., kind @ ("check-runs" | "status")]) if !name.is_empty() => {
                let are_checks = *kind == "check-runs";
                call.caller.reads_findings(self.settings.private, are_checks)?;
                let name = name.join("/");
                if are_checks { self.list_check_runs(call, &name) } else { self.combined_status(call, &name) }
            }
            ("GET", [] | ["immutable-releases" | "branches" | "tags" | "commits", ..])
            | ("GET", ["compare" | "contents", ..])
            | (_, ["git", ..]) => {
                call.caller.reads_contents(self.settings.private)?;
                self.repository_operation(call, method, &parts)
            }
            (_, ["releases", rest @ ..]) => {
                call.caller.reads_contents(self.settings.private)?;
                self.release_operation(call, method, rest)
            }
            (_, ["pulls", rest @ ..]) => {
                call.caller.reads_pulls(self.settings.private)?;
                self.pull_operation(call, method, rest)
            }
            (_, ["actions", rest @ ..]) => self.actions_operation(call, method, rest),
            _ => Err(Refusal::not_found()),
        }
    }

    fn repository_operation(&mut self, call: &Call<'_>, method: &str, parts: &[&str]) -> Answer {
        match (method, parts) {
            ("GET", []) => Ok(self.repository(call)),
            ("GET", ["immutable-releases"]) => self.immutable_releases(call),
            ("GET", ["git", "ref", name @ ..]) => self.get_ref(&name.join("/")),
            ("GET", ["git", "matching-refs", name @ ..]) => Ok(self.matching_refs(&name.join("/"))),
            ("POST", ["git", "refs"]) => self.create_ref(call),
            ("PATCH", ["git", "refs", name @ ..]) => self.update_ref(call, &name.join("/")),
            ("DELETE", ["git", "refs", name @ ..]) => self.delete_ref(call, &name.join("/")),
            ("POST", ["git", "tags"]) => self.create_tag(call),
            ("GET", ["git", "tags", sha]) => self.get_tag(sha),
            ("POST", ["git", "blobs"]) => self.create_blob(call),
            ("POST", ["git", "trees"]) => self.create_tree(call),
            ("GET", ["git", "trees", sha]) => self.get_tree(call, sha),
            ("POST", ["git", "commits"]) => self.create_commit(call),
            ("GET", ["git", "commits", sha]) => self.get_git_commit(sha),
            ("GET", ["tags"]) => Ok(self.list_tags(call)),
            ("GET", ["branches"]) => Ok(self.list_branches(call)),
            ("GET", ["branches", name @ ..]) => self.get_branch(&name.join("/")),
            ("GET", ["commits"]) => self.list_commits(call),
            ("GET", ["commits", sha, "branches-where-head"]) => Ok(self.branches_where_head(sha)),
            ("GET", ["commits", name @ ..]) => self.get_commit(call, &name.join("/")),
            ("GET", ["compare", span @ ..]) => self.compare(call, &span.join("/")),
            ("GET", ["contents", path @ ..]) => self.get_content(call, &path.join("/")),
            _ => Err(Refusal::not_found()),
        }
    }

    fn release_operation(&mut self, call: &Call<'_>, method: &str, parts: &[&str]) -> Answer {
        match (method, parts) {
            ("GET", []) => Ok(self.list_releases(call)),
            ("POST", []) => self.create_release(call),
            ("GET", ["latest"]) => self.get_latest_release(),
            ("POST", ["generate-notes"]) => self.generate_notes(call),
            ("GET", ["tags", name @ ..]) => self.get_release_by_tag(&name.join("/")),
            ("GET", ["assets", id]) => self.get_asset(call, number(id)?),
            ("PATCH", ["assets", id]) => self.update_asset(call, number(id)?),
            ("DELETE", ["assets", id]) => self.delete_asset(call, number(id)?),
            ("GET", [id]) => self.get_release(call, number(id)?),
            ("PATCH", [id]) => self.update_release(call, number(id)?),
            ("DELETE", [id]) => self.delete_release(call, number(id)?),
            ("GET", [id, "assets"]) => self.list_assets(call, number(id)?),
            _ => Err(Refusal::not_found()),
        }
    }

    fn pull_operation(&mut self, call: &Call<'_>, method: &str, parts: &[&str]) -> Answer {
        match (method, parts) {
            ("GET", []) => Ok(self.list_pulls(call)),
            ("POST", []) => self.create_pull(call),
            ("GET", [number_of]) => self.get_pull(number(number_of)?),
            _ => Err(Refusal::not_found()),
        }
    }

    fn actions_operation(&mut self, call: &Call<'_>, method: &str, parts: &[&str]) -> Answer {
        if let ("GET", ["artifacts", id, "zip"]) = (method, parts) {
            call.caller.downloads_artifacts()?;
            return self.download_artifact(number(id)?);
        }
        call.caller.reads_actions(self.settings.private)?;
        match (method, parts) {
            ("GET", ["runs"]) => Ok(self.list_runs(call, None)),
            ("GET", ["runs", id]) => self.get_run(number(id)?, None),
            ("GET", ["runs", id, "attempts", attempt]) => self.get_run(number(id)?, Some(number(attempt)?)),
            ("GET", ["runs", id, "artifacts"]) => self.list_run_artifacts(call, number(id)?),
            ("GET", ["artifacts"]) => Ok(self.list_artifacts(call)),
            ("GET", ["artifacts", id]) => self.get_artifact(number(id)?),
            ("DELETE", ["artifacts", id]) => self.delete_artifact(call, number(id)?),
            ("GET", ["workflows"]) => Ok(self.list_workflows(call)),
            ("GET", ["workflows", name]) => self.get_workflow(name),
            ("POST", ["workflows", name, "dispatches"]) => self.create_dispatch(call, name),
            ("GET", ["workflows", name, "runs"]) => self.list_workflow_runs(call, name),
            _ => Err(Refusal::not_found()),
        }
    }

    /// One page of a list, with the `Link` header that leads to the others.
    pub(super) fn page<T>(
        &self,
        call: &Call<'_>,
        all: Vec<T>,
        show: impl FnOnce(usize, Vec<T>) -> Value,
    ) -> Response {
        let (page, total) = (Page::of(call), all.len());
        let rest: String =
            call.parts.iter().map(|part| format!("/{}", super::links::segment(part))).collect();
        let link = page.links(call, &self.links.numbered(&rest), total);
        let response = Response::json(200, &show(total, page.cut(all)));
        match link {
            Some(link) => response.with("link", link),
            None => response,
        }
    }

    fn rate_limit(&self) -> Response {
        let core = self.usage.overview(&self.limits);
        let search = json!({ "limit": 30, "used": 0, "remaining": 30, "reset": core["reset"] });
        Response::json(200, &json!({ "rate": core, "resources": { "core": core, "search": search } }))
    }

    fn repository(&self, call: &Call<'_>) -> Response {
        let Self { settings, links, .. } = self;
        let push = call.caller.sees_drafts();
        Response::json(200, &body::repository::full(links, settings.private, &settings.default_branch, push))
    }

    /// A workflow's own token cannot ask this.
    fn immutable_releases(&self, call: &Call<'_>) -> Answer {
        call.caller.reads_administration()?;
        if !self.settings.immutable_releases {
            return Err(Refusal::not_found());
        }
        Ok(Response::json(200, &json!({ "enabled": true, "enforced_by_owner": false })))
    }

    /// The tags that a release or a rule fixes may be neither moved nor deleted.
    pub(super) fn fixed_tags(&self) -> BTreeSet<&str> {
        let fixed = self.state.releases.iter().filter(|release| release.immutable);
        fixed.map(|release| release.tag_name.as_str()).collect()
    }

    /// Whether a rule forbids to create, move or delete this tag. // R11
    pub(super) fn protected(&self, tag: &str) -> bool {
        self.settings.protected_tags.iter().any(|beginning| tag.starts_with(beginning.as_str()))
    }
}

fn number(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_not_a_number| Refusal::not_found())
}
