//! Every public address the product knows, and the rule for the addresses that users give.
//!
//! This is the one place where a public service's address is written.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::name::PackageName;
use super::version::Version;

/// GitHub's REST API.
pub const GITHUB_API: &str = "https://api.github.com";
/// GitHub's web pages, for links in messages.
pub const GITHUB_SERVER: &str = "https://github.com";
/// The issuer of the identity tokens that GitHub gives to workflow runs.
pub const GITHUB_OIDC_ISSUER: &str = "https://token.actions.githubusercontent.com";
/// PyPI's upload endpoint (legacy API).
pub const PYPI_UPLOAD: &str = "https://upload.pypi.org/legacy/";
/// PyPI's simple index.
pub const PYPI_INDEX: &str = "https://pypi.org/simple/";
/// TestPyPI's upload endpoint (legacy API).
pub const TEST_PYPI_UPLOAD: &str = "https://test.pypi.org/legacy/";
/// TestPyPI's simple index.
pub const TEST_PYPI_INDEX: &str = "https://test.pypi.org/simple/";

/// The kind of attestation that says no more than who published a file (PEP 740). It names, it is not asked.
pub const PUBLISH_PREDICATE: &str = "https://docs.pypi.org/attestations/publish/v1";
/// The kind of attestation that says how a file was built.
pub const SLSA_PROVENANCE_PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// The format of what an attestation states.
pub const IN_TOTO_STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// The sparse index of crates.io, whose `config.json` tells where its API is.
pub const CRATES_IO_INDEX: &str = "https://index.crates.io/";
/// crates.io's web API: the one that its index may name.
pub const CRATES_IO_API: &str = "https://crates.io/";
/// What `Cargo.toml` files and the publish API call crates.io's index, whichever protocol is spoken.
pub const CRATES_IO_GIT_INDEX: &str = "https://github.com/rust-lang/crates.io-index";

/// Whom identity tokens are for that public services take, with the upload endpoint of the one service that may ask for
/// such a token. Where there is none, it is taken by a service that nothing is uploaded to by way of an index.
const AUDIENCES: [(&str, Option<&str>); 4] = [
    ("pypi", Some(PYPI_UPLOAD)),
    ("testpypi", Some(TEST_PYPI_UPLOAD)),
    ("crates.io", None),
    ("sigstore", None),
];

/// The base address of a service: `https`, or `http` on this machine's loopback; no credentials in it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(Url);

/// Why a text is no address that we would talk to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum EndpointError {
    #[error("`{text}` is no address of the form `https://host/path`")]
    NoUrl { text: String },
    #[error("`{text}` is not encrypted: plain `http` is for loopback addresses only")]
    Plain { text: String },
    #[error("the address of `{host}` carries a user name or password: give credentials by their own inputs")]
    Credentials { host: String },
    #[error("`{text}` has a query or fragment: give the bare address of the service")]
    Query { text: String },
}

impl Endpoint {
    /// The address as the URL library's type.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// The host and, where it is not the scheme's own, the port.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// The address with `segments` added to its path, each percent-encoded.
    pub fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        url.path_segments_mut().expect("http addresses have a path").pop_if_empty().extend(segments);
        url
    }

    /// The page on which the owners of a project manage one release of it, on the site whose simple index this is:
    /// PyPI's or TestPyPI's, or one that stands for them.
    pub fn release_management(&self, project: &PackageName, version: &Version) -> Url {
        let mut url = self.0.clone();
        url.set_path("/");
        let version = version.to_string();
        let segments = ["manage", "project", project.normal(), "release", &version, ""];
        url.path_segments_mut().expect("http addresses have a path").pop_if_empty().extend(segments);
        url
    }

    /// Whether the index behind this upload endpoint may ask for an identity token that is for `audience`: not where
    /// another service, which is known, would take it. What stands for a service on loopback may ask for its tokens.
    pub fn may_ask_for(&self, audience: &str) -> bool {
        let known = AUDIENCES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(audience.trim()));
        let Some((_, upload)) = known else { return true };
        let theirs = upload.map(|upload| Url::parse(upload).expect("the table holds good addresses"));
        is_loopback(&self.0) || theirs.is_some_and(|theirs| theirs.origin() == self.0.origin())
    }

    /// The index that belongs to this upload endpoint, where that is known: PyPI's and TestPyPI's.
    pub fn known_index(&self) -> Option<Self> {
        let given = self.0.as_str().trim_end_matches('/');
        [(PYPI_UPLOAD, PYPI_INDEX), (TEST_PYPI_UPLOAD, TEST_PYPI_INDEX)]
            .into_iter()
            .find(|(upload, _)| upload.trim_end_matches('/') == given)
            .map(|(_, index)| index.parse().expect("the table holds good addresses"))
    }
}

