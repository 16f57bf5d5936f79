//! The clients of the HTTP library, set up by our rules.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder};
use url::Url;

use crate::remote::error::RemoteError;

/// Who asks, in which version, and whom to write to: crates.io wants all three from programs.
const USER_AGENT: &str = concat!(
    env!("CARGO_PKG_NAME"),
    "/",
    env!("CARGO_PKG_VERSION"),
    " (contact: the issues of the repository org/release-action)"
);

/// One client for encrypted addresses, and one for this machine's loopback, which no proxy has a part in. The first
/// is made when it is first needed: reading the system's certificates takes time, and a rehearsal needs none.
pub(super) struct Clients {
    loopback: Client,
    encrypted: OnceLock<Client>,
}

impl Clients {
    pub(super) fn new() -> Result<Self, RemoteError> {
        // A plain connection needs no certificate, and with an empty list none is looked for.
        let loopback = common().no_proxy().tls_certs_only([]).build().map_err(|error| refused(&error))?;
        Ok(Self { loopback, encrypted: OnceLock::new() })
    }

    /// The client for `url`.
    pub(super) fn client(&self, url: &Url) -> Result<&Client, RemoteError> {
        if url.scheme() == "http" {
            return Ok(&self.loopback);
        }
        if let Some(client) = self.encrypted.get() {
            return Ok(client);
        }
        let client = encrypted()?;
        Ok(self.encrypted.get_or_init(|| client))
    }
}

/// The system's root certificates come from wherever its TLS libraries look for them, `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` included; the ones compiled in are added, so that a container without any can work.
fn encrypted() -> Result<Client, RemoteError> {
    common().https_only(true).tls_certs_merge(bundled_roots()).build().map_err(|error| refused(&error))
}

fn bundled_roots() -> Vec<Certificate> {
    let read = |root| Certificate::from_der(root).expect("the compiled-in certificates are certificates");
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| read(root.as_ref())).collect()
}

fn common() -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(Duration::from_secs(15))
        .pool_idle_timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // The library's own rule would send a request again by itself. Ours is one place, and it counts.
        .retry(reqwest::retry::never())
}

fn refused(error: &reqwest::Error) -> RemoteError {
    RemoteError::Missing {
        what: format!("the HTTP client cannot be set up ({error:?})"),
        hint: "is a proxy variable or the certificate file of this machine malformed?".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_made_with_the_bundled_roots() {
        assert!(bundled_roots().len() > 50);
        assert!(encrypted().is_ok());
    }
}
