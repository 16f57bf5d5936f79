//! The identity that the runner lends to a job: short-lived tokens that a registry can check.
//!
//! The runner offers it when the workflow says `id-token: write`. A token is masked before anything else happens
//! to it, and only its claims are ever shown.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::answer::words;
use crate::remote::http::call::Call;

const SERVICE: &str = "the runner's identity service";
/// Tokens are about 2 KiB long.
const LIMIT_BYTES: u64 = 64 << 10;
const HINT: &str = "is `id-token: write` missing in the job's `permissions`? pull requests from forks never get it. \
     Without it, give an API token as the password";

/// Where the runner hands out identity tokens, as its variables say.
#[derive(Clone, Debug)]
pub(crate) struct AmbientIdentity {
    /// The value of `ACTIONS_ID_TOKEN_REQUEST_URL`, with its query.
    pub(crate) request_url: String,
    /// The value of `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub(crate) request_token: Secret<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    value: String,
}

impl AmbientIdentity {
    /// Takes the values of the runner's two variables.
    ///
    /// # Errors
    /// When one is not set: the workflow does not lend the job its identity.
    pub(crate) fn of_runner(
        request_url: Option<String>,
        request_token: Option<Secret<String>>,
    ) -> Result<Self, RemoteError> {
        match (request_url.filter(|url| !url.is_empty()), request_token) {
            (Some(request_url), Some(request_token)) => Ok(Self { request_url, request_token }),
            _ => Err(RemoteError::Missing {
                what: "there is no password, and the runner offers this job no identity to publish with"
                    .into(),
                hint: format!(
                    "{HINT}. Or was an API token meant? a secret that is not there is an empty text"
                ),
            }),
        }
    }

    /// Asks for a token that `audience` will take.
    ///
    /// # Errors
    /// When the runner refuses, or answers with anything but a token.
    pub(crate) async fn token(&self, http: &Http, audience: &str) -> Result<Secret<String>, RemoteError> {
        let mut url: Url = self.request_url.parse().map_err(|_error| RemoteError::Missing {
            what: "`ACTIONS_ID_TOKEN_REQUEST_URL` is no address".into(),
            hint: "the runner sets it: is it overwritten in the workflow?".into(),
        })?;
        url.query_pairs_mut().append_pair("audience", audience);
        let call = Call::get(SERVICE, format!("asking for a token for `{audience}`"), url)
            .header("accept", "application/json")
            .bearer(&self.request_token)
            .limit(LIMIT_BYTES);
        let answer = http.get(&call).await?;
        if !answer.is_success() {
            return Err(answer.error((answer.status < 500).then(|| HINT.to_owned())));
        }
        let TokenAnswer { value } = answer.json("an identity token")?;
        http.surroundings().masks.mask(&value);
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(answer.unexpected("an identity token", "something else"));
        }
        Ok(Secret::new(value))
    }
}

/// What a token says about the job, for messages. The signature is the registry's affair.
#[derive(Debug, Clone)]
pub(crate) struct Claims(Map<String, Value>);

/// The claims that registries compare with their configuration, in the order of a message.
const COMPARED: [&str; 9] = [
    "sub",
    "repository",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "workflow_ref",
    "ref",
    "event_name",
    "environment",
];

/// Reads a token's claims; `None` when it is none.
pub(crate) fn claims(token: &Secret<String>) -> Option<Claims> {
    let mut parts = token.expose().split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    match serde_json::from_slice(&payload).ok()? {
        Value::Object(fields) => Some(Claims(fields)),
        _ => None,
    }
}

impl Claims {
    /// A claim that is text.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The workflow that the job stands in, such as `owner/repo/.github/workflows/release.yml`: in a reusable
    /// workflow that one, not its caller.
    pub(crate) fn job_workflow_file(&self) -> Option<&str> {
        self.get("job_workflow_ref").map(without_ref)
    }

    /// The workflow that the run began with, in the form of [`Self::job_workflow_file`].
    pub(crate) fn workflow_file(&self) -> Option<&str> {
        self.get("workflow_ref").map(without_ref)
    }

    /// What the run was started by, such as `release` or `workflow_run`.
    pub(crate) fn event_name(&self) -> Option<&str> {
        self.get("event_name")
    }
}

/// `a/b/.github/workflows/c.yml@refs/heads/x@y` without what follows the first `@`: no owner, repository or folder of
/// workflows has one, and a branch may.
fn without_ref(reference: &str) -> &str {
    reference.split_once('@').map_or(reference, |(file, _)| file)
}

