//! Where a tag would be made, and where people find what is on a page.

use super::read::GithubRead;
use super::wire::PointerWire;
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;

impl GithubRead {
    /// The commit that the branch `name` is at; `None` if there is no such branch.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn branch_commit(&self, name: &str) -> Result<Option<CommitSha>, RemoteError> {
        let what = format!("looking up the branch `{name}`");
        let segments: Vec<&str> = ["git", "ref", "heads"].into_iter().chain(name.split('/')).collect();
        let found = self.api.find::<PointerWire>(&what, &self.api.route(&segments)).await?;
        let full_name = format!("refs/heads/{name}");
        match found.filter(|found| found.name.as_ref() == Some(&full_name)) {
            Some(pointer) => Ok(Some(pointer.object.sha)),
            None => self.require_repository().await.map(|()| None),
        }
    }

    /// The address of a page of the repository, for people. The API of GitHub itself is at `api.` and the pages' host;
    /// that of a server of one's own is below its pages.
    pub(crate) fn web_page(&self, segments: &[&str]) -> String {
        let mut url = self.api.endpoint.url().clone();
        let path = url.path().trim_end_matches('/');
        let below = path.strip_suffix("/api/v3").unwrap_or(path).to_owned();
        let host = url.host_str().and_then(|host| host.strip_prefix("api.")).map(str::to_owned);
        url.set_path(&below);
        if let Some(host) = host.filter(|_| below.is_empty()) {
            url.set_host(Some(&host)).expect("the end of a host's name is one");
        }
        let all = [self.api.repository.owner(), self.api.repository.name()];
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(all).extend(segments);
        }
        url.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::reader_at;

    #[test]
    fn pages_are_beside_the_api() {
        for (api, page) in [
            ("https://api.example.org", "https://example.org/o/r/releases/download/v1/a%20b"),
            ("https://api.sub.example.org/", "https://sub.example.org/o/r/releases/download/v1/a%20b"),
            ("https://example.org/api/v3", "https://example.org/o/r/releases/download/v1/a%20b"),
            ("https://example.org/api/v3/", "https://example.org/o/r/releases/download/v1/a%20b"),
            ("http://127.0.0.1:9/", "http://127.0.0.1:9/o/r/releases/download/v1/a%20b"),
        ] {
            assert_eq!(reader_at(api).web_page(&["releases", "download", "v1", "a b"]), page);
        }
    }
}
