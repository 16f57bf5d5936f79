//! What is released already.

use super::Release;
use super::read::GithubRead;
use super::wire::ReleaseWire;
use crate::remote::error::RemoteError;

impl GithubRead {
    /// The release that is shown as the latest one; `None` where nothing stable is published.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn latest_release(&self) -> Result<Option<Release>, RemoteError> {
        self.published("looking up the latest release", &["releases", "latest"]).await
    }

    /// The published release of a tag, which may be immutable. Drafts do not show here, and a release that was
    /// published a moment ago may not either: nothing may be made because this finds nothing.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn release_by_tag(&self, tag: &str) -> Result<Option<Release>, RemoteError> {
        let what = format!("looking for a release of `{tag}`");
        let segments: Vec<&str> = ["releases", "tags"].into_iter().chain(tag.split('/')).collect();
        let found = self.published(&what, &segments).await?;
        Ok(found.filter(|release| release.tag_name == tag && !release.draft))
    }

    async fn published(&self, what: &str, segments: &[&str]) -> Result<Option<Release>, RemoteError> {
        match self.api.find::<ReleaseWire>(what, &self.api.route(segments)).await? {
            Some(release) => Ok(Some(release.into())),
            None => self.require_repository().await.map(|()| None),
        }
    }
}
