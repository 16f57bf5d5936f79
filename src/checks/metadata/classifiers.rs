//! Trove classifiers.

use std::collections::BTreeSet;

use super::{CORE_METADATA, quoted, read};
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::python::classifier::{self, LIST_DATE, Standing};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/classifier",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a classifier is not on the public index's list",
            explain: "The index takes the classifiers of its list and no others, letter by letter. The list grows: this \
                      program has it as of the day that the message names.",
            fix: "copy the classifier from the index's list, or remove it",
            sources: &[CORE_METADATA, "trove-classifiers"],
            since: "0.1.0",
        },
        run: Run::File {
            check: unknown,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Classifier", "Programming Language :: Phyton :: 3");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/deprecated-classifier",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a classifier was taken off the public index's list",
            explain: "The index refuses new files with a classifier that it has deprecated, though old files keep it.",
            fix: "replace the classifier with the one that the message names, or remove it",
            sources: &[CORE_METADATA, "trove-classifiers"],
            since: "0.1.0",
        },
        run: Run::File {
            check: deprecated,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Classifier", "Natural Language :: Ukranian");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/private",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the distribution says that it must not be published",
            explain: "A classifier that starts with `Private ::` is the usual guard against an upload by mistake: the public \
                      index will never know such a classifier, and so refuses the file.",
            fix: "release to a private index without this rule, or remove the classifier when the project shall be public",
            sources: &["trove-classifiers", "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: private,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Classifier", "Private :: Do Not Upload");
                })
            },
        },
    },
];

/// The classifiers with what they are, each once, and the member where they stand.
fn standings(dist: &Dist) -> impl Iterator<Item = (&str, &str, Standing)> {
    let mut seen = BTreeSet::new();
    read(dist)
        .into_iter()
        .flat_map(|(member, metadata)| metadata.all("Classifier").map(move |text| (member, text)))
        .filter(move |(_, text)| seen.insert(*text))
        .map(|(member, text)| (member, text, classifier::standing(text)))
}

fn is_private(text: &str) -> bool {
    text.starts_with("Private ::")
}

/// A resemblance is looked for where it is told, and in texts of a classifier's length.
const MOST_RESEMBLANCES: usize = 20;
const LONGEST_BYTES: usize = 200;

fn unknown(dist: &Dist, sink: &mut Sink<'_>) {
    let unknown =
        standings(dist).filter(|(_, text, standing)| *standing == Standing::Unknown && !is_private(text));
    for (index, (member, text, _)) in unknown.enumerate() {
        let is_told = index < MOST_RESEMBLANCES && text.len() <= LONGEST_BYTES;
        let nearest = is_told.then(|| classifier::nearest(text)).flatten();
        let nearest = nearest.map(|nearest| format!("; `{nearest}` is")).unwrap_or_default();
        sink.at(member, format_args!("{} is not on the list of {LIST_DATE}{nearest}", quoted(text)));
    }
}

fn deprecated(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, text, standing) in standings(dist) {
        let Standing::Deprecated(others) = standing else { continue };
        let others: Vec<String> = others.iter().map(|other| format!("`{other}`")).collect();
        let instead = match others.is_empty() {
            true => String::new(),
            false => format!(" in favour of {}", others.join(", ")),
        };
        sink.at(member, format_args!("{} is deprecated{instead}", quoted(text)));
    }
}

fn private(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, text, _) in standings(dist).filter(|(_, text, _)| is_private(text)) {
        sink.at(
            member,
            format_args!("{} guards this project against being published, and it would be", quoted(text)),
        );
    }
}
