//! `Cargo.toml` of a packed crate: what was read is written, and read again it is the same.

use std::fmt::Write as _;

use release_action::archive::build::CrateBuilder;
use release_action::archive::crate_file::{CrateDependency, CrateManifest, DependencyKind};

use super::judge::{CRATE, judge};

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fn list(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// A table for the dependency, as cargo writes it.
fn table(dependency: &CrateDependency) -> String {
    let kind = match dependency.kind {
        DependencyKind::Normal => "dependencies",
        DependencyKind::Build => "build-dependencies",
        DependencyKind::Dev => "dev-dependencies",
    };
    let target = dependency.target.as_ref().map(|target| format!("target.{}.", quoted(target)));
    let key = dependency.renamed.as_deref().unwrap_or(dependency.name.written());
    let mut text = format!("[{}{kind}.{}]\n", target.unwrap_or_default(), quoted(key));
    let (requirement, features) = (dependency.requirement.to_string(), list(&dependency.features));
    let (optional, usual) = (dependency.optional, dependency.default_features);
    write!(
        text,
        "version = {}\nfeatures = {features}\noptional = {optional}\ndefault-features = {usual}\n",
        quoted(&requirement)
    )
    .expect("a string takes any text");
    if dependency.renamed.is_some() {
        writeln!(text, "package = {}", quoted(dependency.name.written())).expect("as above");
    }
    if let Some(index) = dependency.registry_index() {
        writeln!(text, "registry-index = {}", quoted(index)).expect("as above");
    }
    text
}

pub(super) fn manifest(bytes: &[u8]) {
    if let Ok(read) = CrateManifest::parse(&String::from_utf8_lossy(bytes)) {
        let (name, version) = (quoted(read.name.written()), quoted(&read.version.to_string()));
        let keywords = list(&read.keywords);
        let mut written =
            format!("[package]\nname = {name}\nversion = {version}\nkeywords = {keywords}\n[features]\n");
        for (feature, others) in &read.features {
            writeln!(written, "{} = {}", quoted(feature), list(others)).expect("a string takes any text");
        }
        // Two spellings of one platform are one table when they are written.
        let mut seen = std::collections::BTreeSet::new();
        let is_new = |one: &&CrateDependency| {
            let key = one.renamed.clone().unwrap_or_else(|| one.name.written().to_owned());
            seen.insert((one.target.clone(), one.kind, key))
        };
        let mut dependencies: Vec<_> = read.dependencies().iter().filter(is_new).collect();
        dependencies.iter().for_each(|one| written.push_str(&table(one)));
        let again = CrateManifest::parse(&written).expect("it was just written");
        assert_eq!((&again.name, &again.version), (&read.name, &read.version));
        assert_eq!((&again.features, &again.keywords), (&read.features, &read.keywords));
        let mut others: Vec<_> = again.dependencies().iter().collect();
        for all in [&mut dependencies, &mut others] {
            all.sort_by_key(|one| (&one.target, one.kind, &one.renamed, one.name.written()));
        }
        let local =
            |one: &CrateDependency| CrateDependency { source: others[0].source.clone(), ..one.clone() };
        for (one, other) in dependencies.iter().zip(&others) {
            assert_eq!(local(one), local(other));
        }
        assert_eq!(dependencies.len(), others.len());
    }
    let bytes = bytes.to_vec();
    let mut builder = CrateBuilder::new("sample", "1.0.0");
    builder.edit_manifest(move |manifest| manifest.clone_from(&bytes));
    judge(CRATE, &builder.build().1);
}

pub(super) fn manifests() -> Vec<Vec<u8>> {
    let texts = [
        "[package]\nname = \"sample\"\nversion = \"1.0.0\"\nedition = \"2024\"\ndescription = \"A sample.\"\n\
         readme = \"README.md\"\nlicense = \"MIT/Apache-2.0\"\nkeywords = [\"a\", \"b-c\"]\npublish = [\"crates-io\"]\n\
         rust-version = \"1.85\"\nrepository = \"https://forge.example/a\"\n",
        "[package]\nname = \"sample\"\nversion = \"1.0.0-rc.1+b\"\nreadme = false\npublish = false\n[features]\n\
         f = [\"dep:x\", \"y?/std\"]\n[dependencies]\nx = \"1\"\ny = { version = \">=1, <3\", optional = true }\n\
         [dependencies.z]\nversion = \"=0.1.2\"\npackage = \"real-z\"\ndefault-features = false\nfeatures = [\"q\"]\n",
        "[project]\nname = \"sample\"\nversion = \"1.0.0\"\n[target.'cfg( any(unix,windows, ) )'.dependencies.libc]\n\
         version = \"*\"\nregistry-index = \"sparse+https://r.example/\"\n[target.'cfg(a = \"b c\")'.dev_dependencies]\n\
         d = \"~1.2\"\n[target.x86_64-unknown-linux-gnu.build-dependencies]\ne = { path = \"../e\" }\n",
        "[package]\nname = \"-\"\nversion = \"1.0\"\nlicense.workspace = true\n[workspace]\n[patch.crates-io]\n",
        "[package]\nname = \"sample\"\nversion = \"1.0.0\"\nx = [[[{a.b = 1}]]]\n[badges.b]\nk = \"v\"\n[[bin]]\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