/// Whether `url` names this machine by a loopback address or by `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let owned = || shown(text);
        let url = Url::parse(text.trim())
            .ok()
            .filter(Url::has_host)
            .ok_or_else(|| EndpointError::NoUrl { text: owned() })?;
        // Credentials are looked for first: every other message repeats the text.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials {
                host: url.authority().rsplit('@').next().unwrap_or_default().to_owned(),
            });
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(EndpointError::Plain { text: owned() }),
            _ => return Err(EndpointError::NoUrl { text: owned() }),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::Query { text: owned() });
        }
        Ok(Self(url))
    }
}

/// As much of an address as a message may repeat: no query, no fragment, and nothing before an `@`, since that is
/// where credentials stand, also in what is no address at all.
fn shown(text: &str) -> String {
    let bare = text.trim().split(['?', '#']).next().unwrap_or_default();
    let bare = bare.rsplit_once('@').map_or_else(|| bare.to_owned(), |(_, host)| format!("***@{host}"));
    bare.chars().take(200).collect()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in ["http://127.0.0.1:8080/legacy/", "http://localhost:1/", "http://[::1]:9/x", GITHUB_API] {
            assert!(good.parse::<Endpoint>().is_ok(), "{good}");
        }
        for bad in [
            "http://10.0.0.1/",
            "http://example.org/",
            "http://127.0.0.1.example.org/",
            "ftp://localhost/",
            "x",
            "",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_are_refused_and_not_repeated() {
        for text in [
            "https://me:hunter2@example.org/simple/",
            "http://me:hunter2@example.org/simple/",
            "me:hunter2@example.org/simple/",
            "https://me:hunter2@example.org:port/simple/",
            "https://example.org/simple/?token=hunter2",
            "http://example.org/simple/?token=hunter2",
            "https://example.org/simple/#hunter2",
        ] {
            let error = text.parse::<Endpoint>().expect_err("refused").to_string();
            assert!(error.contains("example.org") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn indexes_are_known_for_pypi_and_testpypi_only() {
        let index =
            |text: &str| text.parse::<Endpoint>().expect("good").known_index().map(|found| found.to_string());
        assert_eq!(index(PYPI_UPLOAD).as_deref(), Some(PYPI_INDEX));
        assert_eq!(index(TEST_PYPI_UPLOAD.trim_end_matches('/')).as_deref(), Some(TEST_PYPI_INDEX));
        assert_eq!(index("http://127.0.0.1:8080/legacy/"), None);
    }

    #[test]
    fn nobody_asks_for_tokens_that_another_service_takes() {
        let may = |upload: &str, audience| upload.parse::<Endpoint>().expect("good").may_ask_for(audience);
        let (ours, loopback) = ("https://mirror.example.org/legacy/", "http://127.0.0.1:1/legacy/");
        for audience in ["pypi", "testpypi", "crates.io", "sigstore", "PyPI", " pypi"] {
            assert!(!may(ours, audience) && may(loopback, audience), "{audience}");
        }
        assert!(may(ours, "mirror") && may(ours, "https://mirror.example.org"));
        assert!(may(PYPI_UPLOAD, "pypi") && may(PYPI_UPLOAD.trim_end_matches('/'), "pypi"));
        assert!(may(TEST_PYPI_UPLOAD, "testpypi"));
        assert!(
            !may(PYPI_UPLOAD, "testpypi") && !may(TEST_PYPI_UPLOAD, "pypi") && !may(PYPI_UPLOAD, "crates.io")
        );
    }

    #[test]
    fn a_release_is_managed_on_the_site_of_its_index() {
        let index: Endpoint = TEST_PYPI_INDEX.parse().expect("good");
        let project = "Games_Collection".parse().expect("good");
        let version = Version::from_pep440("1!2.0rc1").expect("good");
        let page = index.release_management(&project, &version);
        assert_eq!(page.path(), "/manage/project/games-collection/release/1!2.0rc1/");
        assert_eq!(page.host_str(), index.url().host_str());
    }

    #[test]
    fn joined_segments_are_encoded() {
        let api: Endpoint = "http://localhost:1/api/v3/".parse().expect("good");
        assert_eq!(
            api.join(&["repos", "a b", "x/y"]).as_str(),
            "http://localhost:1/api/v3/repos/a%20b/x%2Fy"
        );
    }
}
