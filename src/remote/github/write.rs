//! Changing releases on GitHub.
//!
//! GitHub has no lock and no compare-and-set, so nothing is sent twice blindly: after a request whose outcome is
//! unknown, the state is read and decides. What others made is taken as it is and never deleted.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::read::GithubRead;
use super::refusal::{already_exists, is_absent};
use super::wire::ReleaseWire;
use super::{Asset, MakeLatest, Release, ReleaseText, canonical, is_ours};
use crate::model::endpoints::Endpoint;
use crate::model::revision::Repository;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::{Http, backoff};

/// How often one thing is sent at most.
pub(super) const SENDS: u32 = 3;
/// How often GitHub is asked for what it does not show yet, with 1, 2, 4, 8 and 16 seconds between.
pub(super) const LOOKS: u32 = 5;

/// Changes the releases of one repository. Every method may be repeated. They run one at a time, as GitHub asks for,
/// even when they are called together.
#[derive(Clone, Debug)]
pub(crate) struct GithubWrite {
    pub(super) read: GithubRead,
    pub(super) known: Arc<Mutex<Known>>,
}

/// What this writer has seen and done, so that each upload is one request and not three. It is only trusted until
/// something fails.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Pages by tag.
    pub(super) pages: HashMap<String, Page>,
    /// How many uploads were sent.
    pub(super) uploads: u32,
}

/// A release page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// What it belongs to.
    pub(super) release: Release,
    /// What it holds, once that was listed.
    pub(super) assets: Option<Vec<Asset>>,
}

impl GithubWrite {
    /// A writer for `repository` behind the API at `api`.
    pub(crate) fn new(http: Http, api: Endpoint, repository: Repository, token: Secret<String>) -> Self {
        Self { read: GithubRead::new(http, api, repository, Some(token)), known: Arc::default() }
    }

