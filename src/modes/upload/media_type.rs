//! What kind of bytes an artifact is, as browsers and GitHub's own client name it by the ending of a file.

use super::Form;

/// The kinds of files that jobs leave as they are. Of all others nothing is known but that they are bytes.
const KINDS: &[(&str, &str)] = &[
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("js", "application/javascript"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tgz", "application/gzip"),
    ("txt", "text/plain"),
    ("xml", "text/xml"),
    ("zip", "application/zip"),
];

/// The media type of the artifact called `name`.
pub(super) fn of(form: &Form, name: &str) -> &'static str {
    let ending = match form {
        Form::Archive { .. } => "zip",
        Form::Raw => name.rsplit_once('.').map_or("", |(_, ending)| ending),
    };
    let found = KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
    found.map_or("application/octet-stream", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_the_kind() {
        for (name, kind) in [
            ("tool.txt", "text/plain"),
            ("a.tar.gz", "application/gzip"),
            ("INDEX.HTML", "text/html"),
            ("tool", "application/octet-stream"),
            ("tool.exe", "application/octet-stream"),
        ] {
            assert_eq!(of(&Form::Raw, name), kind, "{name}");
        }
    }
}
