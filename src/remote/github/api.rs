//! The JSON side of GitHub's interface: one request, or all pages of a list.
//!
//! Lists are paged here and not by octocrab: its reader of `Link` prints what it does not know, as it came, to
//! standard error, where the runner takes commands from.

use hyper::http::request::Builder;
use octocrab::{AuthState, FromResponse as _, Octocrab, OctocrabBuilder, secrecy::SecretString};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::link::next_route;
use super::pacer::Pacer;
use super::refusal::{Refusal, is_absent};
use super::transport::{ACCEPT_JSON, API_VERSION, Transport, What, unusable};
use super::{SERVICE, cut};
use crate::model::endpoints::Endpoint;
use crate::model::revision::Repository;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::call::Call;

/// How many pages are read of one list at most, so that no service can keep us for ever.
const PAGES: usize = 400;

/// One repository behind one API.
#[derive(Clone, Debug)]
pub(super) struct Api {
    /// The client, also for bytes.
    pub(super) http: Http,
    /// Where the API is.
    pub(super) endpoint: Endpoint,
    /// Whose releases these are.
    pub(super) repository: Repository,
    /// Who gives writes their turn.
    pub(super) pacer: Pacer,
    token: Option<Secret<String>>,
}

/// A list: where it is, under which key, and how much of it is wanted.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// What it is, for messages.
    pub(super) what: String,
    /// Its first page.
    pub(super) route: String,
    /// The key that holds the items, where the answer is an object.
    pub(super) key: Option<&'static str>,
    /// No more than so many items.
    pub(super) limit: usize,
}

impl Api {
    pub(super) fn new(
        http: Http,
        endpoint: Endpoint,
        repository: Repository,
        token: Option<Secret<String>>,
    ) -> Self {
        Self { http, endpoint, repository, pacer: Pacer::default(), token }
    }

    /// The route of something in the repository, each segment percent-encoded.
    pub(super) fn route(&self, segments: &[&str]) -> String {
        let base = self.endpoint.join(&[]);
        let all = ["repos", self.repository.owner(), self.repository.name()];
        let whole = self.endpoint.join(&[&all, segments].concat());
        let prefix = base.path().trim_end_matches('/').len();
        whole.path()[prefix..].to_owned()
    }

    /// A look-up of bytes.
    pub(super) fn bytes(&self, what: String, segments: &[&str], accept: &str) -> Call {
        let all = ["repos", self.repository.owner(), self.repository.name()];
        let call = Call::get(SERVICE, what, self.endpoint.join(&[&all, segments].concat()));
        self.signed(call.header("accept", accept).header("x-github-api-version", API_VERSION))
    }

    /// A request for an address that GitHub gave us for sending bytes to.
    pub(super) fn post(&self, what: String, url: url::Url) -> Call {
        let call = Call::new(Method::POST, SERVICE, what, url).header("accept", ACCEPT_JSON);
        self.signed(call.header("x-github-api-version", API_VERSION))
    }

    fn signed(&self, call: Call) -> Call {
        match &self.token {
            Some(token) => call.bearer(token),
            None => call,
        }
    }

    /// Looks one thing up.
    pub(super) async fn get<T: DeserializeOwned>(&self, what: &str, route: &str) -> Result<T, RemoteError> {
        let (_, value) = self.exchange(what, Method::GET, route, None).await?;
        self.read(what, value)
    }

