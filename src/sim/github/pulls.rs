//! Pull requests between branches of the repository.

use serde_json::json;

use crate::sim::Response;

use super::git::NewCommit;
use super::reply::{Answer, Call, Refusal};
use super::state::Look;
use super::{Github, body};

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Counted from 1.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// What it says.
    pub body: Option<String>,
    /// The branch that is to be merged.
    pub head: String,
    /// The branch that it is to be merged into.
    pub base: String,
    /// The newest commit of the one, as long as that branch is there.
    pub head_sha: String,
    /// The newest commit of the other, when it was opened.
    pub base_sha: String,
    /// Whether it waits.
    pub open: bool,
    /// When it was opened, in seconds since 1970.
    pub created_at_s: u64,
    /// When it was merged, if it was.
    pub merged_at_s: Option<u64>,
}

impl Github {
    /// The pull requests that match the query, the newest first: open ones unless told otherwise.
    pub(super) fn list_pulls(&mut self, call: &Call<'_>) -> Response {
        let shown = self.shown(Look::Pulls);
        let owner = self.links.owner.clone();
        let state = call.query("state").unwrap_or("open");
        let matches = |pull: &&Pull| {
            let is_of_state = match state {
                "all" => true,
                "closed" => !pull.open,
                _ => pull.open,
            };
            // A head without its owner is no filter at all.
            let head = call.query("head").and_then(|head| head.split_once(':'));
            let of_head =
                head.is_none_or(|(user, branch)| user.eq_ignore_ascii_case(&owner) && branch == pull.head);
            is_of_state && of_head && call.query("base").is_none_or(|base| base == pull.base)
        };
        let mut found: Vec<Pull> = shown.pulls.iter().filter(matches).cloned().collect();
        if call.query("direction") != Some("asc") {
            found.reverse();
        }
        self.page(call, found, |_, page| {
            page.iter()
                .map(|pull| body::pull::simple(&self.links, &self.settings, &self.moved(pull)))
                .collect()
        })
    }

    /// One pull request.
    pub(super) fn get_pull(&self, number: u64) -> Answer {
        let pull =
            self.state.pulls.iter().find(|pull| pull.number == number).ok_or_else(Refusal::not_found)?;
        Ok(Response::json(200, &self.pull_body(pull)))
    }

    /// Opens a pull request; between two branches there is one at most that is open.
    pub(super) fn create_pull(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_pulls()?;
        let is_job = !call.caller.writes_workflows();
        if self.settings.jobs_open_no_pulls && is_job {
            let words = "GitHub Actions is not permitted to create or approve pull requests.";
            return Err(Refusal::new(403, words));
        }
        let fields = call.fields()?;
        let (head, base) = (fields.required("PullRequest", "head")?, fields.required("PullRequest", "base")?);
        let title = fields.required("Issue", "title")?;
        let own = format!("{}:", self.links.owner);
        let head = head.strip_prefix(&own).unwrap_or(&head).to_owned();
        let invalid = |field| move || Refusal::field("PullRequest", field, "invalid");
        let head_sha = self.branch(&head).ok_or_else(invalid("head"))?;
        let base_sha = self.branch(&base).ok_or_else(invalid("base"))?;
        let refused = |words: String| {
            Refusal::invalid(vec![json!({ "resource": "PullRequest", "code": "custom", "message": words })])
        };
        if self.state.pulls.iter().any(|pull| pull.open && pull.head == head && pull.base == base) {
            return Err(refused(format!("A pull request already exists for {own}{head}.")));
        }
        match self.objects.relation(&base_sha, &head_sha) {
            None => {
                return Err(refused(format!("The {head} branch has no history in common with {base}")));
            }
            Some(relation) if relation.ahead.is_empty() => {
                return Err(refused(format!("No commits between {base} and {head}")));
            }
            Some(_) => {}
        }
        let pull = Pull {
            number: self.state.pulls.len() as u64 + 1,
            title,
            body: fields.text("body")?,
            head,
            base,
            head_sha,
            base_sha,
            open: true,
            created_at_s: self.now_s(),
            merged_at_s: None,
        };
        let body = self.pull_body(&pull);
        let location = body["url"].as_str().unwrap_or_default().to_owned();
        self.state_mut().pulls.push(pull);
        Ok(Response::json(201, &body).with("location", location))
    }

    /// All pull requests, in the order they were opened.
    pub fn pulls(&self) -> &[Pull] {
        &self.state.pulls
    }

    /// Closes a pull request without merging it.
    ///
    /// # Panics
    ///
    /// When there is no such pull request.
    pub fn close_pull(&mut self, number: u64) {
        let pull = self.moved(self.pull(number));
        *self.pull_mut(number) = Pull { open: false, ..pull };
    }

    /// Merges a pull request by a commit of both branches; gives that.
    ///
    /// # Panics
    ///
    /// When there is no such pull request, or one of its branches is gone.
    pub fn merge_pull(&mut self, number: u64) -> String {
        let pull = self.moved(self.pull(number));
        let base = self.branch(&pull.base).expect("the base exists");
        let files = self.objects.commit(&pull.head_sha).expect("the head exists").files.clone();
        let message = format!("Merge pull request #{number} from {}", pull.head);
        let parents = vec![base, pull.head_sha.clone()];
        let merged = NewCommit { sha: None, parents, message, files: files.into_iter().collect() };
        let merged = self.add_commit(merged);
        self.set_branch(&pull.base, &merged);
        let merged_at_s = Some(self.now_s());
        *self.pull_mut(number) = Pull { open: false, merged_at_s, ..pull };
        merged
    }

    fn pull(&self, number: u64) -> &Pull {
        self.state.pulls.iter().find(|pull| pull.number == number).expect("the pull request exists")
    }

    fn pull_mut(&mut self, number: u64) -> &mut Pull {
        let mut pulls = self.state_mut().pulls.iter_mut();
        pulls.find(|pull| pull.number == number).expect("the pull request exists")
    }

    /// The pull request as it is now: its branch may have moved.
    fn moved(&self, pull: &Pull) -> Pull {
        let head = self.branch(&pull.head).filter(|_| pull.open);
        Pull { head_sha: head.unwrap_or_else(|| pull.head_sha.clone()), ..pull.clone() }
    }

    fn pull_body(&self, pull: &Pull) -> serde_json::Value {
        let pull = self.moved(pull);
        let (base, head) = (self.branch(&pull.base), &pull.head_sha);
        let base = base.as_deref().unwrap_or(&pull.base_sha);
        let relation = self.objects.relation(base, head);
        let files = |sha: &str| self.objects.commit(sha).map(|commit| &commit.files);
        let changed = match (relation.as_ref().and_then(|found| files(&found.merge_base.sha)), files(head)) {
            (Some(from), Some(to)) => super::git::changes(from, to).len(),
            _ => 0,
        };
        let commits = relation.map_or(0, |relation| relation.ahead.len());
        body::pull::full(&self.links, &self.settings, &pull, (commits, changed))
    }
}