/// `sub` = `repo:…`, `repository` = …, `environment` = none
impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in COMPARED.into_iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match self.get(name) {
                Some(value) => write!(f, "{name} = `{}`", words(value))?,
                None => write!(f, "{name} = none")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::remote::http::script::{Reply, Script};
    use crate::remote::surroundings::{Masks, Surroundings};

    fn token(payload: &str) -> Secret<String> {
        Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)))
    }

    fn identity(script: &Script) -> AmbientIdentity {
        AmbientIdentity {
            request_url: script.url("/token?api-version=2.0").to_string(),
            request_token: Secret::new("request-token".into()),
        }
    }

    #[derive(Default)]
    struct Hidden(Mutex<Vec<String>>);

    impl Masks for Hidden {
        fn mask(&self, secret: &str) {
            self.0.lock().expect("unshared").push(secret.to_owned());
        }

        fn hide(&self, text: &str) -> String {
            text.to_owned()
        }
    }

    #[tokio::test]
    async fn a_token_is_asked_for_its_audience_and_masked() {
        let script = Script::of([Reply::json(r#"{"count": 1, "value": "a.b.c"}"#)]);
        let hidden = Arc::new(Hidden::default());
        let http = Http::new(&Surroundings { masks: Arc::clone(&hidden) as _, ..Surroundings::silent() });
        let token = identity(&script).token(&http.expect("a client"), "py pi").await.expect("a token");
        assert_eq!(token.expose(), "a.b.c");
        assert_eq!(*hidden.0.lock().expect("unshared"), ["a.b.c"]);
        let seen = &script.seen()[0];
        assert_eq!(seen.target, "/token?api-version=2.0&audience=py+pi");
        assert_eq!(seen.header("authorization"), Some("Bearer request-token"));
    }

    #[tokio::test]
    async fn a_refusal_asks_for_the_permission() {
        let script = Script::of([Reply::of(403, "application/json", r#"{"message":"no"}"#)]);
        let http = Http::new(&Surroundings::silent()).expect("a client");
        let error = identity(&script).token(&http, "pypi").await.expect_err("refused");
        assert!(error.hint().is_some_and(|hint| hint.contains("id-token: write")), "{error:?}");
        assert!(AmbientIdentity::of_runner(None, Some(Secret::new(String::new()))).is_err());
    }

    #[tokio::test]
    async fn a_page_and_a_text_with_spaces_are_no_token() {
        let http = Http::new(&Surroundings::silent()).expect("a client");
        for body in ["<html>", r#"{"value": "a b"}"#, r#"{"value": ""}"#, r#"{"value": 1}"#, "{}"] {
            let script = Script::of([Reply::json(body)]);
            let error = identity(&script).token(&http, "pypi").await.expect_err(body);
            assert!(matches!(error, RemoteError::Unexpected { .. }), "{error:?}");
        }
    }

    #[test]
    fn claims_are_shown_with_what_is_not_there() {
        let token = token(r#"{"sub":"repo:a/b:ref:refs/tags/v1","repository":"a/b","jti":"x"}"#);
        let shown = claims(&token).expect("claims").to_string();
        assert!(shown.starts_with("sub = `repo:a/b:ref:refs/tags/v1`, repository = `a/b`, "), "{shown}");
        assert!(shown.ends_with("environment = none") && !shown.contains("jti"), "{shown}");
    }

    #[test]
    fn the_workflow_files_are_told_without_the_ref() {
        let token = token(
            r#"{"job_workflow_ref":"a/b/.github/workflows/inner.yml@refs/heads/x@y",
                "workflow_ref":"a/b/.github/workflows/outer.yml","event_name":"release"}"#,
        );
        let claims = claims(&token).expect("claims");
        assert_eq!(claims.job_workflow_file(), Some("a/b/.github/workflows/inner.yml"));
        assert_eq!(claims.workflow_file(), Some("a/b/.github/workflows/outer.yml"));
        assert_eq!(claims.event_name(), Some("release"));
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        let good = token(r#"{"sub":"x"}"#);
        for end in 0..good.expose().rfind('.').expect("two dots") {
            assert!(claims(&Secret::new(good.expose()[..end].to_owned())).is_none());
        }
        for bad in ["", "a.b", "a.!.c", "a.W10.c", "a.b.c.d"] {
            assert!(claims(&Secret::new(bad.to_owned())).is_none(), "{bad}");
        }
    }
}
