//! What tests and rehearsals put into the simulator without a request, and what they look at afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::sim::clock::Clock;

use super::Github;
use super::access::Permissions;
use super::asset_name::sanitised;
use super::git::{Commit, NewCommit, Objects, Person, Verification};
use super::limits::{Limits, Usage};
use super::links::Links;
use super::release::{Asset, NewRelease, Release};
use super::runs::{Course, NewArtifact, NewRun, Run, RunArtifact};
use super::settings::{Settings, Troubles};
use super::state::Lag;

impl Github {
    /// The repository `owner/name` with a default branch of one commit.
    ///
    /// # Panics
    ///
    /// When `repository` is not of that form.
    pub fn new(repository: &str) -> Self {
        let (owner, name) = repository.split_once('/').expect("a repository is `owner/name`");
        let home = || "http://localhost".to_owned();
        let links = Links {
            api: home(),
            web: home(),
            uploads: home(),
            storage: home(),
            owner: owner.to_owned(),
            name: name.to_owned(),
        };
        let mut github = Self {
            settings: Settings::default(),
            troubles: Troubles::default(),
            limits: Limits::default(),
            base_path: String::new(),
            links,
            clock: Clock::default(),
            last_id: 100,
            requests: 0,
            tokens: BTreeMap::new(),
            objects: Objects::default(),
            workflows: Vec::new(),
            runs: Vec::new(),
            dispatched: Vec::new(),
            findings: super::checks::Findings::default(),
            state: Arc::default(),
            before: None,
            lag: Lag::default(),
            burnt_tags: BTreeSet::new(),
            signed: BTreeMap::new(),
            results: super::results::Results::default(),
            blobs: super::blobs::Blobs::default(),
            usage: Usage::default(),
        };
        let first = github.add_commit(NewCommit { message: "Begin".to_owned(), ..NewCommit::default() });
        github.set_branch("main", &first);
        github
    }

    /// Says where the three hosts are reached: `http://127.0.0.1:4000` and so on, without a path.
    pub fn set_origins(&mut self, api: &str, uploads: &str, storage: &str) {
        let [api, uploads, storage] = [api, uploads, storage].map(|origin| origin.trim_end_matches('/'));
        let web = api.strip_suffix(self.base_path.as_str()).unwrap_or(api).to_owned();
        let api = format!("{web}{}", self.base_path);
        let [uploads, storage] = [uploads, storage].map(str::to_owned);
        self.links = Links { api, web, uploads, storage, ..self.links.clone() };
    }

    /// Says that an enterprise server is reached by another origin than the one it listens on, as behind a proxy.
    pub fn set_front(&mut self, origin: &str) {
        let storage = self.links.storage.clone();
        self.set_origins(origin, &format!("{origin}/api/uploads"), &storage);
    }

    /// Says which path stands in front of the API's documented ones.
    pub(super) fn set_base_path(&mut self, base_path: &str) {
        self.base_path = base_path.trim_end_matches('/').to_owned();
        self.links.api = format!("{}{}", self.links.web, self.base_path);
    }

    /// Issues a token.
    pub fn add_token(&mut self, token: &str, permissions: Permissions) {
        self.tokens.insert(token.to_owned(), permissions);
    }

    /// Lets the simulated clock run; it stands still otherwise.
    pub fn advance(&mut self, time: Duration) {
        self.clock.advance(time.as_secs());
    }

    /// Follows a clock that others follow too.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// What the simulated clock shows, in seconds since 1970.
    pub fn now_s(&self) -> u64 {
        self.clock.now()
    }

    /// Adds a commit that no branch reaches yet, and gives its hash.
    ///
    /// # Panics
    ///
    /// When a parent is not there.
    pub fn add_commit(&mut self, commit: NewCommit) -> String {
        self.objects.add_commit(commit, self.now_s())
    }

