//! Several releases for one tag. GitHub lets jobs that begin at the same time make a draft each, and lists lag behind;
//! so every writer chooses by the same rule, follows with its files when the choice turns out to be another one, and
//! removes a draft of ours only when nothing would be lost with it.

use super::refusal::is_absent;
use super::write::{GithubWrite, Known, Page, SENDS};
use super::{Asset, Release, canonical, cut, is_ours};
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;
use crate::remote::surroundings::Event;

/// How often GitHub is asked for a list that shows the draft that was just made, with 1, 2, 4 and 8 seconds between.
const SETTLING: u32 = 4;

/// A draft of ours that is not the tag's release.
#[derive(Clone, Debug)]
pub(super) struct Stray {
    id: u64,
    /// What it holds, once that was listed.
    assets: Option<Vec<Asset>>,
}

impl Known {
    /// The tag's release among these; what else we made for it is remembered.
    fn choose(&mut self, tag: &str, releases: &[Release]) -> Option<Release> {
        let chosen = canonical(releases, tag)?;
        let strays = self.strays.entry(tag.to_owned()).or_default();
        strays.retain(|stray| stray.id != chosen.id);
        for other in releases.iter().filter(|other| other.tag_name == tag && other.id != chosen.id) {
            let is_new = strays.iter().all(|stray| stray.id != other.id);
            if is_new && other.draft && is_ours(&other.body) {
                strays.push(Stray { id: other.id, assets: None });
            }
        }
        Some(chosen.clone())
    }
}

impl GithubWrite {
    /// The release that the list shows for `tag` now.
    pub(super) async fn listed(&self, known: &mut Known, tag: &str) -> Result<Option<Release>, RemoteError> {
        Ok(known.choose(tag, &self.read.releases().await?))
    }

    /// The release that the list shows for `tag`, given some time: a new one may be missing for seconds.
    pub(super) async fn awaited(
        &self,
        known: &mut Known,
        tag: &str,
        what: &str,
        looks: u32,
    ) -> Result<Option<Release>, RemoteError> {
        for look in 1..=looks {
            self.read.api.http.pause(what, backoff(look)).await;
            let release = self.listed(known, tag).await?;
            if release.is_some() || self.stopping() {
                return Ok(release);
            }
        }
        Ok(None)
    }

    /// Chooses between the draft that was just made and one that somebody made at the same moment. A list that does not
    /// show ours yet may hide another one too, so it is given time; but what the answer said is never doubted.
    pub(super) async fn settle(&self, known: &mut Known, created: Release) -> Result<Page, RemoteError> {
        let tag = created.tag_name.clone();
        for look in 0..=SETTLING {
            if look > 0 {
                let what = "GitHub to show the draft that was just made";
                self.read.api.http.pause(what, backoff(look)).await;
            }
            let mut releases = self.read.releases().await?;
            let shown = releases.iter().any(|release| release.id == created.id);
            if !shown {
                releases.push(created.clone());
            }
            let chosen = known.choose(&tag, &releases).unwrap_or_else(|| created.clone());
            if chosen.id != created.id {
                self.give_way(known, &created).await?;
                return Ok(Page { release: chosen, assets: None });
            }
            if shown || self.stopping() {
                break;
            }
        }
        Ok(Page { release: created, assets: Some(Vec::new()) })
    }

    /// Removes the draft that was just made and is not needed: if it is marked as ours, still a draft, and empty.
    async fn give_way(&self, known: &mut Known, created: &Release) -> Result<(), RemoteError> {
        let ours = match self.read.release(created.id).await {
            Err(error) if is_absent(&error) => None,
            found => Some(found?),
        };
        let Some(ours) = ours.filter(|ours| ours.draft && is_ours(&ours.body)) else { return Ok(()) };
        if self.read.assets(ours.id).await?.is_empty() {
            self.remove(ours.id).await?;
            known.strays.entry(ours.tag_name).or_default().retain(|stray| stray.id != ours.id);
        }
        Ok(())
    }

    /// The tag's release as it is now. If that is another one than this writer filled, its files are stored there too.
    pub(super) async fn followed(&self, known: &mut Known, tag: &str) -> Result<Release, RemoteError> {
        let page = self.page(known, tag).await?;
        let mut releases = self.read.releases().await?;
        if releases.iter().all(|release| release.id != page.release.id) {
            releases.push(page.release.clone());
        }
        loop {
            let chosen = known.choose(tag, &releases).unwrap_or_else(|| page.release.clone());
            match self.read.release(chosen.id).await {
                // A list may still show what is gone.
                Err(error) if is_absent(&error) && releases.len() > 1 => {
                    releases.retain(|release| release.id != chosen.id);
                }
                Err(error) => return Err(error),
                Ok(now) => {
                    if now.id != page.release.id {
                        let page = Page { release: now.clone(), assets: None };
                        known.pages.insert(tag.to_owned(), page);
                        self.follow(known, tag).await?;
                    }
                    return Ok(now);
                }
            }
        }
    }

