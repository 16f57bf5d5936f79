//! The layers hold: who may import whom, who may touch the world, and how long a file may be.
//!
//! In one crate the compiler does not hold this. The rules are pure functions over text, so that each of them is
//! shown to bite.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest file, in lines.
const LONGEST: usize = 700;

/// Each module with the modules it may import besides itself. `*` is every one.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("report", &["model"]),
    ("python", &["model"]),
    ("markup", &[]),
    ("sources", &["model", "python"]),
    ("native", &[]),
    ("archive", &["model", "native"]),
    ("remote", &["model", "archive"]),
    ("sim", &["model"]),
    ("checks", &["model", "report", "python", "markup", "native", "archive"]),
    ("plan", &["model", "report", "remote"]),
    ("modes", &["model", "report", "python", "sources", "native", "archive", "checks", "remote", "plan"]),
    ("rehearse", &["model", "report", "sources", "archive", "checks", "remote", "plan", "modes", "sim"]),
    ("action", &["model", "report", "sources", "archive", "checks", "remote", "plan", "modes", "rehearse"]),
    ("app", &["*"]),
];

/// The modes: none may import another.
const MODES: &[&str] = &[
    "bump_version",
    "verify_tag",
    "validate_wheels",
    "upload",
    "collect",
    "create_release",
    "publish",
    "verify_release",
    "yank",
];

/// What only some files may say. A line that matches elsewhere is a breach.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (&["env::var", "env::vars"], &["action/env.rs"], "the environment is read in one place"),
    (
        &["SystemTime::now", "Instant::now"],
        &["app", "remote/surroundings.rs", "rehearse/stopwatch.rs"],
        "time is asked in few places",
    ),
    (
        &["TcpListener", "TcpStream", "reqwest::Client", "UdpSocket"],
        &["remote/http", "remote/github", "sim/server.rs"],
        "sockets are opened by services only",
    ),
    (
        &[
            "File::create",
            "File::open",
            "fs::write",
            "fs::read",
            "fs::rename",
            "fs::copy",
            "OpenOptions",
            "remove_dir_all",
        ],
        // Linux shows in files who is a child's child.
        &["remote/disk", "action/files.rs", "remote/http", "remote/process.rs"],
        "files are touched by the disk only",
    ),
    (
        &["process::Command", "Command::new"],
        &["remote/process.rs", "action/cli.rs", "action/cli"],
        "children are started in one place",
    ),
    (&["process::exit", "std::process::abort"], &[], "the exit code is returned from `main`"),
];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Breach {
    file: String,
    line: usize,
    why: String,
}

/// Code without comments and without the tests at the end of a file, line by line.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]" || !text.contains("mod tests {"))
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

fn is_test_file(file: &str) -> bool {
    ["tests.rs", "script.rs"].iter().any(|ending| file.ends_with(ending)) || file.contains("/tests/")
}

/// The names of our modules that a line imports or uses by `crate::`.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, found)| {
        let rest = &line[at + found.len()..];
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    })
}

fn layer_breaches(file: &str, text: &str) -> Vec<Breach> {
    let layer = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else { return Vec::new() };
    let mut breaches = Vec::new();
    for (number, line) in code(text) {
        for import in imports(line) {
            let known = LAYERS.iter().any(|(name, _)| *name == import);
            // The two meet on the socket; a test may open it.
            if layer == "remote" && import == "sim" && is_test_file(file) {
                continue;
            }
            if import.is_empty() {
                let why = "`crate::{…}` hides what is imported: a line for each module".to_owned();
                breaches.push(Breach { file: file.into(), line: number, why });
            }
            if known && import != layer && !allowed.contains(&import) && !allowed.contains(&"*") {
                let why = format!("`{layer}` may not import `{import}`");
                breaches.push(Breach { file: file.into(), line: number, why });
            }
        }
    }
    breaches
}

fn mode_breaches(file: &str, text: &str) -> Vec<Breach> {
    let own = MODES
        .iter()
        .find(|mode| file == format!("modes/{mode}.rs") || file.starts_with(&format!("modes/{mode}/")));
    let Some(own) = own else { return Vec::new() };
    let names_other = |line: &str| {
        MODES
            .iter()
            .find(|other| {
                *other != own
                    && (line.contains(&format!("modes::{other}"))
                        || line.contains(&format!("super::{other}")))
            })
            .copied()
    };
    code(text)
        .filter_map(|(number, line)| names_other(line).map(|other| (number, other)))
        .map(|(line, other)| Breach {
            file: file.into(),
            line,
            why: format!("mode `{own}` may not import mode `{other}`"),
        })
        .collect()
}

fn reserved_breaches(file: &str, text: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (words, homes, why) in RESERVED {
        if is_test_file(file) || homes.iter().any(|home| file.starts_with(home)) {
            continue;
        }
        for (line, text) in code(text) {
            if words.iter().any(|word| text.contains(word)) {
                breaches.push(Breach { file: file.into(), line, why: (*why).into() });
            }
        }
    }
    breaches
}

