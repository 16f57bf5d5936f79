//! The sample project's files, and what they say of the project.

use toml::{Table, Value};

use crate::archive::build::{SdistBuilder, WheelBuilder};
use crate::model::artifact::FileName;

/// What the project is called.
pub(super) const NAME: &str = "sampledb";

/// Its module in C, without the package.
pub(super) const EXTENSION: &str = "_sampledb";

/// Its changelog.
pub(super) const CHANGELOG: &str = include_str!("project/CHANGELOG.md");

const PYPROJECT: &str = include_str!("project/pyproject.toml");
const README: &str = include_str!("project/README.md");
const LICENSE: &str = include_str!("project/LICENSE");

/// The files that wheels hold as they are.
const MODULES: [(&str, &str); 3] = [
    ("sampledb/__init__.py", include_str!("project/sampledb/__init__.py")),
    ("sampledb/py.typed", ""),
    ("sampledb/store.py", include_str!("project/sampledb/store.py")),
];

/// All files but the changelog.
pub(super) const FILES: [(&str, &str); 7] = [
    ("LICENSE", LICENSE),
    ("README.md", README),
    ("pyproject.toml", PYPROJECT),
    MODULES[0],
    MODULES[1],
    MODULES[2],
    ("sampledb/_sampledb.c", include_str!("project/sampledb/_sampledb.c")),
];

/// The version that `pyproject.toml` states.
pub(super) fn version() -> String {
    text(&project(), "version")
}

/// A wheel of the project for the tags `python`, `abi` and `platform`, with its module as `file` in the package.
pub(super) fn wheel([python, abi, platform]: [&str; 3], file: &str, module: Vec<u8>) -> (FileName, Vec<u8>) {
    let project = project();
    let mut builder = WheelBuilder::new(NAME, &text(&project, "version"), python, abi, platform);
    for (path, contents) in MODULES {
        builder.member(path, contents);
    }
    builder.native_member(&format!("{NAME}/{file}"), module);
    builder.member(&builder.dist_info("entry_points.txt"), entry_points(&project));
    for (header, value) in core_metadata(&project) {
        if REPEATED.contains(&header) {
            builder.add_metadata(header, &value);
        } else {
            builder.metadata(header, &value);
        }
    }
    builder.description(README).edit_text("licenses/LICENSE", |text| *text = LICENSE.into());
    builder.build()
}

/// The project's sdist.
pub(super) fn sdist() -> (FileName, Vec<u8>) {
    let project = project();
    let mut builder = SdistBuilder::new(NAME, &text(&project, "version"));
    for (path, contents) in FILES.into_iter().chain([("CHANGELOG.md", CHANGELOG)]) {
        builder.member(path, contents);
    }
    for (header, value) in core_metadata(&project) {
        if REPEATED.contains(&header) {
            builder.add_metadata(header, &value);
        } else {
            builder.metadata(header, &value);
        }
    }
    builder.description(README).build()
}

/// The documentation, as its generator left it: path and contents.
pub(super) fn documentation() -> Vec<(String, Vec<u8>)> {
    let version = version();
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{NAME} {version}</title>\n\
         <link rel=\"stylesheet\" href=\"_static/style.css\">\n<h1>{NAME} {version}</h1>\n</html>\n"
    );
    let style = "body { max-width: 40em; margin: auto; font-family: sans-serif; }\n";
    vec![("_static/style.css".to_owned(), style.into()), ("index.html".to_owned(), page.into())]
}

/// The headers of METADATA that occur more than once.
const REPEATED: [&str; 2] = ["Classifier", "Project-URL"];

/// What `pyproject.toml` states, as METADATA and PKG-INFO state it.
fn core_metadata(project: &Table) -> Vec<(&'static str, String)> {
    let author = project["authors"][0].as_table().expect("an author is a table");
    let mut headers = vec![
        ("Summary", text(project, "description")),
        ("Author-email", format!("{} <{}>", text(author, "name"), text(author, "email"))),
        ("Keywords", texts(&project["keywords"]).join(",")),
        ("License-Expression", text(project, "license")),
        ("License-File", texts(&project["license-files"]).concat()),
        ("Requires-Python", text(project, "requires-python")),
        ("Description-Content-Type", "text/markdown".to_owned()),
    ];
    headers.extend(texts(&project["classifiers"]).into_iter().map(|classifier| ("Classifier", classifier)));
    let urls = project["urls"].as_table().expect("the addresses are a table");
    headers.extend(urls.keys().map(|label| ("Project-URL", format!("{label}, {}", text(urls, label)))));
    headers
}

/// The commands, as wheels declare them.
fn entry_points(project: &Table) -> String {
    let scripts = project["scripts"].as_table().expect("the commands are a table");
    let lines = scripts.keys().map(|command| format!("{command} = {}\n", text(scripts, command)));
    format!("[console_scripts]\n{}", lines.collect::<String>())
}

fn project() -> Table {
    let mut table: Table = PYPROJECT.parse().expect("the sample's `pyproject.toml` is TOML");
    match table.remove("project") {
        Some(Value::Table(project)) => project,
        _ => unreachable!("the sample's `pyproject.toml` has a table `project`"),
    }
}

fn text(table: &Table, key: &str) -> String {
    table[key].as_str().expect("the sample's values are texts").to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    let values = value.as_array().into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}
