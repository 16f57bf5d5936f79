//! `setup.cfg`: the version in `[metadata]`, stated there or by a file or module that it names.
//!
//! The form is that of Python's `configparser`: keys in any case, `=` or `:`, values that go on where lines are
//! indented, comments on lines of their own.

use std::ops::Range;

use super::page::{lines, trimmed};

/// The name of the file.
pub(super) const NAME: &str = "setup.cfg";

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SetupCfg {
    /// The name of the package.
    pub(super) name: Option<String>,
    /// What it says of the version, in each place.
    pub(super) versions: Vec<Said>,
    /// The folder that packages are below, where `package_dir` says one for all.
    pub(super) root: Option<String>,
}

/// What is said of the version, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Where the value is.
    pub(super) span: Range<usize>,
    /// What it is.
    pub(super) by: By,
}

/// How a version is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The value is the version.
    Itself,
    /// By a variable of a module: `attr: sample.__version__`.
    Variable(String),
    /// By the text of a file: `file: VERSION`.
    File(String),
}

/// Reads the file.
pub(super) fn read(text: &str) -> SetupCfg {
    let mut found = SetupCfg::default();
    for Setting { section, key, value } in settings(text) {
        match (section.as_str(), key.as_str()) {
            ("metadata", "version") => {
                let said = &text[value.clone()];
                let by = match said.split_once(':') {
                    Some(("attr", variable)) => By::Variable(variable.trim().to_owned()),
                    Some(("file", file)) => By::File(file.trim().to_owned()),
                    _ => By::Itself,
                };
                found.versions.push(Said { span: value, by });
            }
            ("metadata", "name") => found.name = Some(text[value].to_owned()).filter(|name| !name.is_empty()),
            ("options", "package_dir") => {
                let root = |line: &str| line.trim().strip_prefix('=').map(|root| root.trim().to_owned());
                found.root = text[value].split(['\n', ',']).find_map(root);
            }
            _ => {}
        }
    }
    found
}

/// A key with its value, which may have several lines.
struct Setting {
    section: String,
    key: String,
    value: Range<usize>,
}

fn settings(text: &str) -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    let mut section = String::new();
    let mut goes_on = false;
    for (at, line) in lines(text) {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some(open) = found.last_mut().filter(|_| goes_on) {
                // Comments may stand between a key and its value.
                if text[open.value.clone()].trim().is_empty() {
                    open.value.start = at;
                }
                open.value.end = at + line.len();
            }
            continue;
        }
        goes_on = false;
        if let Some(name) = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some(sign) = line.find(['=', ':']) {
            let key = line[..sign].trim().to_lowercase().replace('-', "_");
            found.push(Setting { section: section.clone(), key, value: at + sign + 1..at + line.len() });
            goes_on = true;
        }
    }
    for setting in &mut found {
        setting.value = trimmed(text, setting.value.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(text: &str) -> Vec<(&str, By)> {
        read(text).versions.into_iter().map(|said| (&text[said.span], said.by)).collect()
    }

    #[test]
    fn the_version_of_the_metadata_is_found() {
        for text in [
            "[metadata]\nname = sample\nversion = 1.2.0\n",
            "\u{feff}[tool]\r\nversion = 9\r\n[metadata]\r\nName:sample\r\nVersion: 1.2.0  \r\n[options]\r\nversion = 8",
            "[metadata]\nname=sample\n# version = 3\nversion =\n\n    # why\n    1.2.0\n",
        ] {
            assert_eq!(versions(text), [("1.2.0", By::Itself)], "{text}");
            assert_eq!(read(text).name.as_deref(), Some("sample"));
        }
        assert_eq!(versions("[metadata]\ndescription = x\n  version = 3\n"), []);
        assert_eq!(versions("[metadata]\nversion = 1\nversion = 2\n").len(), 2);
    }

    #[test]
    fn what_it_refers_to_is_named() {
        assert_eq!(
            read(
                "[metadata]\nversion = attr: a.b.__version__\n[options]\npackage-dir =\n    =src\n    x = y\n"
            ),
            SetupCfg {
                name: None,
                versions: vec![Said { span: 21..42, by: By::Variable("a.b.__version__".into()) }],
                root: Some("src".into())
            }
        );
        assert_eq!(
            versions("[metadata]\nversion = file: VERSION\n"),
            [("file: VERSION", By::File("VERSION".into()))]
        );
    }
}
