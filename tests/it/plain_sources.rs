//! Versions in files that are no TOML, held to those who read and write them: npm, and Python's own readers.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use release_action::model::version::Version;
use release_action::sources::{Edit, Found, Wanted, edit, find};

use crate::support::tools::{or_skip, run};

type Files = BTreeMap<String, String>;

/// The files with `to` as their version, as the program would leave them.
fn bumped(files: &[(&str, &str)], to: &str) -> Files {
    let mut tree: Files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let sources = find(&tree, &Wanted { discover: true, ..Wanted::default() }).expect("a tree that tells");
    let readable = |found: &Found| !matches!(found, Found::Unreadable { .. });
    assert!(sources.found.iter().all(readable), "{:?}", sources.found);
    let to = Version::from_pep440(to).expect("a version");
    for Edit { file, before: _, after } in edit(&tree, &sources, &to).expect("every place can say it") {
        tree.insert(file, after);
    }
    tree
}

#[test]
fn npm_writes_the_same_bytes() {
    let files = [
        (
            "package.json",
            "{\n  \"name\": \"sample\",\n  \"version\": \"1.2.0\",\n  \"dependencies\": {},\n  \"x\": {\n    \"version\": \"1.2.0\"\n  }\n}\n",
        ),
        (
            "package-lock.json",
            "{\n  \"name\": \"sample\",\n  \"version\": \"1.2.0\",\n  \"lockfileVersion\": 3,\n  \"requires\": true,\n  \"packages\": {\n    \"\": {\n      \"name\": \"sample\",\n      \"version\": \"1.2.0\"\n    }\n  }\n}\n",
        ),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let mut npm = Command::new("npm");
    npm.args(["version", "1.3.0-rc1", "--no-git-tag-version", "--offline", "--ignore-scripts"]);
    if or_skip("npm", run(npm.current_dir(folder.path()))).is_none() {
        return;
    }
    for (name, text) in bumped(&files, "1.3.0rc1") {
        assert_eq!(text, fs::read_to_string(folder.path().join(&name)).expect("it is there"), "{name}");
    }
}

/// Reads the version of each file that it is given, as Python's own modules do.
const READER: &str = "\
import ast, configparser, pathlib, sys
for name in sys.argv[1:]:
    text = pathlib.Path(name).read_text(encoding='utf-8-sig')
    if name.endswith('.cfg'):
        parser = configparser.ConfigParser()
        parser.read_string(text)
        print(parser['metadata']['version'].strip())
    else:
        values = [
            ast.literal_eval(node.value)
            for node in ast.parse(text).body
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and target.id == '__version__'
        ]
        print(*values)
";

#[test]
fn python_reads_the_version_that_was_written() {
    let configurations = [
        "[metadata]\nname = sample\nversion = 1.2.0\n",
        "\u{feff}# 1.2.0\r\n[options]\r\nversion = 1.2.0\r\n[metadata]\r\nVersion:1.2.0\r\nname = sample",
        "[metadata]\nname = sample\nversion =\n\n    # why\n    1.2.0\ndescription = version\n    version = 1.2.0\n",
    ];
    let modules = [
        "__version__ = '1.2.0'\n",
        "\u{feff}'''\n__version__ = '1.2.0'\n'''\r\n__version__ : \"str\" = u\"1.2.0\" # 1.2.0\r\n",
        "x = (1,\n[2,\n{3}])\nversion = __version__ = '''1.2.0'''; y = 1\n",
        "try:\n    __version__ = '0'\nexcept E:\n    pass\nz = 'a\\\n__version__ = 0'\n__version__ = \"1.2.0\"",
    ];
    for configuration in configurations {
        for module in modules {
            let files = [("setup.cfg", configuration), ("src/sample/__init__.py", module)];
            let folder = tempfile::tempdir().expect("a folder");
            fs::create_dir_all(folder.path().join("src/sample")).expect("made");
            for (name, text) in bumped(&files, "1.3.0rc1") {
                fs::write(folder.path().join(&name), &text).expect("written");
            }
            let mut python = Command::new("python3");
            python.args(["-c", READER, "setup.cfg", "src/sample/__init__.py"]).current_dir(folder.path());
            let Some(said) = or_skip("Python", run(&mut python)) else { return };
            assert_eq!(said.lines().collect::<Vec<_>>(), ["1.3.0rc1"; 2], "{configuration}\n{module}");
        }
    }
}
