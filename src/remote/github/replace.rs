//! Replacing a file of a release. GitHub never changes an asset's bytes, so the new one is sent under a temporary name and
//! proven first; only then the old one goes and the new one gets its name. For the time of one request there is no file
//! of that name, and at no time is there only half of one. Wherever it is cut off, the temporary name says what is left
//! to do.

use reqwest::Method;
use serde_json::json;

use super::refusal::{already_exists, is_absent};
use super::upload::{Content, is_kept, permit};
use super::wire::AssetWire;
use super::write::{GithubWrite, Known, SENDS, may_repeat};
use super::{Asset, SERVICE, Seen, cut, matching, temporary_name, temporary_names};
use crate::model::artifact::Artifact;
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;

impl GithubWrite {
    /// Makes `content`, which is `artifact`, the asset of its name, in place of the asset with the number `old`. That
    /// number stands for the bytes that were seen when it was decided to replace them. Does nothing where the new bytes
    /// are there already. `seen` is how the release has to be at the moment when the old asset goes.
    ///
    /// # Errors
    /// [`RemoteError::Conflict`] when neither the old asset nor the new bytes have the name; [`RemoteError::Missing`] when
    /// the release is not as it was `seen`; else when GitHub refuses, or when it stays unknown whether it came about.
    pub(crate) async fn replace_asset(
        &self,
        tag: &str,
        artifact: &Artifact,
        content: &Content,
        old: u64,
        seen: Option<&Seen>,
    ) -> Result<(), RemoteError> {
        permit(artifact)?;
        let mut known = self.known.lock().await;
        known.forget(tag);
        let outcome = self.replace(&mut known, tag, artifact, content, (old, seen)).await;
        if outcome.is_err() {
            known.forget(tag);
        }
        outcome
    }

    /// Sends `content` under its temporary name: all of a replacement that may come early. [`Self::replace_asset`] and
    /// [`Self::ensure_asset`] find it there.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether the upload came about.
    pub(crate) async fn stage_asset(
        &self,
        tag: &str,
        artifact: &Artifact,
        content: &Content,
    ) -> Result<(), RemoteError> {
        permit(artifact)?;
        let mut known = self.known.lock().await;
        let outcome = self.place(&mut known, tag, &waiting(artifact)?, content).await;
        if outcome.is_err() {
            known.forget(tag);
        }
        outcome
    }

    /// Deletes an asset of the tag's release by its number; one that is gone already is fine.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether it was deleted.
    pub(crate) async fn remove_asset(&self, tag: &str, asset: &Asset) -> Result<(), RemoteError> {
        let mut known = self.known.lock().await;
        known.forget(tag);
        self.discard(asset).await
    }

    async fn replace(
        &self,
        known: &mut Known,
        tag: &str,
        artifact: &Artifact,
        content: &Content,
        from: (u64, Option<&Seen>),
    ) -> Result<(), RemoteError> {
        let mut failures = 0;
        loop {
            let error = match self.swap(known, tag, artifact, content, from).await {
                Ok(()) => return self.tidy(known, tag, artifact).await,
                // Something of this name came in between: what it is decides.
                Err(error) if already_exists(&error) || is_absent(&error) => error,
                Err(error) => return Err(error),
            };
            failures += 1;
            if failures >= SENDS || self.stopping() {
                return Err(error);
            }
            known.forget(tag);
            let what = format!("GitHub to show what became of `{}`", artifact.file_name);
            self.read.api.http.pause(&what, backoff(failures)).await;
        }
    }