    /// Looks one thing up that may not be there.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
    ) -> Result<Option<T>, RemoteError> {
        match self.get(what, route).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes something, once.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        what: &str,
        method: Method,
        route: &str,
        body: &Value,
    ) -> Result<T, RemoteError> {
        let (_, value) = self.exchange(what, method, route, Some(body)).await?;
        self.read(what, value)
    }

    /// Deletes something, once.
    pub(super) async fn delete(&self, what: &str, route: &str) -> Result<(), RemoteError> {
        self.exchange(what, Method::DELETE, route, None).await.map(|_| ())
    }

    /// Reads a list, page after page.
    pub(super) async fn list<T: DeserializeOwned>(&self, list: &List) -> Result<Vec<T>, RemoteError> {
        let List { what, route, key, limit } = list;
        let separator = if route.contains('?') { '&' } else { '?' };
        self.pages(what, format!("{route}{separator}per_page=100"), *key, *limit).await
    }

    /// Reads a list whose pages have the size that GitHub gives them, if it has pages at all.
    pub(super) async fn list_unsized<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        limit: usize,
    ) -> Result<Vec<T>, RemoteError> {
        self.pages(what, route.to_owned(), None, limit).await
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        what: &str,
        mut route: String,
        key: Option<&str>,
        limit: usize,
    ) -> Result<Vec<T>, RemoteError> {
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let (headers, mut value) = self.exchange(what, Method::GET, &route, None).await?;
            if let Some(key) = key {
                value = value.get_mut(key).map(Value::take).unwrap_or_default();
            }
            items.append(&mut self.read::<Vec<T>>(what, value)?);
            let links = headers.get_all("link").iter().filter_map(|link| link.to_str().ok());
            let next = links.map(|link| next_route(link, &self.endpoint)).find_map(Result::transpose);
            match next.transpose() {
                Ok(Some(next)) if items.len() < limit => route = next,
                Ok(_) => break,
                Err(found) => return Err(self.unexpected(what, "a further page of the same list", found)),
            }
        }
        items.truncate(limit);
        Ok(items)
    }

    /// One exchange through octocrab. An answer without a body is `null`.
    async fn exchange(
        &self,
        what: &str,
        method: Method,
        route: &str,
        body: Option<&Value>,
    ) -> Result<(HeaderMap, Value), RemoteError> {
        let octocrab = self.octocrab();
        let builder = Builder::new().method(method.clone()).uri(route).extension(What(what.to_owned()));
        let outcome = async {
            let request = octocrab.build_request(builder, body)?;
            let response = octocrab::map_github_error(octocrab.execute(request).await?).await?;
            let headers = response.headers().clone();
            let value =
                if response.status() == 204 { Value::Null } else { Value::from_response(response).await? };
            Ok((headers, value))
        };
        outcome.await.map_err(|error| self.translate(what, method, error))
    }

    /// A client for one exchange. It costs little, and it is bound to the runtime that it was made in, which a reader
    /// should not be; the connections are kept below it.
    fn octocrab(&self) -> Octocrab {
        let (http, api, pacer) = (self.http.clone(), self.endpoint.clone(), self.pacer.clone());
        let transport = Transport { http, api, pacer };
        let auth = match &self.token {
            Some(token) => AuthState::AccessToken { token: SecretString::from(token.expose().clone()) },
            None => AuthState::None,
        };
        match OctocrabBuilder::new_empty().with_service(transport).with_auth(auth).build() {
            Ok(octocrab) => octocrab,
            Err(never) => match never {},
        }
    }

    fn translate(&self, what: &str, method: Method, error: octocrab::Error) -> RemoteError {
        match error {
            octocrab::Error::Service { source, .. } => match source.downcast::<RemoteError>() {
                Ok(error) => *error,
                Err(_) => unusable(what, "the client is closed"),
            },
            octocrab::Error::GitHub { source, .. } => {
                let said = *source;
                let refusal = Refusal {
                    what: what.to_owned(),
                    method,
                    status: said.status_code.as_u16(),
                    message: said.message,
                    errors: said.errors.unwrap_or_default(),
                    headers: said.headers.unwrap_or_default(),
                };
                refusal.into_error()
            }
            octocrab::Error::Json { source, .. } => {
                self.unexpected(what, "JSON", source.into_inner().to_string())
            }
            octocrab::Error::Http { .. } | octocrab::Error::InvalidHeaderValue { .. } => {
                unusable(what, "the token or the address holds characters that no request may carry")
            }
            _ => unusable(what, "the request cannot be written down"),
        }
    }

    fn read<T: DeserializeOwned>(&self, what: &str, value: Value) -> Result<T, RemoteError> {
        serde_json::from_value(value)
            .map_err(|error| self.unexpected(what, "GitHub's published interface", error.to_string()))
    }

    /// An answer that breaks GitHub's own rules.
    pub(super) fn unexpected(&self, what: &str, expected: &'static str, found: String) -> RemoteError {
        RemoteError::Unexpected {
            service: SERVICE,
            host: self.endpoint.authority().to_owned(),
            what: what.to_owned(),
            expected,
            found: cut(&found),
        }
    }
}
