//! What a registry sends: `config.json` and the index's lines, and the API's answers.

use std::collections::BTreeMap;

use semver::Version;
use serde::Deserialize;
use serde_json::Value;

use super::IndexedVersion;
use crate::model::crate_name::CrateName;
use crate::remote::http::answer::words;

/// More versions of one crate than this are no crate. The largest on crates.io has some thousands.
const MOST_VERSIONS: usize = 100_000;

/// `config.json`, as far as it concerns a publisher.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    /// Where the web API is; a registry without one cannot be published to.
    #[serde(default)]
    pub(super) api: Option<String>,
    /// Whether the index is shown to those only who show a credential.
    #[serde(default, rename = "auth-required")]
    pub(super) auth_required: bool,
}

/// A line of the index. What else it says is for those who resolve dependencies.
#[derive(Deserialize)]
struct Line {
    name: String,
    vers: String,
    #[serde(default)]
    cksum: Option<String>,
    #[serde(default)]
    yanked: Option<bool>,
}

/// The answer to a publication. Some registries send nothing, some `null`.
#[derive(Default, Deserialize)]
pub(super) struct Published {
    #[serde(default)]
    warnings: Option<BTreeMap<String, Value>>,
}

/// The answer to an identity.
#[derive(Deserialize)]
pub(super) struct Minted {
    /// The token, good for half an hour.
    pub(super) token: String,
}

/// Reads the index's file about `krate`; the error says what it is instead.
///
/// A version that is no `SemVer` is passed over, as cargo does: it is none of ours. A line that is no JSON, or that is
/// about another crate, says that this is not the file that was asked for, and then nothing in it is believed.
pub(super) fn versions(body: &[u8], krate: &CrateName) -> Result<Vec<IndexedVersion>, String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(body.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let Line { name, vers, cksum, yanked } = serde_json::from_slice(line)
            .map_err(|error| format!("something else in line {number} ({})", words(&error.to_string())))?;
        if name.parse::<CrateName>().ok().as_ref() != Some(krate) {
            return Err(format!("a line about `{}` (line {number})", words(&name)));
        }
        if found.len() == MOST_VERSIONS {
            return Err(format!("more than {MOST_VERSIONS} versions"));
        }
        if let Ok(version) = Version::parse(&vers) {
            let sha256 = cksum.and_then(|cksum| cksum.to_ascii_lowercase().parse().ok());
            found.push(IndexedVersion { version, sha256, yanked: yanked.unwrap_or_default() });
        }
    }
    Ok(found)
}

impl Published {
    /// What the registry has to say about a crate that it took.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut told = Vec::new();
        for (about, what) in self.warnings.iter().flatten() {
            let items = what.as_array().map(Vec::as_slice).unwrap_or_default();
            for text in items.iter().filter_map(Value::as_str).take(20) {
                told.push(match about.as_str() {
                    "invalid_categories" => {
                        format!("`{}` is no category there and was left out", words(text))
                    }
                    "invalid_badges" => format!("`{}` is no badge there and was left out", words(text)),
                    _ => words(text),
                });
            }
        }
        told
    }
}

/// Whether an answer with status 200 is a refusal all the same: registries once answered so.
pub(super) fn refuses(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        errors: Vec<Value>,
    }
    serde_json::from_slice::<Refusal>(body).is_ok_and(|refusal| !refusal.errors.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;

    fn read(body: &str) -> Result<Vec<IndexedVersion>, String> {
        versions(body.as_bytes(), &"foo-bar".parse().expect("good"))
    }

    #[test]
    fn lines_become_versions() {
        let sha256 = Sha256::of(b"x");
        let upper = sha256.to_string().to_ascii_uppercase();
        let body = format!(
            "{{\"name\":\"foo_bar\",\"vers\":\"1.0.0-rc.1+build.5\",\"deps\":[],\"cksum\":\"{sha256}\",\"features\":{{}},\"yanked\":true,\"v\":2}}\r\n\n\
             {{\"name\":\"Foo-Bar\",\"vers\":\"1.0.0\",\"cksum\":\"{upper}\"}}\n\
             {{\"name\":\"foo-bar\",\"vers\":\"1.0\",\"cksum\":\"{sha256}\"}}\n\
             {{\"name\":\"foo-bar\",\"vers\":\"2.0.0\",\"cksum\":\"short\",\"yanked\":null}}"
        );
        let found = read(&body).expect("an index file");
        let told: Vec<_> =
            found.iter().map(|one| (one.version.to_string(), one.sha256, one.yanked)).collect();
        assert_eq!(
            told,
            [
                ("1.0.0-rc.1+build.5".to_owned(), Some(sha256), true),
                ("1.0.0".to_owned(), Some(sha256), false),
                ("2.0.0".to_owned(), None, false)
            ]
        );
        assert_eq!(read("").expect("an empty file"), []);
    }

    #[test]
    fn what_is_no_file_about_the_crate_is_refused_as_a_whole() {
        let good = r#"{"name":"foo-bar","vers":"1.0.0"}"#;
        for (bad, told) in [
            (r#"{"name":"other","vers":"1.0.0"}"#, "`other` (line 2)"),
            ("<html>", "line 2"),
            ("[1]", "line 2"),
            ("{}", "line 2"),
            ("null", "line 2"),
            (r#"{"name":"foo-bar","vers":1}"#, "line 2"),
        ] {
            let error = read(&format!("{good}\n{bad}\n")).expect_err(bad);
            assert!(error.contains(told), "{error}");
        }
        let many = format!("{good}\n").repeat(MOST_VERSIONS + 1);
        assert!(read(&many).expect_err("too many").contains("more than"));
    }

    #[test]
    fn warnings_are_read_from_every_form_they_have() {
        let told = |body: &str| serde_json::from_str::<Published>(body).expect("an answer").warnings();
        assert_eq!(
            told(
                r#"{"crate":{},"warnings":{"invalid_categories":["food"],"invalid_badges":["b"],"other":["so\nlong"]}}"#
            ),
            [
                "`b` is no badge there and was left out",
                "`food` is no category there and was left out",
                "so long"
            ]
        );
        for none in [r#"{"warnings":null}"#, "{}", r#"{"warnings":{"other":null}}"#] {
            assert!(told(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_success_with_errors_in_it_is_none() {
        assert!(refuses(br#"{"errors":[{"detail":"no"}]}"#));
        for good in ["", "null", r#"{"errors":[]}"#, r#"{"ok":true}"#, "x"] {
            assert!(!refuses(good.as_bytes()), "{good}");
        }
    }
}
