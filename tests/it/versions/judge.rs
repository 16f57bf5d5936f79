//! What `packaging` says.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde::Deserialize;
use serde_json::json;

use release_action::model::version::Version;

use crate::support::tools::{python, run};
use crate::support::workflow_files::root;

/// A version as it is read, in words that both sides can say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Facts {
    pub(super) normal: String,
    pub(super) epoch: String,
    pub(super) release: Vec<String>,
    pub(super) pre: Option<(String, String)>,
    pub(super) post: Option<String>,
    pub(super) dev: Option<String>,
    pub(super) local: Option<String>,
    pub(super) is_prerelease: bool,
    /// Where it comes among all versions that are judged together.
    pub(super) place: usize,
}

/// What the judge says of each text; nothing where there is no judge.
pub(super) fn judged<T: AsRef<str>>(texts: &[T]) -> Option<Vec<Option<Facts>>> {
    let python = python()?;
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    let lines: Vec<_> = texts.iter().map(|text| format!("{}\n", json!(text.as_ref()))).collect();
    file.write_all(lines.concat().as_bytes()).expect("a temporary file can be written to");
    let script = root().join("tests/py/versions.py");
    let said = run(python.command("python").arg("-X").arg("utf8").arg(script).arg(file.path()));
    let facts: Vec<_> =
        serde_json::from_str(&said.expect("the judge judges")).expect("the judge speaks JSON");
    assert_eq!(facts.len(), texts.len());
    Some(facts)
}

/// What we say of each text, in the judge's words.
pub(super) fn ours<T: AsRef<str>>(texts: &[T]) -> Vec<Option<Facts>> {
    let read: Vec<_> = texts.iter().map(|text| Version::from_pep440(text.as_ref()).ok()).collect();
    let mut sorted: Vec<_> = read.iter().flatten().collect();
    sorted.sort();
    sorted.dedup();
    let places: BTreeMap<_, _> =
        sorted.into_iter().enumerate().map(|(place, version)| (version, place)).collect();
    read.iter().map(|version| version.as_ref().map(|version| facts(version, places[version]))).collect()
}

fn facts(version: &Version, place: usize) -> Facts {
    let parts = version.parts();
    let local: Vec<_> = parts.local.iter().map(ToString::to_string).collect();
    Facts {
        normal: version.pep440(),
        epoch: parts.epoch.to_string(),
        release: version.release().iter().map(ToString::to_string).collect(),
        pre: parts.pre.as_ref().map(|(pre, number)| (pre.as_str().to_owned(), number.to_string())),
        post: parts.post.as_ref().map(ToString::to_string),
        dev: parts.dev.as_ref().map(ToString::to_string),
        local: (!local.is_empty()).then(|| local.join(".")),
        is_prerelease: version.is_prerelease(),
        place,
    }
}
