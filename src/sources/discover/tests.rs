use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::tree::join;
use super::super::{
    Edit, EditError, Entry, Found, Role, SourcePattern, Sources, Statement, Tree, TreeError, Wanted, edit,
    find,
};
use crate::model::version::Version;

type Files = BTreeMap<String, String>;

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn discovered(tree: &Files) -> Sources {
    find(tree, &Wanted { discover: true, ..Wanted::default() }).expect("a tree that tells")
}

fn named(tree: &Files, pattern: &str) -> Sources {
    let pattern: SourcePattern = pattern.parse().expect("good");
    find(tree, &Wanted { patterns: vec![pattern], ..Wanted::default() }).expect("a tree that tells")
}

fn statements(sources: &Sources) -> impl Iterator<Item = &Statement> {
    sources.found.iter().filter_map(|found| match found {
        Found::Statement(statement) => Some(statement),
        _ => None,
    })
}

/// Each place as `file:line text`.
fn told(sources: &Sources) -> Vec<String> {
    let told = sources.found.iter().map(|found| match found {
        Found::Statement(Statement { file, line, text, .. }) => format!("{file}:{line} {text}"),
        Found::Dynamic { file, line, by } => format!("{file}:{line} by {by}"),
        Found::Unreadable { file, line, why } => format!("{file}:{line:?} {why}"),
    });
    told.collect()
}

#[track_caller]
fn check(tree: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(told(&discovered(&files(tree))), expected);
}

const PYPROJECT: (&str, &str) = ("pyproject.toml", "[project]\nname = 'Sample-Games'\nversion = '1.2.0'\n");

#[test]
fn everything_in_a_folder_is_found_and_changed_and_nothing_else() {
    let tree = files(&[
        PYPROJECT,
        ("setup.cfg", "[metadata]\r\nname = sample-games\r\nversion: 1.2.0\r\n"),
        ("package.json", "{\n\t\"version\" : \"1.2.0\",\n\t\"name\":\"sample\"}"),
        (
            "package-lock.json",
            "{\"version\": \"1.2.0\", \"packages\": {\"\": {\"version\": \"1.2.0\"}, \"x\": {\"version\": \"1.2.0\"}}}\n",
        ),
        ("VERSION", "\u{feff}v1.2.0\r\n"),
        ("version.txt", "1.2.0"),
        ("CITATION.cff", "cff-version: 1.2.0\nversion: \"1.2.0\" # 1.2.0\n"),
        ("src/sample_games/__init__.py", "\"\"\"Games 1.2.0.\"\"\"\n__version__: str = '1.2.0'  # 1.2.0\n"),
        ("src/sample_games/_version.py", "__version__ = \"1.2.0\""),
        ("src/sample_games/other.py", "__version__ = \"1.2.0\""),
        ("tests/__init__.py", "__version__ = \"9.9.9\"\n"),
    ]);
    let sources = discovered(&tree);
    assert_eq!(
        told(&sources),
        [
            "CITATION.cff:2 1.2.0",
            "VERSION:1 1.2.0",
            "package-lock.json:1 1.2.0",
            "package-lock.json:1 1.2.0",
            "package.json:2 1.2.0",
            "pyproject.toml:3 1.2.0",
            "setup.cfg:3 1.2.0",
            "src/sample_games/__init__.py:2 1.2.0",
            "src/sample_games/_version.py:1 1.2.0",
            "version.txt:1 1.2.0",
        ]
    );
    assert_eq!(statements(&sources).filter(|statement| statement.role == Role::Lock).count(), 2);
    let edits = edit(&tree, &sources, &Version::from_pep440("1.3.0rc1").expect("good")).expect("edited");
    assert_eq!(edits.len(), 9);
    for (file, part) in [
        ("CITATION.cff", "cff-version: 1.2.0\nversion: \"1.3.0rc1\" # 1.2.0\n"),
        ("VERSION", "\u{feff}v1.3.0rc1\r\n"),
        ("package.json", "{\n\t\"version\" : \"1.3.0-rc1\",\n\t\"name\":\"sample\"}"),
        (
            "package-lock.json",
            "{\"version\": \"1.3.0-rc1\", \"packages\": {\"\": {\"version\": \"1.3.0-rc1\"}, \"x\": {\"version\": \"1.2.0\"}}}\n",
        ),
        ("setup.cfg", "[metadata]\r\nname = sample-games\r\nversion: 1.3.0rc1\r\n"),
        (
            "src/sample_games/__init__.py",
            "\"\"\"Games 1.2.0.\"\"\"\n__version__: str = '1.3.0rc1'  # 1.2.0\n",
        ),
    ] {
        let edit = edits.iter().find(|edit| edit.file == file).expect(file);
        assert_eq!((edit.before.as_str(), edit.after.as_str()), (tree[file].as_str(), part));
    }
    check_edits(&tree, &sources, &edits, &Version::from_pep440("1.3.0rc1").expect("good"));
}

