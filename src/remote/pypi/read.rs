//! Reading the simple index.

use super::{IndexFile, SERVICE, html, wire};
use crate::model::digest::Sha256;
use crate::model::endpoints::Endpoint;
use crate::model::name::PackageName;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::answer::Answer;
use crate::remote::http::call::Call;

/// JSON where the server has it; some have HTML only.
const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// Reads an index. Holds no credential that could write unless the index asks readers for one.
#[derive(Clone, Debug)]
pub(crate) struct IndexRead {
    http: Http,
    index: Endpoint,
    basic: Option<(String, Secret<String>)>,
}

impl IndexRead {
    /// A reader of the simple index at `index`; `basic` is the user and password of an index that is not public.
    pub(crate) const fn new(http: Http, index: Endpoint, basic: Option<(String, Secret<String>)>) -> Self {
        Self { http, index, basic }
    }

    /// The user and password that it shows the index, where that is not public.
    pub(crate) const fn login(&self) -> Option<&(String, Secret<String>)> {
        self.basic.as_ref()
    }

    /// The files of `project`; none when the index does not know it.
    ///
    /// # Errors
    /// When the index cannot be asked, or answers with something that is no index page. A redirect to another host
    /// is such an answer: some indexes send everybody on who asks for a project that they do not have, and the files
    /// over there are not the files here.
    pub(crate) async fn files(&self, project: &PackageName) -> Result<Vec<IndexFile>, RemoteError> {
        let url = self.index.join(&[project.normal(), ""]);
        let call = Call::get(SERVICE, format!("listing the files of `{}`", project.normal()), url)
            .header("accept", ACCEPT)
            // The file that was just uploaded is not in anybody's cache.
            .header("cache-control", "no-cache")
            .at_home();
        let answer = self.http.get(&self.with_credentials(call)).await?;
        match answer.status {
            404 => Ok(Vec::new()),
            401 | 403 => {
                Err(answer.error(Some("does this index want a user name and password from readers?".into())))
            }
            _ => listed(&answer.success()?, project),
        }
    }

    /// Fetches a file and hashes it, for an index that states no digest.
    ///
    /// # Errors
    /// When the file cannot be fetched, or an encrypted page names a plain address: whoever wrote the page does not
    /// choose what we ask of this machine's own services.
    pub(crate) async fn digest(&self, file: &IndexFile) -> Result<Sha256, RemoteError> {
        let IndexFile { file: stated, url, yanked: _, requires_python: _, provenance: _ } = file;
        let name: String = stated.file_name.chars().take(255).collect();
        let what = format!("fetching `{name}`");
        if self.index.url().scheme() == "https" && url.scheme() != "https" {
            let (host, found) = (self.index.authority().to_owned(), "a plain one".to_owned());
            let expected = "an encrypted address of the file";
            return Err(RemoteError::Unexpected { service: SERVICE, host, what, expected, found });
        }
        let mut call = Call::get(SERVICE, what, url.clone()).header("cache-control", "no-cache");
        if url.origin() == self.index.url().origin() {
            call = self.with_credentials(call);
        }
        if let Some(size_bytes) = stated.size_bytes {
            call = call.limit(size_bytes);
        }
        Ok(self.http.download(&call).await?.sha256)
    }

    fn with_credentials(&self, call: Call) -> Call {
        match &self.basic {
            Some((user, password)) => call.basic(user, password),
            None => call,
        }
    }
}

fn listed(answer: &Answer, project: &PackageName) -> Result<Vec<IndexFile>, RemoteError> {
    let content_type = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_json = if content_type.contains("json") {
        true
    } else if content_type.contains("html") {
        false
    } else {
        answer.body.trim_ascii_start().starts_with(b"{")
    };
    let files = if is_json && !answer.is_page() {
        wire::files(&answer.body, &answer.url)
    } else {
        html::files(&String::from_utf8_lossy(&answer.body), &answer.url, project)
    };
    files.map_err(|found| answer.unexpected("an index page", found))
}