    /// One try: done already, or sent and proven, then the old one away, then the name.
    async fn swap(
        &self,
        known: &mut Known,
        tag: &str,
        artifact: &Artifact,
        content: &Content,
        (old, seen): (u64, Option<&Seen>),
    ) -> Result<(), RemoteError> {
        let mut page = self.page(known, tag).await?;
        let assets = match page.assets.take() {
            Some(assets) => assets,
            None => self.read.assets(page.release.id).await?,
        };
        page.assets = Some(assets.clone());
        known.pages.insert(tag.to_owned(), page);
        let another_has_the_name = matching(&assets, artifact).is_some_and(|found| found.id != old);
        let is_it = |asset: &&Asset| asset.id == old && asset.uploaded && !another_has_the_name;
        let Some(replaced) = assets.iter().find(is_it).cloned() else {
            // Nothing has the name, or the new bytes, or the rest of an upload: then it is like any other file. Whatever
            // else has it was not seen by whoever decided this.
            return self.place(known, tag, artifact, content).await;
        };
        if self.read.asset_digest(&replaced).await? == artifact.sha256 {
            return Ok(());
        }
        self.place(known, tag, &waiting(artifact)?, content).await?;
        let mut page = self.page(known, tag).await?;
        if page.assets.iter().flatten().all(|asset| asset.id != old) {
            // While it was sent, the tag's release became another one.
            let file = artifact.file_name.to_string();
            let theirs = "another release".to_owned();
            return Err(RemoteError::Conflict { service: SERVICE, file, ours: artifact.sha256, theirs });
        }
        if let Some(seen) = seen
            && let Err(changed) = self.require_seen(tag, seen, None).await
        {
            // What was sent is of no use there. The change of the release is what has to be told.
            drop(self.tidy(known, tag, artifact).await);
            return Err(changed);
        }
        known.forget(tag);
        self.discard(&replaced).await?;
        let assets = page.assets.get_or_insert_default();
        assets.retain(|asset| asset.id != old);
        // The name goes to what was sent: it waits, and nothing else is called so.
        if !self.is_there(&mut page, artifact).await? {
            let what = format!("replacing `{}`", artifact.file_name);
            let found = "nothing of the kind".to_owned();
            return Err(self.read.api.unexpected(&what, "the file that was sent", found));
        }
        known.pages.insert(tag.to_owned(), page);
        Ok(())
    }

    /// Removes what earlier runs sent to replace the same file and did not come to use.
    async fn tidy(&self, known: &mut Known, tag: &str, artifact: &Artifact) -> Result<(), RemoteError> {
        let beginning = temporary_names(artifact.file_name.as_str());
        self.discard_all(known, tag, |asset| asset.name.starts_with(&beginning)).await
    }

    /// Removes every file of ours that waits under a temporary name: before a release is published, it has none.
    pub(super) async fn clear(&self, known: &mut Known, tag: &str) -> Result<(), RemoteError> {
        self.discard_all(known, tag, Asset::is_temporary).await
    }

    async fn discard_all(
        &self,
        known: &mut Known,
        tag: &str,
        goes: impl Fn(&Asset) -> bool,
    ) -> Result<(), RemoteError> {
        let mut page = self.page(known, tag).await?;
        let assets = match page.assets.take() {
            Some(assets) => assets,
            None => self.read.assets(page.release.id).await?,
        };
        known.forget(tag);
        let (gone, left): (Vec<_>, Vec<_>) = assets.into_iter().partition(goes);
        for asset in &gone {
            self.discard(asset).await?;
        }
        page.assets = Some(left);
        known.pages.insert(tag.to_owned(), page);
        Ok(())
    }

    pub(super) async fn discard(&self, asset: &Asset) -> Result<(), RemoteError> {
        let route = self.read.api.route(&["releases", "assets", &asset.id.to_string()]);
        self.delete(&format!("removing `{}`", cut(&asset.name)), &route).await
    }

    /// Gives the asset of this number, which holds the artifact, the artifact's name.
    pub(super) async fn rename(&self, id: u64, artifact: &Artifact) -> Result<Asset, RemoteError> {
        let api = &self.read.api;
        let name = artifact.file_name.as_str();
        let what = format!("giving `{name}` its name");
        let route = api.route(&["releases", "assets", &id.to_string()]);
        // The label keeps a name that GitHub would rewrite.
        let change = json!({ "name": name, "label": if is_kept(name) { "" } else { name } });
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match api.change::<AssetWire>(&what, Method::PATCH, &route, &change).await {
                Ok(named) => {
                    let named = Asset::from(named);
                    if !named.is_temporary() {
                        return Ok(named);
                    }
                    return Err(api.unexpected(&what, "the asset under its name", cut(&named.name)));
                }
                Err(error) => error,
            };
            if tries >= SENDS || self.stopping() || !may_repeat(&error) {
                return Err(error);
            }
            api.http.pause(&format!("GitHub to answer ({what})"), backoff(tries)).await;
            // Asked for by its number, an asset is shown as it is.
            let now = Asset::from(api.get::<AssetWire>(&what, &route).await?);
            if !now.is_temporary() {
                return Ok(now);
            }
        }
    }
}

/// The artifact under its temporary name.
fn waiting(artifact: &Artifact) -> Result<Artifact, RemoteError> {
    let name = temporary_name(artifact);
    let file_name = name.parse().map_err(|_error| RemoteError::Missing {
        what: format!("`{}` has no name that a file may wait under", artifact.file_name),
        hint: "give the file another name".to_owned(),
    })?;
    Ok(Artifact { file_name, ..artifact.clone() })
}