/// Public addresses stand in the endpoints module; specifications may be named in comments.
fn address_breaches(file: &str, text: &str) -> Vec<Breach> {
    let services = [
        "pypi.org",
        "//github.com",
        "api.github.com",
        "githubusercontent.com",
        "crates.io/api",
        "sigstore.dev",
        "pythonhosted.org",
    ];
    if file == "model/endpoints.rs" {
        return Vec::new();
    }
    text.lines()
        .enumerate()
        .filter(|(_, line)| services.iter().any(|service| line.contains(service)))
        .map(|(number, _)| Breach {
            file: file.into(),
            line: number + 1,
            why: "a public address outside `model/endpoints.rs`".into(),
        })
        .collect()
}

fn length_breach(file: &str, text: &str) -> Option<Breach> {
    let line = text.lines().count();
    let why = format!("longer than {LONGEST} lines");
    (line > LONGEST).then(|| Breach { file: file.into(), line, why })
}

/// A module that no row of [`LAYERS`] speaks of.
fn unknown_layer(file: &str) -> Option<&str> {
    let layer = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    let known = LAYERS.iter().any(|(name, _)| *name == layer) || ["lib", "main"].contains(&layer);
    (!known).then_some(layer)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file below `src`, with its path from there.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let src = root().join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "the sources were not found");
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(path).expect("a readable source"))
        })
        .collect()
}

fn assert_none(breaches: Vec<Breach>) {
    let lines: Vec<_> = breaches
        .iter()
        .map(|breach| format!("src/{}:{}: {}", breach.file, breach.line, breach.why))
        .collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

#[test]
fn layers_import_only_what_is_below_them() {
    assert_none(sources().iter().flat_map(|(file, text)| layer_breaches(file, text)).collect());
}

#[test]
fn modes_do_not_import_one_another() {
    assert_none(sources().iter().flat_map(|(file, text)| mode_breaches(file, text)).collect());
}

#[test]
fn the_world_is_touched_only_where_it_is_allowed() {
    assert_none(sources().iter().flat_map(|(file, text)| reserved_breaches(file, text)).collect());
}

#[test]
fn public_addresses_stand_in_one_module() {
    assert_none(sources().iter().flat_map(|(file, text)| address_breaches(file, text)).collect());
}

#[test]
fn no_file_is_too_long() {
    assert_none(sources().iter().filter_map(|(file, text)| length_breach(file, text)).collect());
}

#[test]
fn every_module_is_in_the_table() {
    for (file, _) in sources() {
        assert_eq!(unknown_layer(&file), None, "it has no row in LAYERS");
    }
}

#[test]
fn each_rule_bites() {
    assert_eq!(layer_breaches("model/x.rs", "use crate::remote::disk;").len(), 1);
    assert_eq!(layer_breaches("sim/x.rs", "    let x = crate::remote::http::Http::new();").len(), 1);
    assert_eq!(layer_breaches("remote/x.rs", "use crate::sim::Universe;").len(), 1);
    assert_eq!(
        layer_breaches("remote/x.rs", "// use crate::sim::Universe;\nuse crate::model::tag::Tag;"),
        []
    );
    assert_eq!(layer_breaches("model/x.rs", "use crate::{remote::disk, sim::Universe};").len(), 1);
    assert_eq!(unknown_layer("helpers/x.rs"), Some("helpers"));
    assert_eq!(mode_breaches("modes/publish.rs", "use super::verify_tag::VerifyTag;").len(), 1);
    assert_eq!(mode_breaches("modes/collect/stage.rs", "use crate::modes::publish::Publish;").len(), 1);
    assert_eq!(mode_breaches("modes/collect/stage.rs", "use super::record;"), []);
    assert_eq!(reserved_breaches("modes/x.rs", "let x = std::env::var(\"X\");").len(), 1);
    assert_eq!(reserved_breaches("modes/x.rs", "let f = File::open(path)?;").len(), 1);
    assert_eq!(reserved_breaches("plan/x.rs", "let t = SystemTime::now();").len(), 1);
    assert_eq!(reserved_breaches("modes/x.rs", "TcpStream::connect(address)?;").len(), 1);
    assert_eq!(reserved_breaches("action/x.rs", "Command::new(\"sh\").spawn()?;").len(), 1);
    assert_eq!(reserved_breaches("app.rs", "std::process::exit(2)").len(), 1);
    assert_eq!(reserved_breaches("remote/disk/x.rs", "let f = File::open(path)?;"), []);
    assert_eq!(length_breach("modes/x.rs", &"\n".repeat(LONGEST)), None);
    assert!(length_breach("modes/x.rs", &"\n".repeat(LONGEST + 1)).is_some());
    assert_eq!(address_breaches("modes/x.rs", "const X: &str = \"https://upload.pypi.org/\";").len(), 1);
}
