//! One look at everything: what was found, what could not be asked, and how each file stands at each place.

use serde::Serialize;

use super::rules::NOT_ASKED;
use crate::model::artifact::Artifact;
use crate::remote::error::RemoteError;
use crate::report::{Finding, Report};

/// What was seen so far. Nothing that cannot be seen hides anything else.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// The findings.
    pub(super) report: Report,
    /// Why places could not be asked, in the order of asking.
    pub(super) unasked: Vec<RemoteError>,
    /// How the files stand.
    pub(super) states: Vec<FileState>,
}

/// How a file of the manifest stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileState {
    /// Where: `github`, or the name of a registry.
    pub(super) target: String,
    /// Its name in the manifest.
    pub(super) file: String,
    /// The digest of the manifest.
    pub(super) sha256: String,
    /// How it stands.
    pub(super) standing: Standing,
    /// Where its attestations can be read.
    pub(super) provenance: Option<String>,
}

/// How a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The same bytes.
    Proven,
    /// Not there, or not whole.
    Missing,
    /// Other bytes.
    Differs,
    /// Nobody knows.
    NotAsked,
}

impl Standing {
    /// The word of the output.
    const fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Missing => "missing",
            Self::Differs => "differs",
            Self::NotAsked => "not-asked",
        }
    }
}

#[derive(Serialize)]
struct StateV1<'a> {
    target: &'a str,
    file: &'a str,
    sha256: &'a str,
    state: &'static str,
    provenance: Option<&'a str>,
}

/// The states as the JSON list of the output.
pub(super) fn states_json(states: &[FileState]) -> String {
    let rows: Vec<_> = states
        .iter()
        .map(|FileState { target, file, sha256, standing, provenance }| StateV1 {
            target,
            file,
            sha256,
            state: standing.word(),
            provenance: provenance.as_deref(),
        })
        .collect();
    serde_json::to_string(&rows).expect("texts can be written as JSON")
}

impl Look {
    /// Adds a finding.
    pub(super) fn find(&mut self, finding: Finding) {
        self.report.push(finding);
    }

    /// The answer, if there is one; else it is told that there is none.
    pub(super) fn asked<T>(&mut self, answer: Result<T, RemoteError>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.untold(error, None);
                None
            }
        }
    }

    /// Takes note of what could not be asked, about a file where it is about one.
    pub(super) fn untold(&mut self, error: RemoteError, file: Option<&str>) {
        let finding = NOT_ASKED.finding(chain(&error));
        let finding = match file {
            Some(file) => finding.in_file(file),
            None => finding,
        };
        self.find(match error.hint() {
            Some(hint) => finding.hint(hint),
            None => finding,
        });
        self.unasked.push(error);
    }

    /// Takes note of how a file stands.
    pub(super) fn state(
        &mut self,
        target: &str,
        artifact: &Artifact,
        standing: Standing,
        provenance: Option<String>,
    ) {
        self.states.push(FileState {
            target: target.to_owned(),
            file: artifact.file_name.to_string(),
            sha256: artifact.sha256.to_string(),
            standing,
            provenance,
        });
    }

    /// Takes in another look.
    pub(super) fn merge(&mut self, other: Self) {
        let Self { report, unasked, states } = other;
        self.report.merge(report);
        self.unasked.extend(unasked);
        self.states.extend(states);
    }
}

/// An error with all its causes, in one line.
fn chain(error: &RemoteError) -> String {
    let first: &dyn std::error::Error = error;
    let mut told: Vec<String> =
        std::iter::successors(Some(first), |error| error.source()).map(ToString::to_string).collect();
    told.dedup();
    told.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_a_list_for_programs() {
        let state = |standing, provenance: Option<&str>| FileState {
            target: "pypi".into(),
            file: "a.whl".into(),
            sha256: "00".into(),
            standing,
            provenance: provenance.map(str::to_owned),
        };
        let states = [
            state(Standing::Proven, Some("https://a.invalid/p")),
            state(Standing::Missing, None),
            state(Standing::Differs, None),
            state(Standing::NotAsked, None),
        ];
        let read: serde_json::Value = serde_json::from_str(&states_json(&states)).expect("JSON");
        assert_eq!(read[0]["provenance"], "https://a.invalid/p");
        assert_eq!(read[1]["provenance"], serde_json::Value::Null);
        let words: Vec<_> = (0..4).map(|at| read[at]["state"].as_str().expect("a word")).collect();
        assert_eq!(words, ["proven", "missing", "differs", "not-asked"]);
    }
}