    /// Makes a draft for the tag unless it has a release or a draft, which is taken as it is.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether the draft came about.
    pub(crate) async fn ensure_draft(&self, text: &ReleaseText) -> Result<Release, RemoteError> {
        let mut known = self.known.lock().await;
        known.pages.remove(&text.tag);
        let mut release = self.listed(&text.tag).await?;
        let mut sends = 0;
        while release.is_none() {
            sends += 1;
            match self.post_draft(text).await {
                Ok(created) => release = Some(self.settle(created).await?),
                Err(error) if sends < SENDS && (may_repeat(&error) || already_exists(&error)) => {
                    // The draft may be there and not be shown yet: a second one is worse than a wait.
                    let looks = if error.is_ambiguous() { 4 } else { 1 };
                    let what = "GitHub to show whether the draft was made";
                    release = self.awaited(&text.tag, what, looks).await?;
                    if self.stopping() && release.is_none() {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let release = release.expect("the loop ends with one");
        known.pages.insert(text.tag.clone(), Page { release: release.clone(), assets: None });
        Ok(release)
    }

    /// Gives the tag's release or draft this title, body and prerelease mark.
    ///
    /// # Errors
    /// When there is no such release, GitHub refuses, or it stays unknown whether the change came about.
    pub(crate) async fn ensure_text(&self, text: &ReleaseText) -> Result<(), RemoteError> {
        let ReleaseText { tag, commit, title, body, prerelease } = text;
        let mut known = self.known.lock().await;
        let Page { release, assets } = self.page(&mut known, tag).await?;
        let mut change = json!({ "tag_name": tag, "name": title, "body": body });
        if release.prerelease != *prerelease {
            change["prerelease"] = Value::Bool(*prerelease);
        }
        // A published release has its tag; an immutable one refuses even the same commit.
        if let Some(commit) = commit.as_ref().filter(|_| release.draft) {
            change["target_commitish"] = Value::String(commit.to_string());
        }
        known.pages.remove(tag);
        let settled = |now: &Release| {
            now.name == *title && lines(&now.body) == lines(body) && now.prerelease == *prerelease
        };
        let release = self.patch(&release, "writing the release's text", &change, settled).await?;
        known.pages.insert(tag.clone(), Page { release, assets });
        Ok(())
    }

    /// Publishes the tag's draft; a published release stays as it is.
    ///
    /// # Errors
    /// When there is no such draft, GitHub refuses, or it stays unknown whether the draft was published.
    pub(crate) async fn ensure_published(
        &self,
        tag: &str,
        prerelease: bool,
        make_latest: MakeLatest,
    ) -> Result<(), RemoteError> {
        let mut known = self.known.lock().await;
        let Page { release, assets } = self.page(&mut known, tag).await?;
        // The list may lag behind a publication; asked for by its number, a release is shown as it is.
        let now = if release.draft { self.read.release(release.id).await? } else { release.clone() };
        if !now.draft && now.tag_name == tag {
            return Ok(());
        }
        // GitHub refuses a prerelease as the latest release.
        let latest = match make_latest {
            MakeLatest::Yes if !prerelease => "true",
            MakeLatest::Yes | MakeLatest::No => "false",
        };
        let change =
            json!({ "tag_name": tag, "draft": false, "prerelease": prerelease, "make_latest": latest });
        known.pages.remove(tag);
        let published = |now: &Release| !now.draft && now.prerelease == prerelease;
        let what = "publishing the release";
        let release = self.patch(&release, what, &change, published).await?;
        if release.draft {
            return Err(self.read.api.unexpected(what, "a published release", "a draft".to_owned()));
        }
        known.pages.insert(tag.to_owned(), Page { release, assets });
        Ok(())
    }

    /// The release that the list shows for `tag` now.
    async fn listed(&self, tag: &str) -> Result<Option<Release>, RemoteError> {
        Ok(canonical(&self.read.releases().await?, tag).cloned())
    }

    /// The release that the list shows for `tag`, given some time: a new one may be missing for seconds.
    async fn awaited(&self, tag: &str, what: &str, looks: u32) -> Result<Option<Release>, RemoteError> {
        for look in 1..=looks {
            self.read.api.http.pause(what, backoff(look)).await;
            let release = self.listed(tag).await?;
            if release.is_some() || self.stopping() {
                return Ok(release);
            }
        }
        Ok(None)
    }

    /// The page of `tag`, as far as it is known, else as GitHub shows it.
    pub(super) async fn page(&self, known: &mut Known, tag: &str) -> Result<Page, RemoteError> {
        if let Some(page) = known.pages.get(tag) {
            return Ok(page.clone());
        }
        let mut release = self.listed(tag).await?;
        if release.is_none() {
            release = self.awaited(tag, "GitHub to show the release", LOOKS).await?;
        }
        let release = release.ok_or_else(|| RemoteError::Missing {
            what: format!("GitHub shows no release and no draft for `{tag}`"),
            hint:
                "has somebody deleted it? does the job have `permissions: contents: write`? drafts show to \
                   nobody else"
                    .to_owned(),
        })?;
        let page = Page { release, assets: None };
        known.pages.insert(tag.to_owned(), page.clone());
        Ok(page)
    }

    async fn post_draft(&self, text: &ReleaseText) -> Result<Release, RemoteError> {
        let ReleaseText { tag, commit, title, body, prerelease } = text;
        let mut draft =
            json!({ "tag_name": tag, "name": title, "body": body, "draft": true, "prerelease": prerelease });
        if let Some(commit) = commit {
            draft["target_commitish"] = Value::String(commit.to_string());
        }
        let api = &self.read.api;
        let what = format!("making a draft for `{tag}`");
        let created: Release =
            api.change::<ReleaseWire>(&what, Method::POST, &api.route(&["releases"]), &draft).await?.into();
        if created.tag_name != *tag || !created.draft {
            let found = format!("a release of `{}`, draft: {}", created.tag_name, created.draft);
            return Err(api.unexpected(&what, "the draft of this tag", found));
        }
        Ok(created)
    }

    /// Chooses between the draft that was just made and one that somebody made at the same moment. Ours gives way,
    /// and goes, if it is marked as ours, still a draft, and empty.
    async fn settle(&self, created: Release) -> Result<Release, RemoteError> {
        let mut releases = self.read.releases().await?;
        if releases.iter().all(|release| release.id != created.id) {
            releases.push(created.clone());
        }
        let chosen = canonical(&releases, &created.tag_name).cloned().unwrap_or_else(|| created.clone());
        if chosen.id == created.id {
            return Ok(created);
        }
        let ours = self.read.release(created.id).await?;
        if ours.draft && is_ours(&ours.body) && self.read.assets(ours.id).await?.is_empty() {
            let route = self.read.api.route(&["releases", &ours.id.to_string()]);
            self.delete("removing our second draft", &route).await?;
        }
        Ok(chosen)
    }

    /// Changes a release by its id until the change is seen to be there. The tag's name is in every change, and in
    /// every answer: without it GitHub takes the tag away from a draft.
    async fn patch(
        &self,
        release: &Release,
        what: &str,
        change: &Value,
        settled: impl Fn(&Release) -> bool,
    ) -> Result<Release, RemoteError> {
        let api = &self.read.api;
        let route = api.route(&["releases", &release.id.to_string()]);
        let mut tries = 0;
        let changed: Release = loop {
            tries += 1;
            let error = match api.change::<ReleaseWire>(what, Method::PATCH, &route, change).await {
                Ok(changed) => break changed.into(),
                Err(error) => error,
            };
            if tries > LOOKS || self.stopping() || !(may_repeat(&error) || is_absent(&error)) {
                return Err(error);
            }
            api.http.pause(&format!("GitHub to answer ({what})"), backoff(tries)).await;
            match self.read.release(release.id).await {
                Ok(now) if settled(&now) => break now,
                // It is there and a change is refused as if it were not: no wait helps.
                Ok(_) if is_absent(&error) => return Err(error),
                Ok(_) => {}
                Err(absent) if is_absent(&absent) => {}
                Err(other) => return Err(other),
            }
        };
        if changed.tag_name != release.tag_name {
            let expected = "the release with its tag";
            return Err(api.unexpected(what, expected, format!("the tag `{}`", changed.tag_name)));
        }
        Ok(changed)
    }

    /// Deletes by id; what is gone already is fine.
    pub(super) async fn delete(&self, what: &str, route: &str) -> Result<(), RemoteError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.read.api.delete(what, route).await {
                Ok(()) => return Ok(()),
                Err(error) if is_absent(&error) => return Ok(()),
                Err(error) if tries < SENDS && may_repeat(&error) && !self.stopping() => {
                    self.read.api.http.pause(&format!("GitHub to answer ({what})"), backoff(tries)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn stopping(&self) -> bool {
        self.read.api.http.surroundings().stop.is_requested()
    }
}

/// Whether the request did nothing, or may have done nothing, for a reason that passes.
pub(super) fn may_repeat(error: &RemoteError) -> bool {
    error.is_ambiguous() || matches!(error, RemoteError::Unreachable { .. })
}

/// A text without regard to how its lines end: GitHub's web pages write CR LF.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}
