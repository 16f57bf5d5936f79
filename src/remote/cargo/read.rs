//! Reading the sparse index.

use std::sync::Arc;

use tokio::sync::OnceCell;
use url::Url;

use super::wire::{self, Config};
use super::{IndexedVersion, SERVICE};
use crate::model::crate_name::CrateName;
use crate::model::endpoints::{CRATES_IO_API, CRATES_IO_INDEX, Endpoint, is_loopback};
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::answer::Answer;
use crate::remote::http::call::Call;

/// The largest file on crates.io has some megabytes. A registry that sends more would fill our memory.
const FILE_LIMIT_BYTES: u64 = 32 << 20;
/// Three addresses and a flag.
const CONFIG_LIMIT_BYTES: u64 = 64 << 10;
/// What the API's own hint does not know: who may read.
const READERS: &str =
    "does this registry want a token from readers too? give it in `credentials`, as cargo sends it";

/// Reads an index. The credential is shown to the index alone, and only where the index asks readers for one.
#[derive(Clone, Debug)]
pub(crate) struct CargoRead {
    http: Http,
    index: Endpoint,
    credential: Option<Secret<String>>,
    config: Arc<OnceCell<Asked>>,
}

/// `config.json`, and whether it took a credential to see it.
#[derive(Debug)]
struct Asked {
    config: Config,
    by_credential: bool,
}

impl CargoRead {
    /// A reader of the sparse index at `index`; `credential` is what cargo would send as `Authorization`.
    pub(crate) fn new(http: Http, index: Endpoint, credential: Option<Secret<String>>) -> Self {
        Self { http, index, credential, config: Arc::default() }
    }

    /// The index that is read.
    pub(crate) const fn index(&self) -> &Endpoint {
        &self.index
    }

    /// The versions of `krate`, yanked ones too; none when the index does not know it.
    ///
    /// # Errors
    /// When the index cannot be asked, or answers with something that is no file about this crate. A redirect to
    /// another host is such an answer: what is over there is not what this registry holds.
    pub(crate) async fn versions(&self, krate: &CrateName) -> Result<Vec<IndexedVersion>, RemoteError> {
        // Only who could answer the question has to know whether it will be asked.
        let with_credential = match &self.credential {
            Some(_) => {
                let Asked { config, by_credential } = self.config().await?;
                config.auth_required || *by_credential
            }
            None => false,
        };
        let what = format!("listing the versions of `{krate}`");
        let path = path(krate);
        let segments: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut call = Call::get(SERVICE, what, self.index.join(&segments))
            .header("accept", "text/plain, application/json;q=0.9")
            // What was just published is not in anybody's cache.
            .header("cache-control", "no-cache")
            .at_home()
            .limit(FILE_LIMIT_BYTES);
        if let Some(credential) = self.credential.as_ref().filter(|_| with_credential) {
            call = call.authorized(credential.expose().clone());
        }
        let answer = self.http.get(&call).await?;
        match answer.status {
            // What a sparse index says of a crate that it does not have, by cargo's own reading.
            404 | 410 | 451 => Ok(Vec::new()),
            401 | 403 => Err(answer.error(Some(READERS.into()))),
            _ => listed(&answer.success()?, krate),
        }
    }

    /// Where the registry takes publications.
    ///
    /// # Errors
    /// When `config.json` cannot be had, names no API, or names one that is not this registry's own: whoever can write
    /// that file must not choose who gets the credential.
    pub(crate) async fn api(&self) -> Result<Endpoint, RemoteError> {
        self.named(&self.config().await?.config)
    }

    /// The same without a question: `None` when it was not asked for before.
    pub(super) fn known_api(&self) -> Option<Endpoint> {
        self.named(&self.config.get()?.config).ok()
    }

    fn named(&self, config: &Config) -> Result<Endpoint, RemoteError> {
        let host = self.index.authority();
        let Some(api) = config.api.as_deref().filter(|api| !api.is_empty()) else {
            return Err(RemoteError::Missing {
                what: format!("the crate registry at `{host}` names no API: nothing can be published there"),
                hint: "is it a mirror? give the index of the registry itself".into(),
            });
        };
        let api: Endpoint = api.parse().map_err(|error| RemoteError::Missing {
            what: format!("the crate registry at `{host}` names an API that nothing is sent to: {error}"),
            hint: "whoever runs the registry can correct `api` in the index's `config.json`".into(),
        })?;
        if belongs(&self.index, &api) {
            return Ok(api);
        }
        Err(RemoteError::Missing {
            what: format!(
                "the crate registry at `{host}` says that its API is at `{}`, which is another's: no credential is \
                 sent there",
                api.authority()
            ),
            hint: "is this the right index? an API has the host of its index, or one below it".into(),
        })
    }

    async fn config(&self) -> Result<&Asked, RemoteError> {
        self.config.get_or_try_init(|| self.ask_config()).await
    }

