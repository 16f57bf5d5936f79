//! Sending assets: where to, under which name, what the answer has to say, and what to do when there is none.

use std::path::PathBuf;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use url::Url;

use super::api::Api;
use super::refusal::{Refusal, already_exists, is_absent};
use super::transport::send_patiently;
use super::wire::AssetWire;
use super::write::{GithubWrite, Known, LOOKS, Page, SENDS, may_repeat};
use super::{Asset, Release, SERVICE, cut, matching, temporary_name};
use crate::model::artifact::{Artifact, Delta};
use crate::model::endpoints::is_loopback;
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;
use crate::remote::http::call::Part;

/// GitHub takes files below this size, in bytes; at exactly this size it answers with a bare 500.
const LARGEST_ASSET: u64 = 2 << 30;
/// What needs no encoding in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The bytes of an asset: what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A file, read while it is sent.
    File(PathBuf),
    /// What was made in memory.
    Bytes(Bytes),
}

/// What came of one try to send an asset.
enum Sent {
    /// It is there.
    Done,
    /// It is not; this is why. Another try may help.
    Again(RemoteError),
    /// The release is gone: another job took it for a second one.
    Gone(RemoteError),
}

impl GithubWrite {
    /// Makes `content`, which is `artifact`, an asset of the tag's release or draft. What a failed upload left under its
    /// name is removed first.
    ///
    /// # Errors
    /// [`RemoteError::Conflict`] when other bytes have its name; else when GitHub refuses, or when it stays unknown
    /// whether the upload came about.
    pub(crate) async fn ensure_asset(
        &self,
        tag: &str,
        artifact: &Artifact,
        content: &Content,
    ) -> Result<(), RemoteError> {
        permit(artifact)?;
        let mut known = self.known.lock().await;
        // Whoever asks has looked and not seen it: a page that seems to hold it may be of a draft that is no longer the
        // tag's release.
        let seems_there =
            |page: &Page| page.assets.as_ref().is_some_and(|assets| matching(assets, artifact).is_some());
        if known.pages.get(tag).is_some_and(seems_there) {
            known.forget(tag);
        }
        let outcome = self.asset(&mut known, tag, artifact, content).await;
        if outcome.is_err() {
            known.forget(tag);
        }
        outcome
    }

    /// Stores the file in the tag's release, and with it all others of this writer if that is another release now.
    async fn asset(
        &self,
        known: &mut Known,
        tag: &str,
        artifact: &Artifact,
        content: &Content,
    ) -> Result<(), RemoteError> {
        self.place(known, tag, artifact, content).await?;
        let release_id = self.page(known, tag).await?.release.id;
        let stored = known.stored.entry(tag.to_owned()).or_default();
        if stored.files.is_empty() {
            stored.release_id = release_id;
        }
        stored.files.retain(|(other, _)| other.file_name != artifact.file_name);
        stored.files.push((artifact.clone(), content.clone()));
        if stored.release_id != release_id {
            self.follow(known, tag).await?;
        }
        self.drain(known, tag).await
    }

    /// Stores the file in what is the tag's release now.
    pub(super) async fn place(
        &self,
        known: &mut Known,
        tag: &str,
        artifact: &Artifact,
        content: &Content,
    ) -> Result<(), RemoteError> {
        let mut failures = 0;
        loop {
            let mut page = self.page(known, tag).await?;
            let sent = match self.is_there(&mut page, artifact).await {
                Ok(true) => Sent::Done,
                Ok(false) => self.send(&mut page, artifact, content).await?,
                Err(error) if is_absent(&error) => Sent::Gone(error),
                Err(error) => return Err(error),
            };
            let error = match sent {
                Sent::Done => {
                    known.pages.insert(tag.to_owned(), page);
                    return Ok(());
                }
                Sent::Again(error) | Sent::Gone(error) if self.stopping() => return Err(error),
                Sent::Again(error) => {
                    page.assets = Some(self.shown(&page, artifact, &error).await?);
                    known.pages.insert(tag.to_owned(), page);
                    error
                }
                Sent::Gone(error) => {
                    known.forget(tag);
                    error
                }
            };
            failures += 1;
            if failures >= SENDS {
                return Err(error);
            }
        }
    }

    /// The assets after a failed upload, given some time to show what it left: they may lag behind by 20 seconds.
    async fn shown(
        &self,
        page: &Page,
        artifact: &Artifact,
        error: &RemoteError,
    ) -> Result<Vec<Asset>, RemoteError> {
        let looks = match error {
            RemoteError::Unreachable { .. } | RemoteError::Digest { .. } => 1,
            error if error.is_ambiguous() => 2,
            _ => LOOKS,
        };
        let mut assets = Vec::new();
        for look in 1..=looks {
            let what = format!("GitHub to show what became of `{}`", artifact.file_name);
            self.read.api.http.pause(&what, backoff(look)).await;
            assets = self.read.assets(page.release.id).await?;
            if matching(&assets, artifact).is_some() || self.stopping() {
                break;
            }
        }
        Ok(assets)
    }

