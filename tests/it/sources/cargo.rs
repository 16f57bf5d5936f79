//! `Cargo.toml` and `Cargo.lock`, with cargo itself as the judge: it reads what was edited, and `--locked` refuses a lock
//! file that it would write in another way.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use release_action::sources::{self, Disagreement, EditError, Wanted};
use serde_json::Value;

use super::super::support::tools;
use super::{Files, bumped, files, found, on_disk, statements, told, version};

/// A workspace with all ways to state a version: inherited, own, pinned, renamed, for a system only, by pattern, by path,
/// and members and folders that have nothing to do with a release.
pub(super) fn workspace() -> Files {
    files(&[
        (
            "Cargo.toml",
            r#"[workspace]
members = ["crates/*", "tools/xtask"]   # all of them
exclude = ["crates/old"]
resolver = "2"

[workspace.package]
edition = "2021"
version = "0.16.0"  # the one version

[workspace.dependencies]
coglet = { path = "crates/coglet", version = "0.16.0" }
"#,
        ),
        (
            "crates/coglet/Cargo.toml",
            "[package]\nname = \"coglet\"\nversion.workspace = true\nedition.workspace = true\n\n[dependencies]\nold = { package = \"coglet\", path = \"../old\" }\n",
        ),
        (
            "crates/coglet-core/Cargo.toml",
            r#"[package]
name = "coglet-core"
version = { workspace = true }
edition = "2021"

[dependencies]
coglet.workspace = true

[target.'cfg(unix)'.dependencies.engine]
package = "coglet-derive"
path = "../../derive"
version = "=0.16.0"
"#,
        ),
        (
            "crates/coglet-own/Cargo.toml",
            "[package]\r\nname = \"coglet-own\"\r\nversion = '0.16.0'\r\nedition = \"2021\"\r\n\r\n[dev-dependencies]\r\ncoglet = { version = \"0.16\", path = \"../coglet\" }\r\n",
        ),
        ("crates/old/Cargo.toml", "[package]\nname = \"coglet\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("crates/README", "no crate"),
        (
            "derive/Cargo.toml",
            "\u{feff}[package]\nname = \"coglet-derive\"\nversion = \"0.16.0\"\nedition = \"2021\"\n",
        ),
        (
            "tools/xtask/Cargo.toml",
            r#"[package]
name = "xtask"
version = "0.0.0"
edition = "2021"
publish = false

[dependencies]
coglet-core = { path = "../../crates/coglet-core", version = ">=0.16.0, <0.17.0" }
"#,
        ),
        ("crates/coglet/src/lib.rs", ""),
        ("crates/coglet-core/src/lib.rs", ""),
        ("crates/coglet-own/src/lib.rs", ""),
        ("crates/old/src/lib.rs", ""),
        ("derive/src/lib.rs", ""),
        ("tools/xtask/src/lib.rs", ""),
    ])
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).env_remove("CARGO_TARGET_DIR");
    tools::run(command.args(["--offline", "--manifest-path"]).arg(folder.join("Cargo.toml")))
}

/// The files with the lock that cargo makes for them.
fn locked(mut files: Files) -> Files {
    let folder = on_disk(&files);
    cargo(folder.path(), &["generate-lockfile"]).expect("a good workspace");
    let lock = std::fs::read_to_string(folder.path().join("Cargo.lock")).expect("a lock file");
    files.insert("Cargo.lock".to_owned(), lock);
    files
}

/// What cargo reads in the files, with a lock file that is in step: names with versions.
fn read_by_cargo(files: &Files) -> BTreeMap<String, String> {
    let folder = on_disk(files);
    let told =
        cargo(folder.path(), &["metadata", "--locked", "--format-version", "1"]).expect("cargo agrees");
    let told: Value = serde_json::from_str(&told).expect("cargo writes JSON");
    let members = told["workspace_members"].as_array().expect("members").clone();
    let packages = told["packages"].as_array().expect("packages");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    packages
        .iter()
        .filter(|package| members.contains(&package["id"]))
        .map(|package| (text(&package["name"]), text(&package["version"])))
        .collect()
}

#[test]
fn cargo_reads_every_version_that_was_written() {
    let files = locked(workspace());
    assert!(files["Cargo.lock"].contains("\"coglet 0.16.0\""), "{}", files["Cargo.lock"]);
    for (to, semver) in [
        ("0.16.1", "0.16.1"),
        ("0.17.0a3", "0.17.0-alpha3"),
        ("0.17.0.dev1", "0.17.0-dev1"),
        ("1.0.0", "1.0.0"),
        ("2.0", "2.0.0"),
    ] {
        let bumped = bumped(&files, to);
        let read = read_by_cargo(&bumped);
        for (name, version) in &read {
            assert_eq!(version, if name == "xtask" { "0.0.0" } else { semver }, "{name}");
        }
        assert_eq!(read.len(), 5);
        let changed: Vec<_> = files.iter().filter(|(path, text)| bumped[*path] != **text).collect();
        let changed: Vec<_> = changed.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            changed,
            [
                "Cargo.lock",
                "Cargo.toml",
                "crates/coglet-core/Cargo.toml",
                "crates/coglet-own/Cargo.toml",
                "derive/Cargo.toml",
                "tools/xtask/Cargo.toml"
            ]
        );
        assert_eq!(self::bumped(&bumped, to), bumped, "twice is once");
        let back = self::bumped(&bumped, "0.16.0");
        assert_eq!(read_by_cargo(&back)["coglet"], "0.16.0");
    }
}

