//! Whom to write to, and where to look: addresses of people and of pages.

use std::collections::BTreeMap;

use super::{CORE_METADATA, quoted, read};
use crate::archive::shown;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::python::{email, uri};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/email",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "`Author-email` or `Maintainer-email` holds no good address",
            explain: "The index checks the form of the first address in the field, and refuses the file when mail could \
                      never be sent there.",
            fix: "correct or remove `email` in `authors` and `maintainers` of `pyproject.toml`",
            sources: &[CORE_METADATA, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: emails,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Author-email", "Jane Doe <jane at example.org>");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/url",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "an address of a web page is not well formed",
            explain: "`Home-page`, `Download-URL` and the address in `Project-URL` start with `http://` or `https://` and \
                      hold no blanks. The index refuses others.",
            fix: "write the whole address, starting with `https://`",
            sources: &[CORE_METADATA, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: urls,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Project-URL", "Source, example.org/sample");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/project-url",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a `Project-URL` is no label and address",
            explain: "The field holds a label of at most 32 characters, a comma and an address. The index refuses an entry \
                      without one of them.",
            fix: "write `[project.urls]` in `pyproject.toml` with a short name and an address for each entry",
            sources: &[CORE_METADATA, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: project_url,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Project-URL", "https://example.org/sample");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/repeated-label",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "two entries of `Project-URL` have the same label",
            explain: "The labels are keys to their readers, which cannot hold two addresses for one, and refuse the whole \
                      field.",
            fix: "give each address in `[project.urls]` of `pyproject.toml` a label of its own",
            sources: &["packaging, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: repeated_label,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Project-URL", "Source, https://example.org/a");
                    wheel.add_metadata("Project-URL", "Source, https://example.org/b");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/similar-labels",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "two labels of `Project-URL` are the same once they are in normal form",
            explain: "Readers compare labels in lower case, without blanks and punctuation: `Home Page` is `homepage`. Of \
                      two such entries a page shows one, or the same label twice.",
            fix: "give each address in `[project.urls]` of `pyproject.toml` a label of its own",
            sources: &["well-known project URLs (PEP 753)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: similar_labels,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Project-URL", "Homepage, https://example.org/a");
                    wheel.add_metadata("Project-URL", "Home Page, https://example.org/b");
                })
            },
        },
    },
];

/// The longest label that the public index takes, in characters.
const LONGEST_LABEL: usize = 32;

fn emails(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for field in ["Author-email", "Maintainer-email"] {
        for text in metadata.all(field) {
            if let Err(error) = email::check(text) {
                let error = shown(&error.to_string());
                sink.at(member, format_args!("`{field}` {}: {}", quoted(text), error.escape_debug()));
            }
        }
    }
}

/// Each `Project-URL` as label and address, and the member where it stands.
fn project_urls(dist: &Dist) -> impl Iterator<Item = (&str, &str, &str)> {
    read(dist).into_iter().flat_map(|(member, metadata)| {
        metadata.all("Project-URL").map(move |entry| {
            let (label, url) = entry.split_once(',').unwrap_or((entry, ""));
            (member, label.trim(), url.trim())
        })
    })
}

fn urls(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let is_bad = |url: &str| !matches!(url, "" | "UNKNOWN") && !uri::is_valid(url);
    for field in ["Home-page", "Download-URL"] {
        for url in metadata.all(field).filter(|url| is_bad(url)) {
            sink.at(member, format_args!("`{field}` {} is no address of a web page", quoted(url)));
        }
    }
    for (member, label, url) in project_urls(dist).filter(|(_, _, url)| is_bad(url)) {
        let (label, url) = (quoted(label), quoted(url));
        sink.at(member, format_args!("`Project-URL` {url} (label {label}) is no address of a web page"));
    }
}

fn project_url(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, label, url) in project_urls(dist) {
        let length = label.chars().count();
        if label.is_empty() {
            sink.at(member, format_args!("`Project-URL` {} has no label", quoted(url)));
        } else if url.is_empty() {
            sink.at(member, format_args!("`Project-URL` {} has no address", quoted(label)));
        } else if length > LONGEST_LABEL {
            let label = quoted(label);
            sink.at(
                member,
                format_args!("the label {label} has {length} characters, and {LONGEST_LABEL} are the most"),
            );
        }
    }
}

fn repeated_label(dist: &Dist, sink: &mut Sink<'_>) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (member, label, _) in project_urls(dist) {
        *counts.entry((member, label)).or_default() += 1;
    }
    for ((member, label), count) in counts.into_iter().filter(|(_, count)| *count > 1) {
        sink.at(member, format_args!("the label {} stands {count} times", quoted(label)));
    }
}

/// A label as its readers compare it: PEP 753.
fn normal(label: &str) -> String {
    let kept =
        label.chars().filter(|c| !c.is_ascii_punctuation() && !c.is_ascii_whitespace() && *c != '\u{b}');
    kept.flat_map(char::to_lowercase).collect()
}

fn similar_labels(dist: &Dist, sink: &mut Sink<'_>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (member, label, _) in project_urls(dist) {
        let first = *seen.entry(normal(label)).or_insert(label);
        if first != label {
            let (first, label) = (quoted(first), quoted(label));
            sink.at(member, format_args!("the labels {first} and {label} are the same in normal form"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_compared_as_pep_753_says() {
        for (label, form) in [
            ("Homepage", "homepage"),
            ("Home-page", "homepage"),
            ("Home page", "homepage"),
            ("Change_Log", "changelog"),
            ("What's New?", "whatsnew"),
            ("github", "github"),
        ] {
            assert_eq!(normal(label), form);
        }
    }
}