/// Every byte outside of the places is what it was, and every place states `to`.
#[track_caller]
fn check_edits(tree: &Files, sources: &Sources, edits: &[Edit], to: &Version) {
    let mut after = tree.clone();
    for edit in edits {
        after.insert(edit.file.clone(), edit.after.clone());
        let cut = |text: &str, sources: &Sources| {
            let mut left = String::new();
            let mut at = 0;
            for statement in statements(sources).filter(|statement| statement.file == edit.file) {
                left.push_str(&text[at..statement.span.start]);
                left.push('@');
                at = statement.span.end;
            }
            left + &text[at..]
        };
        let again = find(&after, &sources.wanted).expect("a tree that tells");
        assert_eq!(cut(&edit.before, sources), cut(&edit.after, &again));
    }
    let again = find(&after, &sources.wanted).expect("a tree that tells");
    assert_eq!(statements(&again).count(), statements(sources).count());
    for statement in statements(&again) {
        assert_eq!(statement.disagreement(to), None, "{statement:?}");
    }
    assert_eq!(edit(&after, &again, to), Ok(Vec::new()), "twice is once");
}

#[test]
fn a_package_is_the_one_with_the_projects_name() {
    let own = "__version__ = '1.2.0'\n";
    let other = "__version__ = '3.0'\n";
    for place in ["sample_games", "src/sample_games", "python/sample_games", "lib/Sample_Games"] {
        let file = format!("{place}/__init__.py");
        let expected = [format!("{file}:1 1.2.0"), "pyproject.toml:3 1.2.0".to_owned()];
        let tree = files(&[PYPROJECT, (&file, own), ("other/__init__.py", other), ("plain/x.py", other)]);
        let mut found = told(&discovered(&tree));
        found.sort();
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(found, expected, "{place}");
    }
    let single = ("sample_games.py", own);
    check(&[PYPROJECT, single], &["pyproject.toml:3 1.2.0", "sample_games.py:1 1.2.0"]);
    let namespace = ("pyproject.toml", "[project]\nname = 'sample.games'\nversion = '1.2.0'\n");
    check(
        &[namespace, ("src/sample/games/__init__.py", own), ("src/sample/else/__init__.py", other)],
        &["pyproject.toml:3 1.2.0", "src/sample/games/__init__.py:1 1.2.0"],
    );
    let module = (
        "pyproject.toml",
        "[project]\nname = 'x'\nversion = '1.2.0'\n[tool.maturin]\nmodule-name = 'sample._core'\npython-source = 'py'\n",
    );
    check(
        &[module, ("py/sample/__init__.py", own)],
        &["py/sample/__init__.py:1 1.2.0", "pyproject.toml:3 1.2.0"],
    );
}

#[test]
fn without_a_name_only_a_lone_witness_is_heard() {
    let own = ("scripts/__init__.py", "__version__ = '1.2.0'\n");
    let silent = ("card_games/__init__.py", "import x\n");
    check(&[PYPROJECT, own, silent], &["pyproject.toml:3 1.2.0", "scripts/__init__.py:1 1.2.0"]);
    let second = ("tools/__init__.py", "__version__ = '3.0'\n");
    check(&[PYPROJECT, own, second], &["pyproject.toml:3 1.2.0"]);
    for never in ["tests", "docs", "vendor", ".venv", "build"] {
        let file = format!("{never}/__init__.py");
        check(&[PYPROJECT, (&file, own.1)], &["pyproject.toml:3 1.2.0"]);
    }
    // Without a project of Python nobody's package is looked for.
    check(&[("Cargo.toml", "[package]\nname = 'x'\nversion = '1.2.0'\n"), own], &["Cargo.toml:3 1.2.0"]);
}