#[test]
fn only_the_versions_change() {
    let before = workspace();
    let after = bumped(&before, "0.16.1");
    for (path, text) in &before {
        let expected = if path == "crates/old/Cargo.toml" {
            text.clone()
        } else {
            // A bound above, and a part of a version, hold for the new one as well.
            text.replace("0.16.0", "0.16.1")
        };
        assert_eq!(after[path], expected, "{path}");
    }
}

#[test]
fn every_place_is_found_with_its_line() {
    let sources = found(&locked(workspace()));
    let told = told(&sources);
    let manifests: Vec<_> = told.iter().filter(|line| !line.starts_with("Cargo.lock")).collect();
    assert_eq!(
        manifests,
        [
            "Cargo.toml:8 workspace.package.version = 0.16.0",
            "Cargo.toml:11 workspace.dependencies.coglet = 0.16.0",
            "crates/coglet-core/Cargo.toml:12 target.cfg(unix).dependencies.engine = 0.16.0",
            "crates/coglet-own/Cargo.toml:3 package.version = 0.16.0",
            "crates/coglet-own/Cargo.toml:7 dev-dependencies.coglet = 0.16",
            "derive/Cargo.toml:3 package.version = 0.16.0",
            "tools/xtask/Cargo.toml:8 dependencies.coglet-core = 0.16.0",
        ]
    );
    assert_eq!(
        told.len() - manifests.len(),
        6,
        "four entries, two that name `coglet` with its version: {told:#?}"
    );
    let names: Vec<_> = sources.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["coglet", "coglet-core", "coglet-derive", "coglet-own"]);
}

#[test]
fn a_member_is_seen_from_its_own_folder() {
    /// The tree as a member has it.
    struct Below(Files);
    impl sources::Tree for Below {
        fn text(&self, path: &str) -> Result<Option<String>, sources::TreeError> {
            let full = match path.strip_prefix("../../") {
                Some(rest) => rest.to_owned(),
                None => path
                    .strip_prefix("../")
                    .map_or_else(|| format!("crates/coglet-own/{path}"), |rest| format!("crates/{rest}")),
            };
            Ok(self.0.get(&full).cloned())
        }
        fn list(&self, folder: &str) -> Result<Vec<sources::Entry>, sources::TreeError> {
            self.0.list(if folder == ".." { "crates" } else { folder.trim_start_matches("../../") })
        }
        fn place(&self) -> &'static str {
            "crates/coglet-own"
        }
    }
    let wanted = Wanted { discover: true, ..Wanted::default() };
    let sources = sources::find(&Below(locked(workspace())), &wanted).expect("a map of texts can be read");
    assert_eq!(
        told(&sources),
        ["../../Cargo.lock:30 package.coglet-own.version = 0.16.0", "Cargo.toml:3 package.version = 0.16.0"]
    );
}

#[test]
fn other_projects_keep_their_versions() {
    let files = locked(workspace());
    let wanted = Wanted { discover: true, apart: vec!["crates/coglet-own".to_owned()], ..Wanted::default() };
    let sources = sources::find(&files, &wanted).expect("a map of texts can be read");
    let edits = sources::edit(&files, &sources, &version("0.17.0")).expect("it can be edited");
    let own = edits.iter().find(|edit| edit.file == "crates/coglet-own/Cargo.toml").expect("its pin moves");
    assert!(own.after.contains("version = '0.16.0'") && own.after.contains("version = \"0.17\""));
    let mut after = files.clone();
    after.extend(edits.into_iter().map(|edit| (edit.file, edit.after)));
    assert_eq!(read_by_cargo(&after)["coglet-own"], "0.16.0");
}

#[test]
fn a_place_tells_how_it_does_not_agree() {
    let mut files = locked(workspace());
    let lock = files.get_mut("Cargo.lock").expect("it is there");
    *lock = lock.replacen("version = \"0.16.0\"", "version = \"0.15.9\"", 2);
    let sources = found(&files);
    let of = |to: &str| -> Vec<_> {
        let all = statements(&sources).into_iter();
        all.filter_map(|s| Some((s.file.clone(), s.line, s.disagreement(&version(to))?))).collect()
    };
    let lines: Vec<_> = of("0.16.0").into_iter().map(|(file, ..)| file).collect();
    assert!(!lines.is_empty() && lines.iter().all(|file| file == "Cargo.lock"), "{lines:?}");
    let next = of("0.16.1");
    assert!(next.contains(&("crates/coglet-core/Cargo.toml".into(), 12, Disagreement::Refused)), "{next:?}");
    assert!(next.contains(&("tools/xtask/Cargo.toml".into(), 8, Disagreement::Behind)), "{next:?}");
    assert!(next.contains(&("Cargo.toml".into(), 8, Disagreement::Other(version("0.16.0")))), "{next:?}");
}