    /// Whether the page holds the artifact. What a failed upload left of it is removed; what waits under another name for
    /// its turn, because a run was cut off, gets its name.
    pub(super) async fn is_there(&self, page: &mut Page, artifact: &Artifact) -> Result<bool, RemoteError> {
        let assets = match page.assets.take() {
            Some(assets) => assets,
            None => self.read.assets(page.release.id).await?,
        };
        let assets = page.assets.insert(assets);
        loop {
            let Some(found) = matching(assets, artifact).cloned() else {
                let name = temporary_name(artifact);
                let is_it = |asset: &&Asset| asset.name == name && asset.uploaded;
                let Some(found) = assets.iter().find(is_it).cloned() else { return Ok(false) };
                if self.read.asset_digest(&found).await? != artifact.sha256 {
                    return Ok(false);
                }
                let waiting = found.id;
                let named = self.rename(waiting, artifact).await?;
                assets.retain(|asset| asset.id != waiting);
                assets.push(named);
                return Ok(true);
            };
            if !found.uploaded {
                let route = self.read.api.route(&["releases", "assets", &found.id.to_string()]);
                self.delete(&format!("removing what is left of `{}`", cut(&found.name)), &route).await?;
                assets.retain(|asset| asset.id != found.id);
                continue;
            }
            let theirs = match artifact.compare(found.remote_file().as_ref()) {
                Delta::Same => return Ok(true),
                Delta::Unproven => match self.read.asset_digest(&found).await? {
                    sha256 if sha256 == artifact.sha256 => return Ok(true),
                    sha256 => sha256.to_string(),
                },
                Delta::Differs | Delta::Missing => match found.sha256 {
                    Some(sha256) => sha256.to_string(),
                    None => format!("{} bytes", found.size_bytes),
                },
            };
            let file = artifact.file_name.to_string();
            return Err(RemoteError::Conflict { service: SERVICE, file, ours: artifact.sha256, theirs });
        }
    }

    /// Sends the artifact once. What was stored wrongly is removed again: it is ours, the answer named it.
    async fn send(
        &self,
        page: &mut Page,
        artifact: &Artifact,
        content: &Content,
    ) -> Result<Sent, RemoteError> {
        let address = address(&self.read.api, &page.release, artifact)?;
        let mut asset = match post(&self.read.api, address, artifact, content).await {
            Ok(asset) => asset,
            Err(error) if may_repeat(&error) || already_exists(&error) => return Ok(Sent::Again(error)),
            Err(error) if is_absent(&error) => {
                return match self.read.release(page.release.id).await {
                    // A draft that was just made may not be known everywhere yet.
                    Ok(_) => Ok(Sent::Again(error)),
                    Err(gone) if is_absent(&gone) => Ok(Sent::Gone(error)),
                    Err(_) => Err(error),
                };
            }
            Err(error) => return Err(error),
        };
        // Where no digest is stated, the bytes that are there prove it: the old file must not go for less.
        if asset.sha256.is_none() && asset.uploaded && asset.size_bytes == artifact.size_bytes {
            asset.sha256 = Some(self.read.asset_digest(&asset).await?);
        }
        let fault = match verify(&asset, artifact) {
            Err(fault) => fault,
            Ok(()) if asset.uploaded && asset.size_bytes == artifact.size_bytes => {
                page.assets.get_or_insert_default().push(asset);
                return Ok(Sent::Done);
            }
            Ok(()) => {
                let what = format!("uploading `{}`", artifact.file_name);
                let found = format!("{} of {} bytes stored", asset.size_bytes, artifact.size_bytes);
                self.read.api.unexpected(&what, "the whole file", found)
            }
        };
        let route = self.read.api.route(&["releases", "assets", &asset.id.to_string()]);
        self.delete(&format!("removing the damaged `{}`", cut(&asset.name)), &route).await?;
        Ok(Sent::Again(fault))
    }
}

/// Refuses what GitHub would refuse after all bytes were sent.
pub(super) fn permit(artifact: &Artifact) -> Result<(), RemoteError> {
    let (fault, hint) = match artifact.size_bytes {
        0 => ("is empty, and GitHub takes no empty file", "should it be part of the release?"),
        size if size >= LARGEST_ASSET => {
            ("has 2 GiB or more, and GitHub takes no such file", "can it be compressed, or split?")
        }
        _ => return Ok(()),
    };
    Err(RemoteError::Missing { what: format!("`{}` {fault}", artifact.file_name), hint: hint.to_owned() })
}

