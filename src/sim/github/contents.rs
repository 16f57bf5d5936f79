//! Files of a commit's tree, raw or wrapped into JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::sim::Response;

use super::reply::{Answer, Call, Refusal};
use super::state::Look;
use super::{Github, body};

impl Github {
    /// A file or a folder at a revision, by default of the default branch.
    pub(super) fn get_content(&mut self, call: &Call<'_>, path: &str) -> Answer {
        let shown = self.shown(Look::Refs);
        let revision = call.query("ref").unwrap_or(&self.settings.default_branch);
        let unknown = || {
            let shown: String = revision.chars().take(120).collect();
            Refusal::new(404, format!("No commit found for the ref {shown}"))
        };
        let commit = self.resolve(&shown, revision).ok_or_else(unknown)?;
        let Some(bytes) = commit.files.get(path) else {
            let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
            let inside = commit
                .files
                .iter()
                .filter_map(|(file, bytes)| file.strip_prefix(&folder).map(|rest| (rest, bytes.as_ref())));
            return self.folder(&folder, revision, inside.collect());
        };
        if call.accepts("application/vnd.github.raw") {
            let media_type = "application/vnd.github.raw+json; charset=utf-8";
            return Ok(Response::of(200, media_type, bytes.clone()));
        }
        Ok(Response::json(200, &body::content::file(&self.links, path, revision, bytes)))
    }

    fn folder(&self, folder: &str, revision: &str, inside: BTreeMap<&str, &[u8]>) -> Answer {
        let mut rows: BTreeMap<String, Value> = BTreeMap::new();
        for (rest, bytes) in inside {
            let (name, kind, bytes) = match rest.split_once('/') {
                Some((name, _)) => (name, "dir", &[][..]),
                None => (rest, "file", bytes),
            };
            let row = body::content::entry(&self.links, kind, &format!("{folder}{name}"), revision, bytes);
            rows.insert(name.to_owned(), row);
        }
        if rows.is_empty() {
            return Err(Refusal::not_found());
        }
        Ok(Response::json(200, &rows.into_values().collect()))
    }
}
