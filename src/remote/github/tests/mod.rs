//! Reader and writer against a scripted server on loopback. Whether they fit a whole GitHub is shown with the
//! simulator: elsewhere, and in `changes`.

mod changes;
mod history;
mod pace;
mod pure;
mod read;
mod refs;
mod simulated;
mod strays;
mod swap;
mod world;
mod write;

use serde_json::{Value, json};

use super::read::GithubRead;
use super::write::GithubWrite;
use crate::model::endpoints::Endpoint;
use crate::model::secret::Secret;
use crate::remote::http::Http;
use crate::remote::http::script::{Reply, Script};
use crate::remote::surroundings::Surroundings;

const TOKEN: &str = "ghs_hunter2";

fn endpoint(script: &Script, path: &str) -> Endpoint {
    script.url(path).as_str().parse().expect("loopback")
}

fn http() -> Http {
    Http::new(&Surroundings::silent()).expect("a client")
}

fn reader(script: &Script) -> GithubRead {
    let repository = "owner/name".parse().expect("good");
    GithubRead::new(http(), endpoint(script, "/api/v3"), repository, Some(Secret::new(TOKEN.into())))
}

/// One that asks nothing.
pub(super) fn reader_at(api: &str) -> GithubRead {
    GithubRead::new(http(), api.parse().expect("good"), "o/r".parse().expect("good"), None)
}

fn writer(script: &Script) -> GithubWrite {
    let repository = "owner/name".parse().expect("good");
    GithubWrite::new(http(), endpoint(script, "/api/v3"), repository, Secret::new(TOKEN.into()))
}

fn ok(value: &Value) -> Reply {
    Reply::json(&value.to_string())
}

fn answer(status: u16, value: &Value) -> Reply {
    Reply::of(status, "application/json", value.to_string())
}

fn not_found() -> Reply {
    answer(404, &json!({"message": "Not Found", "documentation_url": "x", "status": "404"}))
}

/// `METHOD path?query` of all requests, without what they share.
fn asked(script: &Script) -> Vec<String> {
    let short = |target: &str| target.replace("/api/v3/repos/owner/name", "");
    script.seen().iter().map(|seen| format!("{} {}", seen.method, short(&seen.target))).collect()
}

/// Runs a future; every test has its own runtime.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

/// Texts that differ from `text` in a few places; the same ones in each run.
pub(super) fn mutations(text: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chance = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("it is below a usize")
    };
    (0..2000).map(move |_| {
        let mut changed = characters.clone();
        for _ in 0..=chance(4) {
            let at = chance(changed.len());
            let new = ['<', '>', ';', '"', '\\', '\'', '=', '%', ',', '{', 'ä', '\0'][chance(12)];
            match chance(3) {
                0 => changed[at] = new,
                1 => changed.insert(at, new),
                _ if changed.len() > 1 => drop(changed.remove(at)),
                _ => {}
            }
        }
        changed.into_iter().collect()
    })
}