    /// Stores in the tag's release what this writer stored in another one that was taken for it.
    pub(super) async fn follow(&self, known: &mut Known, tag: &str) -> Result<(), RemoteError> {
        for _ in 0..SENDS {
            let release = self.page(known, tag).await?.release;
            let moved = known.stored.get(tag).filter(|stored| stored.release_id != release.id).cloned();
            let Some(stored) = moved else { return Ok(()) };
            for (artifact, content) in &stored.files {
                if release.draft {
                    self.place(known, tag, artifact, content).await?;
                    continue;
                }
                let mut page = self.page(known, tag).await?;
                let is_there = self.is_there(&mut page, artifact).await?;
                known.pages.insert(tag.to_owned(), page);
                if !is_there {
                    let file = &artifact.file_name;
                    return Err(RemoteError::Missing {
                        what: format!("another job published the release of `{tag}` without `{file}`"),
                        hint: "let one job publish, after all others: `publish: false` in those".to_owned(),
                    });
                }
            }
            if let Some(stored) = known.stored.get_mut(tag) {
                stored.release_id = release.id;
            }
        }
        Ok(())
    }

    /// Removes drafts of ours whose files are all in the tag's release by now. An empty one is left to the job that made
    /// it a moment ago.
    pub(super) async fn drain(&self, known: &mut Known, tag: &str) -> Result<(), RemoteError> {
        self.retire(known, tag, false).await
    }

    /// The same once the release is published: no job fills a draft of the tag any more, so empty ones go too. What is
    /// kept because it holds other files is told.
    pub(super) async fn sweep(&self, known: &mut Known, tag: &str) -> Result<(), RemoteError> {
        self.retire(known, tag, true).await?;
        let left = known.strays.get(tag).into_iter().flatten();
        for Stray { id, assets } in left {
            let names: Vec<_> =
                assets.iter().flatten().map(|asset| format!("`{}`", cut(&asset.name))).take(20).collect();
            let said = format!(
                "the draft {id} of `{tag}` is not the release and is kept: it holds {}",
                names.join(", ")
            );
            self.read.api.http.surroundings().progress.event(Event::Note(&said));
        }
        Ok(())
    }

    async fn retire(&self, known: &mut Known, tag: &str, empty_too: bool) -> Result<(), RemoteError> {
        let strays = known.strays.remove(tag).unwrap_or_default();
        if strays.is_empty() {
            return Ok(());
        }
        let mut page = self.page(known, tag).await?;
        let there = match page.assets.take() {
            Some(assets) => assets,
            None => self.read.assets(page.release.id).await?,
        };
        let is_covered = |assets: &[Asset]| {
            let is_kept = |lost: &Asset| there.iter().any(|asset| is_same_file(asset, lost));
            // A row without bytes may be an upload that is under way.
            let is_nothing = |asset: &Asset| empty_too && !asset.uploaded;
            (empty_too || !assets.is_empty())
                && assets.iter().all(|asset| is_kept(asset) || is_nothing(asset))
        };
        let mut left = Vec::new();
        for mut stray in strays {
            let assets = match stray.assets.take() {
                Some(assets) => Ok(assets),
                None => self.read.assets(stray.id).await,
            };
            match assets {
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
                Ok(assets) if is_covered(&assets) => {
                    // Seen a while ago: what is there now decides.
                    match self.read.release(stray.id).await {
                        Ok(now) if now.draft && now.tag_name == tag && is_ours(&now.body) => {
                            let assets = self.read.assets(stray.id).await?;
                            if is_covered(&assets) {
                                self.remove(stray.id).await?;
                            } else {
                                left.push(Stray { assets: Some(assets), ..stray });
                            }
                        }
                        Ok(_) => {}
                        Err(error) if is_absent(&error) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(assets) => left.push(Stray { assets: Some(assets), ..stray }),
            }
        }
        page.assets = Some(there);
        known.pages.insert(tag.to_owned(), page);
        known.strays.insert(tag.to_owned(), left);
        Ok(())
    }

    async fn remove(&self, id: u64) -> Result<(), RemoteError> {
        let route = self.read.api.route(&["releases", &id.to_string()]);
        self.delete("removing our second draft", &route).await
    }
}

/// Whether both are the same bytes under the same name.
fn is_same_file(one: &Asset, other: &Asset) -> bool {
    let same_name =
        one.is_called(&other.name) || other.label.as_deref().is_some_and(|label| one.is_called(label));
    one.uploaded && one.sha256.is_some() && one.sha256 == other.sha256 && same_name
}
