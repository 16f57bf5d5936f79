//! The next version, against npm's library.

use std::io::Write as _;

use release_action::model::bump::{Bump, BumpError};
use release_action::model::version::{Version, VersionKind};
use serde_json::json;

use crate::support::tools::{run, semver_node};

const RELEASES: [&str; 7] = ["0.0.0", "0.1.2", "1.0.0", "1.2.0", "1.2.3", "9.9.9", "10.0.99"];
const PRERELEASES: [&str; 9] =
    ["", "-dev.1", "-dev.9", "-alpha.1", "-alpha.9", "-beta.2", "-beta.99", "-rc.1", "-rc.10"];
const STEPS: [(&str, Bump, bool); 8] = [
    ("major", Bump::Major, false),
    ("minor", Bump::Minor, false),
    ("patch", Bump::Patch, false),
    ("premajor", Bump::Major, true),
    ("preminor", Bump::Minor, true),
    ("prepatch", Bump::Patch, true),
    ("prerelease", Bump::Prerelease, true),
    ("release", Bump::Release, false),
];
const KINDS: [VersionKind; 4] = [VersionKind::Dev, VersionKind::Alpha, VersionKind::Beta, VersionKind::Rc];

#[test]
fn the_next_version_is_npms_unless_that_is_lower() {
    let Some(node) = semver_node() else { return };
    let mut asked = Vec::new();
    for (release, pre) in RELEASES.iter().flat_map(|release| PRERELEASES.map(|pre| (release, pre))) {
        let from = format!("{release}{pre}");
        for (step, bump, has_kind) in &STEPS {
            let kinds = if *has_kind { KINDS.map(Some).to_vec() } else { vec![None] };
            asked.extend(kinds.into_iter().map(|kind| (from.clone(), *step, bump, kind)));
        }
        // Without a kind npm begins a pre-release that is a number and nothing else, which PEP 440 cannot say.
        if !pre.is_empty() {
            asked.push((from, "prerelease", &Bump::Prerelease, None));
        }
    }
    let questions: Vec<_> = asked
        .iter()
        .map(|(from, step, _, kind)| json!([from, step, kind.map(VersionKind::as_str)]))
        .collect();
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    write!(file, "{}", json!(questions)).expect("a temporary file can be written to");
    let said = run(node.module("versions.mjs").arg(file.path())).expect("npm's library answers");
    let answers: Vec<Option<String>> = serde_json::from_str(&said).expect("it speaks JSON");
    assert_eq!(answers.len(), asked.len());
    let (mut same, mut lower, mut none) = (0, 0, 0);
    for ((from, step, bump, kind), answer) in asked.into_iter().zip(answers) {
        let case = format!("{step} of {from} ({kind:?}): npm says {answer:?}");
        let version = Version::from_semver(&from).expect(&from);
        let theirs = answer.map(|answer| (Version::from_semver(&answer).expect(&answer), answer));
        match (bump.apply(&version, kind), theirs) {
            (Ok(ours), Some((theirs, text))) => {
                assert_eq!(ours, theirs, "{case}");
                if version.is_prerelease() {
                    assert_eq!(ours.semver(), Some(text), "{case}");
                }
                same += 1;
            }
            (Err(BumpError::Lower { .. }), Some((theirs, _))) => {
                assert!(theirs < version, "{case}");
                lower += 1;
            }
            (Err(BumpError::Finished { .. }), None) => none += 1,
            (ours, _) => panic!("{case}, we say {ours:?}"),
        }
    }
    assert!(same >= 1000 && lower >= 50 && none >= RELEASES.len(), "{same}, {lower}, {none}");
}