#[test]
fn what_cargo_cannot_say_is_told_and_nothing_is_edited() {
    let files = workspace();
    for to in ["1.0.post1", "1!1.0", "1.2.3.4"] {
        let error = sources::edit(&files, &found(&files), &version(to)).expect_err(to);
        assert!(matches!(&error, EditError::Unsayable { file, .. } if file == "Cargo.toml"), "{error}");
    }
    let mut other = files.clone();
    let sources = found(&files);
    other.insert("Cargo.toml".to_owned(), files["Cargo.toml"].replace("0.16.0", "0.15.0"));
    let error = sources::edit(&other, &sources, &version("0.17.0")).expect_err("the file is another");
    assert_eq!(error, EditError::Changed { file: "Cargo.toml".to_owned() });
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (manifest, expected) in [
        (
            "[package]\nversion = \"1.2.0\"\nversion = \"1.2.0\"\n",
            "Cargo.toml:3 it is no valid TOML: duplicate key",
        ),
        ("[package\n", "Cargo.toml:1 it is no valid TOML"),
        ("[package]\nname = 'a'\n\n[package]\n", "Cargo.toml:4 it is no valid TOML: duplicate key"),
        ("[package]\nname = 'a'\nversion = 1\n", "Cargo.toml:3 `package.version` is no text"),
        (
            "[package]\nname = 'a'\nversion = '1.2'\n",
            "Cargo.toml:3 `package.version`: `1.2` is no SemVer version",
        ),
        (
            "[package]\nname = 'a'\nversion = \"1\\u002e2.0\"\n",
            "Cargo.toml:3 `package.version` is written with escapes",
        ),
        ("[package]\nname = 'a'\nversion.workspace = true\n", "Cargo.toml:3 it inherits its version"),
        (
            "[workspace]\nmembers = [\n  'a',\n  'gone',\n]\n",
            "Cargo.toml:4 the member `gone` has no `Cargo.toml`",
        ),
        ("[workspace]\nmembers = ['a', '[']\n", "Cargo.toml:2 `[` is no pattern"),
    ] {
        let files = files(&[
            ("Cargo.toml", manifest),
            ("a/Cargo.toml", "[package]\nname = 'a'\nversion = '1.2.0'\n"),
        ]);
        let told = told(&found(&files));
        assert!(told.iter().any(|line| line.starts_with(expected)), "{manifest}: {told:?}");
    }
}

#[test]
fn hostile_manifests_end_in_time() {
    use std::fmt::Write as _;
    let started = std::time::Instant::now();
    let mut lock = "version = 4\n".to_owned();
    let mut root =
        "[workspace]\nmembers = ['**/*', '*/*/*/*']\n[workspace.package]\nversion = '1.0.0'\n".to_owned();
    let mut all = Files::new();
    for number in 0..1_500 {
        let _ = write!(lock, "[[package]]\nname = 'c{number}'\nversion = '1.0.0'\ndependencies = [");
        for other in 0..20 {
            let _ = write!(lock, "'c{} 1.0.0', ", (number + other) % 1_500);
        }
        lock.push_str("]\n");
        let next = number + 1;
        all.insert(
            format!("m/c{number}/Cargo.toml"),
            format!("[package]\nname = 'c{number}'\nversion.workspace = true\n[dependencies]\nx = {{ path = '../c{next}', version = '1.0.0' }}\n"),
        );
    }
    let _ = writeln!(root, "[x{}]", ".a".repeat(70));
    all.insert("Cargo.toml".to_owned(), root);
    all.insert("Cargo.lock".to_owned(), lock);
    let sources = found(&all);
    assert_eq!(statements(&sources).len(), 1 + 1_500 + 30_000 + 1_499);
    for text in [
        "a.".repeat(100_000),
        "[".repeat(100_000),
        format!("x = {}", "[".repeat(100_000)),
        format!("x = {}", "{a=".repeat(100_000)),
        format!("version = \"{}\"", "1".repeat(1_000_000)),
        "[a]\n".repeat(100_000),
        "\u{feff}".repeat(100_000),
        "x = '\r".repeat(100_000),
    ] {
        for file in ["Cargo.toml", "Cargo.lock", "pyproject.toml"] {
            let mut files = files(&[("Cargo.toml", "[package]\nname = 'a'\nversion = '1.0.0'\n")]);
            files.insert(file.to_owned(), text.clone());
            found(&files);
        }
    }
    let took = started.elapsed();
    assert!(took.as_secs() < 20, "{took:?}");
}