#[test]
fn what_is_apart_is_left_alone() {
    let tree = files(&[PYPROJECT, ("sample_games/__init__.py", "__version__ = '9.9'\n")]);
    let wanted = Wanted { discover: true, apart: vec!["sample_games".into()], ..Wanted::default() };
    assert_eq!(told(&find(&tree, &wanted).expect("told")), ["pyproject.toml:3 1.2.0"]);
}

#[test]
fn a_stand_in_beside_a_tool_that_makes_versions_is_none() {
    let dynamic = "[project]\nname = 'sample'\ndynamic = ['version']\n[build-system]\nrequires = ['hatch-vcs']\n[tool.hatch.version]\nsource = 'vcs'\n";
    let tree = |version: &str| {
        files(&[
            (
                "pyproject.toml",
                &format!("{dynamic}# hatchling\n")
                    .replace("requires", "build-backend = 'hatchling.build'\nrequires"),
            ),
            ("src/sample/__init__.py", &format!("__version__ = '{version}'\n")),
        ])
    };
    for stand_in in ["0.0.0", "0.0.0.dev0", "0+unknown", "unknown"] {
        assert_eq!(told(&discovered(&tree(stand_in))), ["pyproject.toml:3 by hatch-vcs"], "{stand_in}");
    }
    let stated = discovered(&tree("1.2.0"));
    assert_eq!(told(&stated), ["pyproject.toml:3 by hatch-vcs", "src/sample/__init__.py:1 1.2.0"]);
}

#[test]
fn projects_of_setuptools_without_a_project_table_leave_their_version_to_it() {
    let scm = ("pyproject.toml", "[build-system]\nrequires = ['setuptools']\n[tool.setuptools_scm]\n");
    let required =
        ("pyproject.toml", "[build-system]\nrequires = ['setuptools>=64',\n'setuptools_scm[toml]>=8']\n");
    let tools = ("pyproject.toml", "[tool.ruff]\nline-length = 100\n");
    let program = ("setup.py", "setup()\n");
    let named = ("setup.cfg", "[metadata]\nname = sample\n");
    let stated = ("setup.cfg", "[metadata]\nname = sample\nversion = 1.2.0\n");
    check(&[scm, named], &["pyproject.toml:3 by setuptools-scm"]);
    check(&[required, named, program], &["pyproject.toml:3 by setuptools-scm"]);
    check(&[required, stated, program], &["setup.cfg:3 1.2.0"]);
    check(&[tools, program], &["setup.py:1 by setup.py"]);
    check(&[program], &["setup.py:1 by setup.py"]);
    check(&[tools, program, stated], &["setup.cfg:3 1.2.0"]);
    check(&[tools], &[]);
}

#[test]
fn a_crate_inside_a_python_package_may_have_a_version_of_its_own() {
    let inner = ("Cargo.toml", "[package]\nname = 'x'\nversion = '0.1.0'\npublish = false\n");
    check(&[PYPROJECT, inner], &["pyproject.toml:3 1.2.0"]);
    let tree = files(&[PYPROJECT, inner]);
    let patterns = vec!["Cargo.toml".parse().expect("good")];
    let wanted = Wanted { discover: true, patterns, ..Wanted::default() };
    let both = ["Cargo.toml:3 0.1.0", "pyproject.toml:3 1.2.0"];
    assert_eq!(told(&find(&tree, &wanted).expect("told")), both, "one that is named is read");
    check(&[PYPROJECT, ("Cargo.toml", "[package]\nname = 'x'\nversion = '0.1.0'\n")], &both);
    let same = ("Cargo.toml", "[package]\nname = 'x'\nversion = '1.2.0'\npublish = false\n");
    check(&[PYPROJECT, same], &["Cargo.toml:3 1.2.0", "pyproject.toml:3 1.2.0"]);
    let dynamic = (
        "pyproject.toml",
        "[project]\nname = 'x'\ndynamic = ['version']\n[build-system]\nbuild-backend = 'maturin'\n",
    );
    check(&[dynamic, inner], &["Cargo.toml:3 0.1.0"]);
}

