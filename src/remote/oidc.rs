//! The identity that the runner lends to a job: short-lived tokens that a registry can check.
//!
//! The runner offers it when the workflow says `id-token: write`. A token is masked before anything else happens
//! to it, and only its claims are ever shown.

use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;

/// Where the runner hands out identity tokens, as its variables say.
#[derive(Clone, Debug)]
pub(crate) struct AmbientIdentity {
    /// The value of `ACTIONS_ID_TOKEN_REQUEST_URL`, with its query.
    pub(crate) request_url: String,
    /// The value of `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub(crate) request_token: Secret<String>,
}

impl AmbientIdentity {
    /// Asks for a token that `audience` will take.
    ///
    /// # Errors
    /// When the runner refuses, or answers with anything but a token.
    pub(crate) async fn token(&self, http: &Http, audience: &str) -> Result<Secret<String>, RemoteError> {
        let _ = (http, audience);
        unimplemented!()
    }
}
