//! A request, as the folders of the services write it down.

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;
use reqwest::Method;
use url::Url;

use crate::model::digest::Sha256;
use crate::model::secret::Secret;

/// A request. `service` and `what` are for messages; neither address nor headers are ever shown.
#[derive(Clone)]
pub(crate) struct Call {
    /// Who is asked, as a message names it.
    pub(crate) service: &'static str,
    /// What for, as a message tells it: `looking up the files of …`.
    pub(crate) what: String,
    /// `GET`, `POST`, …
    pub(crate) method: Method,
    /// Where to.
    pub(crate) url: Url,
    /// Header names in lower case, with values. Credentials have their own field.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The value of `authorization`; it never leaves the origin of `url`.
    pub(crate) authorization: Option<Secret<String>>,
    /// What a refusal must not repeat: the credential in its parts, and secrets that the body carries.
    pub(crate) secrets: Vec<Secret<String>>,
    /// What is sent along.
    pub(crate) body: Body,
    /// An answer longer than this is an error; without it, [`Self::LIMIT_BYTES`] and, where a file is downloaded,
    /// [`Self::FILE_LIMIT_BYTES`].
    pub(crate) limit_bytes: Option<u64>,
    /// A redirect to another origin is an error and is not followed.
    pub(crate) stays_at_home: bool,
}

/// Headers, address and body may hold credentials.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("service", &self.service)
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

/// What a request carries: its parts one after the other, streamed, their length known beforehand.
#[derive(Clone, Default)]
pub(crate) struct Body {
    /// The parts, in order.
    pub(crate) parts: Vec<Part>,
}

/// A part of a body.
#[derive(Clone)]
pub(crate) enum Part {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, read while it is sent; the transfer fails before its end when it is not the one that was vetted.
    File {
        /// Where it is.
        path: PathBuf,
        /// How long it is.
        size_bytes: u64,
        /// The digest of its bytes.
        sha256: Sha256,
    },
}

impl Call {
    /// Answers of JSON and pages stay well below this.
    pub(crate) const LIMIT_BYTES: u64 = 64 << 20;
    /// No service stores larger files than this for a release.
    pub(crate) const FILE_LIMIT_BYTES: u64 = 64 << 30;

    /// A request without headers and body.
    pub(crate) fn new(method: Method, service: &'static str, what: impl Into<String>, url: Url) -> Self {
        Self {
            service,
            what: what.into(),
            method,
            url,
            headers: Vec::new(),
            authorization: None,
            secrets: Vec::new(),
            body: Body::default(),
            limit_bytes: None,
            stays_at_home: false,
        }
    }

    /// A look-up.
    pub(crate) fn get(service: &'static str, what: impl Into<String>, url: Url) -> Self {
        Self::new(Method::GET, service, what, url)
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends a token as `Authorization: Bearer`.
    #[must_use]
    pub(crate) fn bearer(self, token: &Secret<String>) -> Self {
        self.authorized(format!("Bearer {}", token.expose()))
    }

    /// Sends a user name and password as `Authorization: Basic`.
    #[must_use]
    pub(crate) fn basic(self, user: &str, password: &Secret<String>) -> Self {
        use base64::Engine as _;
        let pair = format!("{user}:{}", password.expose());
        let value = base64::engine::general_purpose::STANDARD.encode(pair);
        self.authorized(format!("Basic {value}")).hiding(password)
    }

    /// Sends this as `Authorization`: a scheme and a credential.
    #[must_use]
    pub(crate) fn authorized(mut self, value: String) -> Self {
        let credential = value.split_once(' ').map_or(value.as_str(), |(_, credential)| credential);
        self.secrets.push(Secret::new(credential.trim().to_owned()));
        self.authorization = Some(Secret::new(value));
        self
    }

    /// Takes this out of a refusal that repeats it.
    #[must_use]
    pub(crate) fn hiding(mut self, secret: &Secret<String>) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// Carries a JSON value.
    #[must_use]
    pub(crate) fn json(mut self, value: &serde_json::Value) -> Self {
        self.body = Body { parts: vec![Part::Bytes(value.to_string().into())] };
        self.header("content-type", "application/json")
    }

    /// Carries a body.
    #[must_use]
    pub(crate) fn carrying(mut self, parts: Vec<Part>) -> Self {
        self.body = Body { parts };
        self
    }

    /// Takes no answer from another origin.
    #[must_use]
    pub(crate) const fn at_home(mut self) -> Self {
        self.stays_at_home = true;
        self
    }

    /// Takes answers of up to `limit_bytes`.
    #[must_use]
    pub(crate) const fn limit(mut self, limit_bytes: u64) -> Self {
        self.limit_bytes = Some(limit_bytes);
        self
    }
}

impl Body {
    /// How long the body is.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.parts.iter().map(Part::size_bytes).sum()
    }
}

impl Part {
    fn size_bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size_bytes, .. } => *size_bytes,
        }
    }
}
