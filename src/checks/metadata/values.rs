//! Fields of plain text: the summary, keywords, platforms, and what stands for nothing.

use super::{CORE_METADATA, quoted, read};
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/summary-lines",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "the summary has more than one line",
            explain: "`Summary` is the one line that stands below the project's name in lists. An index refuses one that \
                      is folded or holds any other end of a line.",
            fix: "write `description` in `pyproject.toml` as one line",
            sources: &[CORE_METADATA, "packaging, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: summary_lines,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Summary", "one line\n        and another one");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/summary-length",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the summary has more than 512 characters",
            explain: "The public index takes a `Summary` of at most 512 characters. What is longer is a description and \
                      belongs into the README.",
            fix: "shorten `description` in `pyproject.toml` to a sentence",
            sources: &[CORE_METADATA, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: summary_length,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Summary", &"so many words ".repeat(40));
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/keywords",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the keywords are separated by blanks instead of commas",
            explain: "Keywords are separated by commas, and a keyword may have several words. Without a comma all of them \
                      are one long keyword that nobody searches for.",
            fix: "write `keywords` in `pyproject.toml` as a list with one keyword for each entry",
            sources: &[CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: keywords,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Keywords", "dog puppy voting election");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/unknown-value",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a field of METADATA or PKG-INFO says `UNKNOWN`",
            explain: "Old build tools wrote `UNKNOWN` where they were told nothing. The index drops such values, and \
                      others show them as they are.",
            fix: "build with a current build backend, or give the field a value",
            sources: &[CORE_METADATA, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: unknown_value,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Platform", "UNKNOWN");
                })
            },
        },
    },
];

/// The longest summary that the public index takes, in characters.
const LONGEST_SUMMARY: usize = 512;

/// Where Python's `str.splitlines` ends a line.
const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

fn summary_lines(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(summary) = metadata.get("Summary").filter(|summary| summary.contains(LINE_ENDS))
    {
        sink.at(member, format_args!("the summary {} has several lines", quoted(summary)));
    }
}

fn summary_length(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(length) = metadata.get("Summary").map(|summary| summary.chars().count())
        && length > LONGEST_SUMMARY
    {
        sink.at(
            member,
            format_args!("the summary has {length} characters, and {LONGEST_SUMMARY} are the most"),
        );
    }
}

/// One keyword may have some words; so many are a list.
const LEAST_LIST_WORDS: usize = 4;

fn keywords(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(keywords) = metadata.get("Keywords").filter(|keywords| !keywords.contains([',', ';']))
        && keywords.split_whitespace().count() >= LEAST_LIST_WORDS
    {
        sink.at(member, format_args!("the keywords {} have no comma between them", quoted(keywords)));
    }
}

fn unknown_value(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let is_unknown = |(name, value): &&(String, String)| {
        value.trim() == "UNKNOWN"
            && !["Name", "Description"].iter().any(|other| name.eq_ignore_ascii_case(other))
    };
    for (name, _) in metadata.headers().iter().filter(is_unknown) {
        sink.at(member, format_args!("{} is `UNKNOWN`", quoted(name)));
    }
}
