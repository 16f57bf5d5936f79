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
use super::refusal::{already_exists, is_absent, is_refused};
use super::strays::Stray;
use super::upload::Content;
use super::wire::ReleaseWire;
use super::{Asset, MakeLatest, Publication, Release, ReleaseText, Seen};
use crate::model::artifact::Artifact;
use crate::model::endpoints::Endpoint;
use crate::model::revision::Repository;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::{Http, backoff};
use crate::remote::surroundings::Event;

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
    /// What this writer stored, by tag, and in which release: a tag's release may turn out to be another one.
    pub(super) stored: HashMap<String, Stored>,
    /// Drafts of ours that are not the tag's release, by tag.
    pub(super) strays: HashMap<String, Vec<Stray>>,
}

/// A release page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// What it belongs to.
    pub(super) release: Release,
    /// What it holds, once that was listed.
    pub(super) assets: Option<Vec<Asset>>,
}

/// What this writer stored for a tag.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    /// The release that has it.
    pub(super) release_id: u64,
    /// The files.
    pub(super) files: Vec<(Artifact, Content)>,
}

impl Known {
    /// Has the tag's page looked at again before it is used.
    pub(super) fn forget(&mut self, tag: &str) {
        self.pages.remove(tag);
    }

    /// The same for whatever tag the release belongs to.
    pub(super) fn forget_release(&mut self, release_id: u64) {
        self.pages.retain(|_, page| page.release.id != release_id);
        self.stored.retain(|_, stored| stored.release_id != release_id);
    }
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
        known.forget(&text.tag);
        let listed = self.listed(&mut known, &text.tag).await?;
        let mut page = listed.map(|release| Page { release, assets: None });
        let mut sends = 0;
        while page.is_none() {
            sends += 1;
            match self.post_draft(text).await {
                Ok(created) => page = Some(self.settle(&mut known, created).await?),
                Err(error) if sends < SENDS && (may_repeat(&error) || already_exists(&error)) => {
                    // The draft may be there and not be shown yet: a second one is worse than a wait.
                    let looks = if error.is_ambiguous() { 4 } else { 1 };
                    let what = "GitHub to show whether the draft was made";
                    let shown = self.awaited(&mut known, &text.tag, what, looks).await?;
                    page = shown.map(|release| Page { release, assets: None });
                    if self.stopping() && page.is_none() {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let page = page.expect("the loop ends with one");
        let release = page.release.clone();
        known.pages.insert(text.tag.clone(), page);
        Ok(release)
    }

    /// Gives the tag's release or draft this title, body and prerelease mark.
    ///
    /// # Errors
    /// When there is no such release, GitHub refuses, or it stays unknown whether the change came about.
    pub(crate) async fn ensure_text(
        &self,
        text: &ReleaseText,
        seen: Option<&Seen>,
    ) -> Result<(), RemoteError> {
        let ReleaseText { tag, target, title, body, prerelease } = text;
        let mut known = self.known.lock().await;
        let Page { release, assets } = self.page(&mut known, tag).await?;
        if let Some(seen) = seen.filter(|seen| seen.release_id != release.id) {
            let (now, before) = (release.id, seen.release_id);
            return Err(RemoteError::Missing {
                what: format!(
                    "the release of `{tag}` was number {before} and is number {now} now, which is left as it is"
                ),
                hint: "run again: the next run sees it as it is now, and decides by your inputs".to_owned(),
            });
        }
        let mut change = json!({ "tag_name": tag, "name": title, "body": body });
        if release.prerelease != *prerelease {
            change["prerelease"] = Value::Bool(*prerelease);
        }
        // A published release has its tag; an immutable one refuses even the same commit.
        if let Some(target) = target.as_ref().filter(|_| release.draft) {
            change["target_commitish"] = Value::String(target.clone());
        }
        known.forget(tag);
        let settled = |now: &Release| {
            now.name == *title && lines(&now.body) == lines(body) && now.prerelease == *prerelease
        };
        let release = self.patch(release.id, tag, "writing the release's text", &change, settled).await?;
        known.pages.insert(tag.clone(), Page { release, assets });
        Ok(())
    }

    /// Stops where a person changed meanwhile what a plan goes by: published the draft, or wrote into its text. Uploads
    /// take time. `text` is what the release is to say, where that is known: then it is done, whoever wrote it.
    ///
    /// # Errors
    /// [`RemoteError::Missing`] when it is not as it was seen; else when GitHub could not tell.
    pub(crate) async fn require_seen(
        &self,
        tag: &str,
        seen: &Seen,
        text: Option<&ReleaseText>,
    ) -> Result<(), RemoteError> {
        let now = match self.read.release(seen.release_id).await {
            Ok(now) => now,
            // Whoever changes it finds out what the tag's release is now.
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        let is_as_wanted = |text: &ReleaseText| {
            lines(&now.body) == lines(&text.body)
                && now.name == text.title
                && now.prerelease == text.prerelease
        };
        let is_as_seen = seen.body.as_ref().is_none_or(|body| lines(&now.body) == lines(body));
        let happened = match text {
            Some(text) if is_as_wanted(text) => return Ok(()),
            _ if seen.must_be_draft && !now.draft => "was published",
            _ if !is_as_seen => "got another text",
            _ => return Ok(()),
        };
        Err(RemoteError::Missing {
            what: format!("the release of `{tag}` {happened} while this ran, and is left as it is"),
            hint: "run again: the next run sees it as it is now, and decides by your inputs".to_owned(),
        })
    }

    /// Publishes the tag's draft; a published release stays as it is. What this writer stored is in it: if another job
    /// made the tag's draft at the same time, the files follow.
    ///
    /// # Errors
    /// When there is no such draft, GitHub refuses, or it stays unknown whether the draft was published.
    pub(crate) async fn ensure_published(
        &self,
        tag: &str,
        publication: &Publication,
    ) -> Result<(), RemoteError> {
        let mut known = self.known.lock().await;
        // The list may lag behind a publication; asked for by its number, a release is shown as it is.
        let now = self.followed(&mut known, tag).await?;
        if now.draft || now.tag_name != tag {
            self.clear(&mut known, tag).await?;
            let page = self.page(&mut known, tag).await?;
            self.require_tag(tag, publication).await?;
            known.forget(tag);
            let release = self.publish(now.id, tag, publication).await?;
            known.pages.insert(tag.to_owned(), Page { release, ..page });
        }
        self.sweep(&mut known, tag).await
    }

    /// Uploads take time, and GitHub would make a tag anew that went meanwhile, wherever the default branch is.
    async fn require_tag(&self, tag: &str, publication: &Publication) -> Result<(), RemoteError> {
        let Some(expected) = &publication.commit else { return Ok(()) };
        let what = match self.read.tag_commit(tag).await? {
            Some(found) if found == *expected => return Ok(()),
            None if publication.target.is_some() => return Ok(()),
            Some(found) => format!("the tag `{tag}` points to {found} now, and pointed to {expected}"),
            None => format!("the tag `{tag}`, which pointed to {expected}, is gone"),
        };
        let hint = "the draft is as it was; put the tag back, or release anew from its commit".to_owned();
        Err(RemoteError::Missing { what: format!("nothing was published: {what}"), hint })
    }

    async fn publish(&self, id: u64, tag: &str, publication: &Publication) -> Result<Release, RemoteError> {
        let Publication { prerelease, latest, discussion_category, target, commit: _ } = publication;
        // GitHub refuses a prerelease as the latest release.
        let latest = match latest {
            MakeLatest::Yes if !prerelease => "true",
            MakeLatest::Yes | MakeLatest::No => "false",
        };
        let mut change =
            json!({ "tag_name": tag, "draft": false, "prerelease": prerelease, "make_latest": latest });
        if let Some(target) = target {
            change["target_commitish"] = Value::String(target.clone());
        }
        let published = |now: &Release| !now.draft && now.prerelease == *prerelease;
        let what = "publishing the release";
        let plain = change.clone();
        if let Some(category) = discussion_category {
            change["discussion_category_name"] = Value::String(category.clone());
        }
        let outcome = match self.patch(id, tag, what, &change, published).await {
            // GitHub does not say which part it refuses; a release is worth more than its discussion.
            Err(refused) if discussion_category.is_some() && is_refused(&refused) => {
                let release = self.patch(id, tag, what, &plain, published).await?;
                let said = format!(
                    "the release is published without a discussion, which GitHub refused: {refused}; does the \
                     repository have this category, and the job `permissions: discussions: write`?"
                );
                self.read.api.http.surroundings().progress.event(Event::Note(&said));
                Ok(release)
            }
            outcome => outcome,
        };
        let release = outcome?;
        if release.draft {
            return Err(self.read.api.unexpected(what, "a published release", "a draft".to_owned()));
        }
        Ok(release)
    }

    /// The page of `tag`, as far as it is known, else as GitHub shows it.
    pub(super) async fn page(&self, known: &mut Known, tag: &str) -> Result<Page, RemoteError> {
        if let Some(page) = known.pages.get(tag) {
            return Ok(page.clone());
        }
        let mut release = self.listed(known, tag).await?;
        if release.is_none() {
            release = self.awaited(known, tag, "GitHub to show the release", LOOKS).await?;
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
        let ReleaseText { tag, target, title, body, prerelease } = text;
        let mut draft =
            json!({ "tag_name": tag, "name": title, "body": body, "draft": true, "prerelease": prerelease });
        if let Some(target) = target {
            draft["target_commitish"] = Value::String(target.clone());
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

    /// Changes a release by its id until the change is seen to be there. The tag's name is in every change, and in
    /// every answer: without it GitHub takes the tag away from a draft.
    pub(super) async fn patch(
        &self,
        id: u64,
        tag: &str,
        what: &str,
        change: &Value,
        settled: impl Fn(&Release) -> bool,
    ) -> Result<Release, RemoteError> {
        let api = &self.read.api;
        let route = api.route(&["releases", &id.to_string()]);
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
            match self.read.release(id).await {
                Ok(now) if settled(&now) => break now,
                // It is there and a change is refused as if it were not: no wait helps.
                Ok(_) if is_absent(&error) => return Err(error),
                Ok(_) => {}
                Err(absent) if is_absent(&absent) => {}
                Err(other) => return Err(other),
            }
        };
        if changed.tag_name != tag {
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
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}