    async fn ask_config(&self) -> Result<Asked, RemoteError> {
        let call = Call::get(SERVICE, "reading its `config.json`", self.index.join(&["config.json"]))
            .header("accept", "application/json")
            .header("cache-control", "no-cache")
            .at_home()
            .limit(CONFIG_LIMIT_BYTES);
        let answer = self.http.get(&call).await?;
        let (answer, by_credential) = match (&self.credential, answer.status) {
            (Some(credential), 401) => {
                (self.http.get(&call.authorized(credential.expose().clone())).await?, true)
            }
            _ => (answer, false),
        };
        match answer.status {
            200..=299 => {}
            401 | 403 => return Err(answer.error(Some(READERS.into()))),
            404 => {
                return Err(answer.error(Some("is this the address of a sparse index?".into())));
            }
            _ => return Err(answer.error(None)),
        }
        let config = answer.json("the `config.json` of a sparse index")?;
        Ok(Asked { config, by_credential })
    }
}

fn listed(answer: &Answer, krate: &CrateName) -> Result<Vec<IndexedVersion>, RemoteError> {
    const EXPECTED: &str = "an index file";
    if answer.is_page() {
        return Err(answer.unexpected(EXPECTED, "a page of HTML"));
    }
    wire::versions(&answer.body, krate).map_err(|found| answer.unexpected(EXPECTED, found))
}

/// Where the index keeps what it knows of `krate`: in folders by the name's first characters, all in lower case.
fn path(krate: &CrateName) -> Vec<String> {
    let name = krate.written().to_ascii_lowercase();
    let mut path = match name.len() {
        length @ (1 | 2) => vec![length.to_string()],
        3 => vec!["3".to_owned(), name[..1].to_owned()],
        _ => vec![name[..2].to_owned(), name[2..4].to_owned()],
    };
    path.push(name);
    path
}

/// Whether the API is the one of this index. Whoever can write `config.json`, perhaps on a store of files only, does
/// not thereby become the one whom the credential was meant for.
fn belongs(index: &Endpoint, api: &Endpoint) -> bool {
    let known = |text: &str| text.parse::<Endpoint>().expect("the table holds good addresses");
    let (index, api) = (index.url(), api.url());
    if index.origin() == known(CRATES_IO_INDEX).url().origin() {
        return api.origin() == known(CRATES_IO_API).url().origin();
    }
    if is_loopback(index) || is_loopback(api) {
        return is_loopback(index) && is_loopback(api);
    }
    is_near(index, api)
}

/// The same host, or one below it. One above or beside may be somebody else's, wherever names are given to everybody.
fn is_near(index: &Url, api: &Url) -> bool {
    let (Some(url::Host::Domain(index)), Some(url::Host::Domain(api))) = (index.host(), api.host()) else {
        return index.host() == api.host();
    };
    // A domain of one label is a registry of names: everybody is below it.
    let is_below = || index.contains('.') && api.strip_suffix(index).is_some_and(|rest| rest.ends_with('.'));
    api == index || is_below()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_follow_the_length_of_the_name() {
        let at = |name: &str| path(&name.parse().expect("good")).join("/");
        for (name, expected) in [
            ("a", "1/a"),
            ("Ab", "2/ab"),
            ("aBc", "3/a/abc"),
            ("abcd", "ab/cd/abcd"),
            ("Serde_Json", "se/rd/serde_json"),
            ("x-y-z", "x-/y-/x-y-z"),
        ] {
            assert_eq!(at(name), expected);
        }
    }

    #[test]
    fn an_index_names_an_api_of_its_own_or_none() {
        let belongs =
            |index: &str, api: &str| belongs(&index.parse().expect("good"), &api.parse().expect("good"));
        for (index, api) in [
            (CRATES_IO_INDEX, CRATES_IO_API),
            ("https://crates.example.org/index/", "https://crates.example.org:8443/x"),
            ("https://example.org/", "https://api.example.org/"),
            ("https://registry/", "https://registry:8443/"),
            ("http://127.0.0.1:1/", "http://localhost:2/"),
            ("https://192.0.2.1/", "https://192.0.2.1:2/"),
        ] {
            assert!(belongs(index, api), "{index} {api}");
        }
        for (index, api) in [
            (CRATES_IO_INDEX, CRATES_IO_INDEX),
            (CRATES_IO_INDEX, "https://crates.io.example.org/"),
            ("https://index.example.org/", "https://example.org/"),
            ("https://index.example.org/", "https://api.example.org/"),
            ("https://ours.pages.example/", "https://theirs.pages.example/"),
            ("https://registry/", "https://evil.registry/"),
            ("https://index.example.org/", "https://example.com/"),
            ("https://index.example.org/", "https://evilexample.org/"),
            ("https://example.org/", "https://evil.org/"),
            ("https://example.org/", "http://127.0.0.1:1/"),
            ("http://127.0.0.1:1/", "https://example.org/"),
            ("https://192.0.2.1/", "https://192.0.2.2/"),
        ] {
            assert!(!belongs(index, api), "{index} {api}");
        }
    }
}
