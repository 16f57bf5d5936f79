//! Where a file stands inside an archive: a path that means the same on every system, or none at all.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

use super::artifact::FileName;

/// The longest path in bytes, as the strictest of the systems (macOS) has it.
const LONGEST_BYTES: usize = 1024;

/// What no name on Windows has; GitHub's own client uploads no such path. Colons and separators are told apart from these.
const NO_NAME_OF_WINDOWS: [char; 6] = ['"', '<', '>', '|', '*', '?'];

/// So much of a stranger's path shows in messages.
const SHOWN_CHARS: usize = 120;

/// A relative path with `/` between its parts, each of them a file name that every system can keep.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberPath(String);

/// Why a text is no path that a file may be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MemberPathError {
    #[error("`{}` would leave the folder it is unpacked to", path.escape_debug())]
    Leaves { path: String },
    #[error("`{}` names a drive or a stream of Windows", path.escape_debug())]
    Drive { path: String },
    #[error("the part `{}` of `{}` names a device on Windows", part.escape_debug(), path.escape_debug())]
    Device { path: String, part: String },
    #[error("the part `{}` of `{}` is no plain file name: it is empty, too long, starts or ends badly, or holds a path separator, a control character or one of `\" < > | * ?`", part.escape_debug(), path.escape_debug())]
    Part { path: String, part: String },
    #[error("`{}…` is longer than {LONGEST_BYTES} bytes", path.escape_debug())]
    Long { path: String },
}

impl MemberPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What is left of it on a file system that tells neither case nor Unicode spellings apart: paths that agree in
    /// this are one file there.
    pub fn folded(&self) -> String {
        folded(&self.0)
    }

    /// The path below `folder`.
    pub fn below(&self, folder: &Path) -> PathBuf {
        self.0.split('/').fold(folder.to_owned(), |path, part| path.join(part))
    }
}

/// A path's text in canonical composition (NFC) and lower case.
pub fn folded(path: &str) -> String {
    // The two small sigmas have one capital, as the two small letters s once had.
    let lower = |c: char| match c {
        'ς' => 'σ',
        'ſ' => 's',
        c => c,
    };
    path.nfc().flat_map(char::to_lowercase).map(lower).nfc().collect()
}

impl FromStr for MemberPath {
    type Err = MemberPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = || shown(text);
        if text.len() > LONGEST_BYTES {
            return Err(MemberPathError::Long { path: path() });
        }
        let has_drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if has_drive || text.starts_with("\\\\") {
            return Err(MemberPathError::Drive { path: path() });
        }
        if text.starts_with(['/', '\\']) || text.split(['/', '\\']).any(|part| part == "..") {
            return Err(MemberPathError::Leaves { path: path() });
        }
        for part in text.split('/') {
            if part.contains(':') {
                return Err(MemberPathError::Drive { path: path() });
            }
            if part.contains(NO_NAME_OF_WINDOWS) || part.parse::<FileName>().is_err() {
                return Err(MemberPathError::Part { path: path(), part: shown(part) });
            }
            if is_device(part) {
                return Err(MemberPathError::Device { path: path(), part: shown(part) });
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// Whether Windows takes a file name for a device: `CON`, `aux.html` and `COM1 .txt` are, whatever follows the dot.
/// Source: Microsoft's documentation of naming files, and its note on superscript digits.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_ascii_uppercase();
    let is_numbered = |stem: &str| {
        let digit = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
        digit.is_some_and(|digit| {
            matches!(digit, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
        })
    };
    matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || is_numbered(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> MemberPathError {
        text.parse::<MemberPath>().expect_err(text)
    }

    #[test]
    fn paths_that_every_system_can_keep_come_back_as_they_were() {
        let long = format!("{}name", "folder/".repeat(140));
        for text in [
            "a.whl",
            "a/b/c.txt",
            ".config",
            "_static/é.css",
            "a b/c d",
            "console/com10.txt",
            "nullable",
            &long,
        ] {
            let path: MemberPath = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(path.to_string(), text);
            assert_eq!(Some(path.file_name()), text.rsplit('/').next());
            assert!(path.below(Path::new("docs")).starts_with("docs"));
        }
    }

    #[test]
    fn paths_that_leave_their_folder_are_refused() {
        for text in ["/x", "\\x", "../x", "a/../../x", "a/..", "..", "a\\..\\x", "..\\x"] {
            assert!(matches!(error(text), MemberPathError::Leaves { .. }), "{text}");
        }
        for text in ["C:\\x", "c:x", "C:/x", "\\\\server\\share\\x", "a/x:stream", "a/C:/x"] {
            assert!(matches!(error(text), MemberPathError::Drive { .. }), "{text}");
        }
    }

    #[test]
    fn parts_that_some_system_cannot_keep_are_refused_wherever_they_stand() {
        let long = "x".repeat(256);
        for part in [
            "",
            ".",
            "a.",
            "a ",
            " a",
            "a\\b",
            "a\nb",
            "a\0b",
            "\u{202e}gpj.exe",
            "\u{7f}",
            "a?",
            "a<b>",
            "a|b",
            "\"",
            "*",
            &long,
        ] {
            for text in [part.to_owned(), format!("a/{part}"), format!("{part}/a"), format!("a/{part}/b")] {
                // A path that begins with an empty part is absolute.
                assert!(text.parse::<MemberPath>().is_err(), "{text:?}");
            }
        }
        assert!(matches!(error(&"folder/".repeat(147)), MemberPathError::Long { .. }));
    }

    #[test]
    fn names_of_devices_are_refused_whatever_their_case_and_ending() {
        for name in
            ["con", "PRN", "Aux.html", "nul.tar.gz", "COM1", "lpt9.txt", "com².log", "CONIN$", "aux .txt"]
        {
            for text in [name.to_owned(), format!("a/{name}"), format!("{name}/a")] {
                assert!(matches!(error(&text), MemberPathError::Device { .. }), "{text}");
            }
        }
        for name in ["auxiliary", "com0", "com10", "lpt", "console.log", "a.con", "_con"] {
            assert!(name.parse::<MemberPath>().is_ok(), "{name}");
        }
    }

    #[test]
    fn one_file_on_some_system_is_one_when_folded() {
        for (one, other) in [
            ("Readme.md", "README.MD"),
            ("docs/É.html", "docs/e\u{301}.html"),
            ("\u{212b}", "å"),
            ("ΣΑΣ", "σας"),
            ("İ", "i\u{307}"),
            ("\u{212a}", "k"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("a", "b"), ("é", "e"), ("ı", "i"), ("a/b", "a-b")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn folding_twice_or_any_spelling_of_a_character_changes_nothing() {
        for c in ('\0'..='\u{2ffff}').filter(|c| c.is_alphanumeric()) {
            let text = c.to_string();
            let once = folded(&text);
            assert_eq!(folded(&once), once, "{c:?}");
            assert_eq!(folded(&text.nfd().collect::<String>()), once, "{c:?}");
        }
    }
}