/// Sends the file once, to an [`address`].
async fn post(api: &Api, address: Url, artifact: &Artifact, content: &Content) -> Result<Asset, RemoteError> {
    let what = format!("uploading `{}`", artifact.file_name);
    let Artifact { size_bytes, sha256, .. } = artifact;
    let part = match content {
        Content::File(path) => Part::File { path: path.clone(), size_bytes: *size_bytes, sha256: *sha256 },
        Content::Bytes(bytes) => Part::Bytes(bytes.clone()),
    };
    let call = api
        .post(what.clone(), address)
        .header("content-type", "application/octet-stream")
        .carrying(vec![part]);
    let answer = send_patiently(&api.http, &api.pacer, &call).await?;
    match answer.status {
        201 => Ok(answer.json::<AssetWire>("the new asset as JSON")?.into()),
        200..=299 => {
            let kind = if answer.is_page() { "a page of HTML" } else { "something else" };
            let found = format!("{kind} (status {})", answer.status);
            Err(api.unexpected(&what, "the new asset (status 201)", found))
        }
        _ => Err(Refusal::of_answer(&answer, &Method::POST).into_error()),
    }
}

/// Whether the asset holds what was sent, as far as the answer tells.
fn verify(asset: &Asset, artifact: &Artifact) -> Result<(), RemoteError> {
    match asset.sha256 {
        Some(found) if found != artifact.sha256 => Err(RemoteError::Digest {
            service: SERVICE,
            file: artifact.file_name.to_string(),
            expected: artifact.sha256,
            found,
        }),
        _ => Ok(()),
    }
}

/// Where to send an asset: the release's own address, which is a URI template (RFC 6570), with name and label. The
/// label keeps a name that GitHub would rewrite.
fn address(api: &Api, release: &Release, artifact: &Artifact) -> Result<Url, RemoteError> {
    let base = release.upload_url.split('{').next().unwrap_or_default();
    let mut url =
        Url::parse(base).ok().filter(|url| may_have_token(url, api.endpoint.url())).ok_or_else(|| {
            RemoteError::Missing {
                what: format!(
                    "GitHub gives no address that a token may be sent to for uploads: `{}`",
                    shown(base)
                ),
                hint: "is `GITHUB_API_URL` the address of GitHub itself?".to_owned(),
            }
        })?;
    let file_name = artifact.file_name.as_str();
    let name = utf8_percent_encode(file_name, PLAIN);
    let label = if is_kept(file_name) { String::new() } else { format!("&label={name}") };
    url.set_query(Some(&format!("name={name}{label}")));
    Ok(url)
}

/// Whether the token may go to `url`, which the service behind `api` gave: to the same host or to the one that is
/// called like it and takes uploads; encrypted, or never off this machine.
fn may_have_token(url: &Url, api: &Url) -> bool {
    let bare = url.username().is_empty() && url.password().is_none();
    let is_local = url.scheme() == "http" && is_loopback(url) && is_loopback(api);
    let (host, home) = (url.host_str().unwrap_or_default(), api.host_str().unwrap_or_default());
    let uploads = host.strip_prefix("uploads.");
    let is_home =
        host == home || uploads.is_some_and(|rest| rest == home || Some(rest) == home.strip_prefix("api."));
    let same_port = url.port_or_known_default() == api.port_or_known_default();
    bare && (is_local || (url.scheme() == "https" && is_home && same_port))
}

/// An address that a server made up, without what may be a credential in it.
fn shown(url: &str) -> String {
    url.rsplit('@')
        .next()
        .unwrap_or_default()
        .split('?')
        .next()
        .unwrap_or_default()
        .chars()
        .take(120)
        .collect()
}

/// Whether GitHub certainly keeps the name as it is. How it rewrites others is not documented.
pub(super) fn is_kept(file_name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    file_name.chars().all(plain) && !file_name.starts_with('.') && !file_name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_to_the_service_and_its_host_for_uploads_only() {
        let may = |url: &str, api: &str| {
            let [url, api] = [url, api].map(|text| text.parse::<Url>().expect("good"));
            may_have_token(&url, &api)
        };
        for (url, api) in [
            ("https://uploads.host.invalid/repos/o/r/releases/1/assets", "https://api.host.invalid/"),
            ("https://host.invalid/api/uploads/x", "https://host.invalid/api/v3"),
            ("https://uploads.host.invalid/x", "https://host.invalid/api/v3"),
            ("https://host.invalid:8443/x", "https://host.invalid:8443/api/v3"),
            ("http://127.0.0.1:2/x", "http://127.0.0.1:1/"),
        ] {
            assert!(may(url, api), "{url} of {api}");
        }
        for (url, api) in [
            ("https://uploads.other.invalid/", "https://api.host.invalid/"),
            ("https://uploads.api.host.invalid.other.invalid/", "https://api.host.invalid/"),
            ("https://api.host.invalid:444/", "https://api.host.invalid/"),
            ("http://api.host.invalid/", "https://api.host.invalid/"),
            ("http://127.0.0.1/", "https://api.host.invalid/"),
            ("https://other.invalid/", "http://127.0.0.1:1/"),
            ("https://me:secret@api.host.invalid/", "https://api.host.invalid/"),
        ] {
            assert!(!may(url, api), "{url} of {api}");
        }
    }
}