    /// Commits these files on top of a branch, which moves; gives the new commit's hash.
    ///
    /// # Panics
    ///
    /// When there is no such branch.
    pub fn commit_to(&mut self, branch: &str, message: &str, files: &[(&str, &str)]) -> String {
        let parent = self.branch(branch).expect("the branch exists");
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Bytes::from((*text).to_owned())));
        let files = files.collect();
        let message = message.to_owned();
        let sha = self.add_commit(NewCommit { sha: None, parents: vec![parent], message, files });
        self.set_branch(branch, &sha);
        sha
    }

    /// Says how git keeps a file of a commit: `100755` where it may be run, `120000` where it is a link.
    ///
    /// # Panics
    ///
    /// When there is no such commit.
    pub fn set_mode(&mut self, commit: &str, path: &str, mode: &str) {
        self.objects.set_mode(commit, path, mode);
    }

    /// A commit by its hash.
    pub fn commit(&self, sha: &str) -> Option<&Commit> {
        self.objects.commit(sha)
    }

    /// Points a branch at a commit.
    pub fn set_branch(&mut self, branch: &str, sha: &str) {
        self.state_mut().refs.insert(format!("refs/heads/{branch}"), sha.to_owned());
    }

    /// Removes a branch. Its commits stay.
    pub fn remove_branch(&mut self, branch: &str) {
        self.state_mut().refs.remove(&format!("refs/heads/{branch}"));
    }

    /// Points a tag at an object: at a commit (a lightweight tag), or at what [`Self::annotate`] gave.
    pub fn set_tag(&mut self, tag: &str, sha: &str) {
        self.state_mut().refs.insert(format!("refs/tags/{tag}"), sha.to_owned());
    }

    /// Adds the object of an annotated tag on a commit or on another tag's object, and gives its hash.
    pub fn annotate(&mut self, tag: &str, target: &str) -> String {
        self.objects.add_tag(tag, &format!("Release {tag}\n"), target, self.now_s())
    }

    /// Says who made the object of an annotated tag; nobody in particular otherwise.
    ///
    /// # Panics
    ///
    /// When there is no such object.
    pub fn tagged_by(&mut self, object: &str, name: &str, email: &str) {
        let [name, email] = [name, email].map(str::to_owned);
        self.objects.set_tagger(object, Person { name, email });
    }

    /// Says what becomes of the signature of a commit or of an annotated tag's object; it is unsigned otherwise.
    ///
    /// # Panics
    ///
    /// When there is no such object.
    pub fn vouch(&mut self, object: &str, verification: Verification) {
        self.objects.set_verification(object, verification);
    }

    /// Adds an annotated tag on a commit.
    pub fn add_annotated_tag(&mut self, tag: &str, commit: &str) {
        let object = self.annotate(tag, commit);
        self.set_tag(tag, &object);
    }

    /// Adds a release and gives its number. Publishing it here makes no tag and breaks no rule.
    pub fn add_release(&mut self, new: NewRelease) -> u64 {
        let NewRelease { tag_name, target_commitish, name, body, draft, prerelease } = new;
        let (id, now_s) = (self.next_id(), self.now_s());
        let default_branch = self.settings.default_branch.clone();
        let release = Release {
            id,
            tag_name,
            target_commitish: if target_commitish.is_empty() { default_branch } else { target_commitish },
            name,
            body,
            draft,
            prerelease,
            immutable: self.settings.immutable_releases && !draft,
            created_at_s: now_s,
            published_at_s: (!draft).then_some(now_s),
            updated_at_s: now_s,
            discussion_category_name: None,
            assets: Vec::new(),
        };
        if release.immutable {
            self.burnt_tags.insert(release.tag_name.clone());
        }
        self.state_mut().releases.push(release);
        id
    }

    /// Adds a whole file to a release and gives its number.
    ///
    /// # Panics
    ///
    /// When there is no such release.
    pub fn add_asset(&mut self, release_id: u64, name: &str, bytes: impl Into<Bytes>) -> u64 {
        let asset = Asset::complete(self.next_id(), sanitised(name), &bytes.into().into(), self.now_s());
        self.push_asset(release_id, asset)
    }

    /// Adds what an upload that failed leaves behind, and gives its number. // R22
    ///
    /// # Panics
    ///
    /// When there is no such release.
    pub fn add_starter(&mut self, release_id: u64, name: &str) -> u64 {
        let asset = Asset::starter(self.next_id(), sanitised(name), self.now_s());
        self.push_asset(release_id, asset)
    }

    fn push_asset(&mut self, release_id: u64, asset: Asset) -> u64 {
        let id = asset.id;
        self.state_mut().release_mut(release_id).expect("the release exists").assets.push(asset);
        id
    }

    /// Adds a workflow run and gives its number; its workflow is there from then on.
    pub fn add_run(&mut self, mut run: NewRun) -> u64 {
        let file = run.path.split('@').next().unwrap_or_default().to_owned();
        let workflow_id = self.add_workflow(&file);
        if run.run_number == 0 {
            run.run_number = 1 + self.runs.iter().filter(|one| one.workflow_id == workflow_id).count() as u64;
        }
        let id = self.next_id();
        let created_at_s = self.now_s();
        self.runs.push(Run {
            id,
            workflow_id,
            created_at_s,
            started_at_s: created_at_s,
            updated_at_s: created_at_s,
            facts: run,
            earlier: Vec::new(),
            course: Course::default(),
            artifacts: Vec::new(),
        });
        id
    }

    /// Starts a run again: one attempt more, which is under way. Its artifacts stay. // R34
    ///
    /// # Panics
    ///
    /// When there is no such run.
    pub fn rerun(&mut self, run_id: u64) {
        let now_s = self.now_s();
        self.run_mut(run_id).start_again(now_s);
    }

    /// Ends a run now. What it left is there already: its jobs come before its end.
    ///
    /// # Panics
    ///
    /// When there is no such run.
    pub fn end_run(&mut self, run_id: u64, conclusion: &str) {
        let now_s = self.now_s();
        self.run_mut(run_id).end(conclusion.to_owned(), now_s);
    }

    /// Puts a run under way; it ends with `conclusion` once `lists` answers have shown it so.
    ///
    /// # Panics
    ///
    /// When there is no such run.
    pub fn advance_after(&mut self, run_id: u64, lists: u32, conclusion: &str) {
        let run = self.run_mut(run_id);
        (run.facts.status, run.facts.conclusion) = ("in_progress".to_owned(), None);
        run.course.ending = Some((lists, conclusion.to_owned()));
    }

    /// Keeps a run out of the next so many lists that it belongs to, as if it began later.
    ///
    /// # Panics
    ///
    /// When there is no such run.
    pub fn appear_after(&mut self, run_id: u64, lists: u32) {
        self.run_mut(run_id).course.hidden_for = lists;
    }

    fn run_mut(&mut self, run_id: u64) -> &mut Run {
        self.runs.iter_mut().find(|run| run.id == run_id).expect("the run exists")
    }

    /// Adds a workflow by its file, unless it is there, and gives its number.
    pub fn add_workflow(&mut self, path: &str) -> u64 {
        let known = self.workflows.iter().position(|have| have == path);
        let index = known.unwrap_or_else(|| {
            self.workflows.push(path.to_owned());
            self.workflows.len() - 1
        });
        super::actions::workflow_id(index)
    }

    /// Adds an artifact to a run and gives its number; a run may hold several of one name. // R34
    ///
    /// # Panics
    ///
    /// When there is no such run.
    pub fn add_artifact(&mut self, run_id: u64, facts: NewArtifact) -> u64 {
        let artifact = RunArtifact { id: self.next_id(), created_at_s: self.now_s(), facts };
        let id = artifact.id;
        self.run_mut(run_id).artifacts.push(artifact);
        id
    }

    /// Where the files of releases are sent to, without a slash at the end.
    pub fn upload_origin(&self) -> String {
        self.links.uploads.clone()
    }

    /// All releases, drafts too, in the order they were made.
    pub fn releases(&self) -> &[Release] {
        &self.state.releases
    }

    /// The same to be changed behind everybody's back.
    pub fn releases_mut(&mut self) -> &mut Vec<Release> {
        &mut self.state_mut().releases
    }

    /// The runs to be changed, as time would do.
    pub fn runs_mut(&mut self) -> &mut Vec<Run> {
        &mut self.runs
    }

    /// Every tag with the commit it leads to.
    pub fn tags(&self) -> BTreeMap<String, String> {
        let tags = self.state.refs.iter().filter_map(|(name, sha)| {
            Some((name.strip_prefix("refs/tags/")?.to_owned(), self.objects.peel(sha)?.sha.clone()))
        });
        tags.collect()
    }

    /// The commit that a branch points at.
    pub fn branch(&self, branch: &str) -> Option<String> {
        self.state.branch(branch).cloned()
    }

    /// A number that nothing has yet.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