/// Files of a project that is not the top of its repository.
struct Placed(Files, &'static str);

impl Tree for Placed {
    fn text(&self, path: &str) -> Result<Option<String>, TreeError> {
        join(self.1, path).map_or(Ok(None), |path| self.0.text(&path))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, TreeError> {
        join(self.1, folder).map_or_else(|| Ok(Vec::new()), |folder| self.0.list(&folder))
    }

    fn place(&self) -> &str {
        self.1
    }
}

#[test]
fn the_lock_of_a_workspace_above_is_read_for_its_member() {
    let entry = |name: &str, source: &str| {
        format!("[[package]]\nname = '{name}'\nversion = '1.1.0'\nsource = {{ {source} }}\n")
    };
    let lock = entry("sample-games", "editable = 'packages/a'") + &entry("other", "editable = 'packages/b'");
    let member = ("packages/a/pyproject.toml", PYPROJECT.1);
    let root = ("pyproject.toml", "[tool.uv.workspace]\nmembers = ['packages/*']\n");
    let wanted = Wanted { discover: true, ..Wanted::default() };
    let told_of = |root| {
        told(&find(&Placed(files(&[root, member, ("uv.lock", &lock)]), "packages/a"), &wanted).expect("told"))
    };
    assert_eq!(told_of(root), ["../../uv.lock:3 1.1.0", "pyproject.toml:3 1.2.0"]);
    assert_eq!(told_of(("pyproject.toml", "[tool.ruff]\n")), ["pyproject.toml:3 1.2.0"]);
}

#[test]
fn the_version_that_npm_made_up_is_not_the_projects() {
    let private = ("package.json", "{\"private\": true, \"version\": \"1.0.0\"}");
    check(&[PYPROJECT, private], &["pyproject.toml:3 1.2.0"]);
    check(&[private], &["package.json:1 1.0.0"]);
    check(
        &[PYPROJECT, ("package.json", "{\"name\": \"x\", \"version\": \"1.0.0\"}")],
        &["package.json:1 1.0.0", "pyproject.toml:3 1.2.0"],
    );
}

#[test]
fn setup_cfg_is_followed() {
    let attr = (
        "setup.cfg",
        "[metadata]\nname = sample\nversion = attr: sample.__version__\n[options]\npackage_dir =\n    = py\n",
    );
    check(&[attr, ("py/sample/__init__.py", "__version__ = '1.2.0'\n")], &["py/sample/__init__.py:1 1.2.0"]);
    check(
        &[attr, ("py/sample/__init__.py", "__version__ = f()\n")],
        &["setup.cfg:3 by setuptools by `sample.__version__`"],
    );
    check(&[attr], &["setup.cfg:3 by setuptools by `sample.__version__`"]);
    let file = ("setup.cfg", "[metadata]\nversion = file: data/V\n");
    check(&[file, ("data/V", "1.2.0\n")], &["data/V:1 1.2.0"]);
    check(&[file], &["setup.cfg:Some(2) it names a file that is not there"]);
    let twice = ("setup.cfg", "[metadata]\nversion = 1\nversion = 1\n");
    check(&[twice], &["setup.cfg:Some(3) `version` stands twice, which `configparser` refuses"]);
    assert_eq!(
        discovered(&files(&[("setup.cfg", "[metadata]\nname = a-b\nversion = 1.0\n")])).packages.len(),
        1
    );
}

#[test]
fn files_are_read_as_what_their_names_say() {
    let tree = files(&[
        ("a/package.json", "{\"private\": true, \"version\": \"1.2.0\"}"),
        ("a/package-lock.json", "{\"version\": \"1.1.0\"}"),
        ("a/setup.cfg", "[metadata]\nversion = 1.2.0\n"),
        ("a/x.py", "__version__ = '1.2.0'\n"),
        ("a/CITATION.cff", "version: 1.2.0\n"),
        ("a/V", "v1.2.0\n"),
        ("a/pyproject.toml", "[project]\nname = 'a'\nversion = '1.2.0'\n"),
        ("b/Cargo.toml", "[package]\nname = 'a'\nversion = '1.2.0'\n"),
        ("a/x.h", "#define V \"1.2.0\"\n#define V \"1.3.0\"\n"),
        ("a/empty.cfg/setup.cfg", "[options]\n"),
    ]);
    for (pattern, expected) in [
        ("a/package.json", vec!["a/package-lock.json:1 1.1.0", "a/package.json:1 1.2.0"]),
        ("a/package-lock.json", vec!["a/package-lock.json:1 1.1.0"]),
        ("a/setup.cfg", vec!["a/setup.cfg:2 1.2.0"]),
        ("./a/x.py", vec!["a/x.py:1 1.2.0"]),
        ("a/CITATION.cff", vec!["a/CITATION.cff:1 1.2.0"]),
        ("a/V", vec!["a/V:1 1.2.0"]),
        ("a/pyproject.toml", vec!["a/pyproject.toml:3 1.2.0"]),
        ("b/Cargo.toml", vec!["b/Cargo.toml:3 1.2.0"]),
        ("a/x.h: ^#define V \"(.+)\"$", vec!["a/x.h:1 1.2.0", "a/x.h:2 1.3.0"]),
        ("a/x.h", vec!["a/x.h:Some(1) `the first line`: `#define V \"1.2.0\"` is no PEP 440 version"]),
        ("a/none", vec!["a/none:None there is no such text file"]),
        ("a/empty.cfg/setup.cfg", vec!["a/empty.cfg/setup.cfg:None `[metadata]` has no `version`"]),
    ] {
        assert_eq!(told(&named(&tree, pattern)), expected, "{pattern}");
    }
}

#[test]
fn what_cannot_be_said_in_a_place_names_it() {
    let tree =
        files(&[("package.json", "{\n\"name\": \"x\",\n\"version\": \"1.2.0\"}"), ("VERSION", "1.2.0\n")]);
    let sources = discovered(&tree);
    let error =
        edit(&tree, &sources, &Version::from_pep440("1!2.0.post1").expect("good")).expect_err("not SemVer");
    assert!(
        matches!(&error, EditError::Unsayable { file, line, .. } if (file.as_str(), *line) == ("VERSION", 1)),
        "{error}"
    );
    let broken = files(&[("package.json", "{\"version\": 1}"), ("VERSION", "1.2.0\n")]);
    let error = edit(&broken, &discovered(&broken), &Version::from_pep440("1.3").expect("good"));
    assert!(matches!(error, Err(EditError::Unreadable { .. })));
}

/// Files, and a folder that may not be listed.
struct Locked(Files, &'static str);

impl Tree for Locked {
    fn text(&self, path: &str) -> Result<Option<String>, TreeError> {
        self.0.text(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, TreeError> {
        if folder == self.1 {
            return Err(TreeError::Unavailable { path: folder.to_owned(), why: "not allowed".to_owned() });
        }
        self.0.list(folder)
    }
}

#[test]
fn a_folder_that_cannot_be_listed_holds_no_package() {
    let tree = files(&[PYPROJECT, ("data/x", ""), ("lib/x", ""), ("src/x", "")]);
    let wanted = Wanted { discover: true, ..Wanted::default() };
    for folder in ["data", "lib", "src"] {
        let sources = find(&Locked(tree.clone(), folder), &wanted).expect("told");
        assert_eq!(told(&sources), ["pyproject.toml:3 1.2.0"], "{folder}");
    }
    assert!(find(&Locked(tree, ""), &wanted).is_err(), "the project's own folder");
}

fn piece() -> impl Strategy<Value = String> {
    let pieces = vec![
        "1.2.0",
        "1.2.0-rc1",
        "1.2.0rc1",
        "v",
        "version",
        "\"version\"",
        "__version__",
        " = ",
        "=",
        ":",
        ": ",
        "'",
        "\"",
        "'''",
        "\"\"\"",
        "\\",
        "\n",
        "\r\n",
        "    ",
        "\t",
        "#",
        ";",
        "[metadata]\n",
        "[project]\n",
        "name = 'sample'\n",
        "version = '1.2.0'\n",
        "version = 1.2.0\n",
        "__version__ = '1.2.0'\n",
        "version: 1.2.0\n",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ",",
        "{\"version\": \"1.2.0\"}",
        "attr: sample.__version__",
        "file: VERSION",
        "\"packages\": {\"\": ",
        "\u{feff}",
        "{\"version\":\"1.2.0\",",
        "\"a\":\"b\"}",
        "1.2.0\n",
    ];
    prop_oneof![
        12 => proptest::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    // Each case reads nine trees.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_files_hold_a_version_takes_the_place_of_another_and_nothing_else_moves(
        texts in proptest::collection::vec(text(), 8),
        regex in proptest::sample::select(vec!["(1\\S*)", "version\\W+([^'\"\\s]+)", "^(.*)$", "(?s)(.+)"]),
    ) {
        let names = [
            "VERSION", "package.json", "package-lock.json", "setup.cfg", "sample/__init__.py", "CITATION.cff",
            "pyproject.toml", "x.txt",
        ];
        let tree: Files = names.iter().map(|name| (*name).to_owned()).zip(texts).collect();
        let to = Version::from_pep440("2.10.0rc3").expect("good");
        let pattern: SourcePattern = format!("x.txt: {regex}").parse().expect("good");
        // Each by itself, so that one that cannot be read does not hide the others, and all together.
        let alone = tree.iter().map(|(name, text)| Files::from([(name.clone(), text.clone())]));
        for tree in alone.chain([tree.clone()]) {
            let patterns = if tree.contains_key("x.txt") { vec![pattern.clone()] } else { Vec::new() };
            let sources = find(&tree, &Wanted { discover: true, patterns, ..Wanted::default() }).expect("told");
            for statement in statements(&sources) {
                let text = &tree[&statement.file];
                prop_assert_eq!(&text[statement.span.clone()], &statement.text);
                prop_assert_eq!(statement.line, 1 + text[..statement.span.start].matches('\n').count());
            }
            if let Ok(edits) = edit(&tree, &sources, &to) {
                check_edits(&tree, &sources, &edits, &to);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_file_of_each_kind_is_changed_in_its_version_alone(
        kind in 0_usize..7,
        old in "[0-9]{1,3}\\.[0-9]{1,3}\\.[1-9]",
        new in "[0-9]{1,3}\\.[0-9]{1,3}\\.[1-9](rc[1-9])?",
        end in proptest::sample::select(vec!["\n", "\r\n"]),
        mark in proptest::sample::select(vec!["", "\u{feff}"]),
        is_ended in any::<bool>(),
    ) {
        let (old, to) = (Version::from_pep440(&old).expect("good").to_string(), Version::from_pep440(&new).expect("good"));
        let (name, text) = [
            ("VERSION", format!("{old}\nbuilt by hand")),
            ("package.json", format!("{{\n  \"name\": \"sample\",\n  \"version\": \"{old}\"\n}}")),
            ("setup.cfg", format!("[metadata]\nname = sample\nversion = {old}\n[x]\nversion = {old}")),
            ("sample/__init__.py", format!("'''\n__version__ = '{old}'\n'''\n__version__ = '{old}'  # {old}")),
            ("CITATION.cff", format!("version: {old} # {old}\ntitle: {old}")),
            ("x.txt", format!("{old} is older\nnow {old}")),
            ("package-lock.json", format!("{{\"version\": \"{old}\", \"x\": {{\"version\": \"{old}\"}}}}")),
        ][kind].clone();
        let text = format!("{mark}{}{}", text.replace('\n', end), if is_ended { end } else { "" });
        let mut tree = files(&[(name, &text), ("setup.py", "")]);
        if name == "sample/__init__.py" {
            tree.insert("setup.cfg".into(), "[metadata]\nname = sample\n".into());
        }
        let pattern = match name {
            "x.txt" => vec!["x.txt: ^now (.*)$".parse().expect("good")],
            "package-lock.json" => vec![name.parse().expect("good")],
            _ => Vec::new(),
        };
        let sources = find(&tree, &Wanted { discover: true, patterns: pattern, ..Wanted::default() }).expect("told");
        prop_assert_eq!(statements(&sources).count(), 1, "{:?} {:?}", sources, text);
        let edits = edit(&tree, &sources, &to).expect("edited");
        check_edits(&tree, &sources, &edits, &to);
        if to != Version::from_pep440(&old).expect("good") {
            let at = statements(&sources).next().expect("one").span.clone();
            let said = if name.starts_with("package") { to.semver().expect("sayable") } else { to.pep440() };
            let expected = format!("{}{said}{}", &text[..at.start], &text[at.end..]);
            prop_assert_eq!(&edits[0].after, &expected);
        }
    }
}
