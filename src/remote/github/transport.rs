//! What octocrab sends through: our own client, so that GitHub's JSON calls follow the same rules as all others
//! (roots of trust, proxies, bounds, repetition of look-ups, no credential on another origin).
//!
//! octocrab's own client would re-send a POST after a 502, which makes a second draft, and it knows neither proxies
//! nor the roots that a company adds for its own server.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::http::{Request, Response, header};
use octocrab::OctoBody;
use serde::de::IgnoredAny;
use url::Url;

use super::SERVICE;
use super::pacer::Pacer;
use super::refusal::{Refusal, patience};
use crate::model::endpoints::Endpoint;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::answer::Answer;
use crate::remote::http::call::{Body, Call, Part};

/// The interface that this code was written for.
pub(super) const API_VERSION: &str = "2022-11-28";
/// What JSON calls accept.
pub(super) const ACCEPT_JSON: &str = "application/vnd.github+json";

/// What a request is for, for messages. Travels with the request.
#[derive(Clone, Debug)]
pub(super) struct What(pub(super) String);

/// Sends what octocrab wrote. Addresses are relative to the API, which may have a path of its own.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    /// The client.
    pub(super) http: Http,
    /// Where the API is.
    pub(super) api: Endpoint,
    /// Who gives writes their turn.
    pub(super) pacer: Pacer,
}

impl tower_service::Service<Request<OctoBody>> for Transport {
    type Response = Response<Full<Bytes>>;
    type Error = RemoteError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, RemoteError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), RemoteError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { this.exchange(request).await })
    }
}

impl Transport {
    /// One exchange. Every answer that GitHub's interface would give is a response, errors too; all else is an error
    /// already.
    async fn exchange(&self, request: Request<OctoBody>) -> Result<Response<Full<Bytes>>, RemoteError> {
        let call = self.translate(request).await?;
        let answer = match call.method.as_str() {
            "GET" => self.http.get(&call).await?,
            _ => send_patiently(&self.http, &self.pacer, &call).await?,
        };
        let is_json = answer.json::<IgnoredAny>("JSON");
        match answer.status {
            204 => {}
            200..=299 => is_json.map(|IgnoredAny| ())?,
            _ if is_json.is_ok() => {}
            _ => return Err(Refusal::of_answer(&answer, &call.method).into_error()),
        }
        let mut response = Response::new(Full::new(answer.body));
        *response.status_mut() =
            hyper::http::StatusCode::from_u16(answer.status).expect("the client parsed this status code");
        *response.headers_mut() = answer.headers;
        Ok(response)
    }

    async fn translate(&self, request: Request<OctoBody>) -> Result<Call, RemoteError> {
        let (mut parts, body) = request.into_parts();
        let What(what) = parts.extensions.remove().unwrap_or_else(|| What("asking".to_owned()));
        let unreadable = |_| unusable(&what, "the request cannot be written down");
        let body = body.collect().await.map_err(unreadable)?.to_bytes();
        let route = parts.uri.path_and_query().map_or("/", |route| route.as_str());
        let mut call = Call::new(parts.method, SERVICE, &what, self.address(route, &what)?)
            .header("accept", ACCEPT_JSON)
            .header("x-github-api-version", API_VERSION);
        if let Some(value) = parts.headers.remove(header::AUTHORIZATION) {
            let value = value.to_str().map_err(|_error| unusable(&what, "the token is not plain text"))?;
            call = call.authorized(value.to_owned());
        }
        if !body.is_empty() {
            call = call.header("content-type", "application/json");
            call.body = Body { parts: vec![Part::Bytes(body)] };
        }
        Ok(call)
    }

    /// The whole address of a route: GitHub Enterprise Server has its API below a path.
    fn address(&self, route: &str, what: &str) -> Result<Url, RemoteError> {
        let base = self.api.url().as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{route}"))
            .map_err(|_error| unusable(what, "the address of the API cannot be extended"))
    }
}

/// Sends a request that changes something, when its turn has come. A refusal because of the pace did nothing, so it is
/// waited out and sent again as long as the run's patience lasts; after everything else the caller decides.
///
/// # Errors
/// As [`Http::send`].
pub(super) async fn send_patiently(http: &Http, pacer: &Pacer, call: &Call) -> Result<Answer, RemoteError> {
    let surroundings = http.surroundings();
    let mut attempt = 0;
    loop {
        if !pacer.turn(http).await {
            return Err(stopped(&call.what));
        }
        let answer = http.send(call).await?;
        let wait = patience(&answer, surroundings.pace.now(), attempt);
        let Some(wait) = wait.filter(|wait| !surroundings.stop.is_requested() && pacer.affords(*wait)) else {
            return Ok(answer);
        };
        http.wait_out("GitHub limits how often it may be asked", wait).await;
        attempt += 1;
    }
}

/// What was not begun because of a signal.
pub(super) fn stopped(what: &str) -> RemoteError {
    let what = format!("a signal asked to stop before this was sent ({what})");
    RemoteError::Missing { what, hint: "run again: what is done is found and not repeated".to_owned() }
}

/// An error about something that never left this machine.
pub(super) fn unusable(what: &str, why: &str) -> RemoteError {
    RemoteError::Missing {
        what: format!("GitHub cannot be asked ({what}): {why}"),
        hint: "are the token and `GITHUB_API_URL` whole, without line breaks?".to_owned(),
    }
}
