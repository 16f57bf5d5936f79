//! Reading the simple index.

use crate::model::digest::Sha256;
use crate::model::endpoints::Endpoint;
use crate::model::name::PackageName;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::pypi::IndexFile;

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

    /// The files of `project`; none when the index does not know it.
    ///
    /// # Errors
    /// When the index cannot be asked, or answers with something that is no index page.
    pub(crate) async fn files(&self, project: &PackageName) -> Result<Vec<IndexFile>, RemoteError> {
        let _ = (project, &self.http, &self.index, &self.basic);
        unimplemented!()
    }

    /// Fetches a file and hashes it, for an index that states no digest.
    ///
    /// # Errors
    /// When the file cannot be fetched.
    pub(crate) async fn digest(&self, file: &IndexFile) -> Result<Sha256, RemoteError> {
        let _ = file;
        unimplemented!()
    }
}
