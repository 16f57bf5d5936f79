//! What crates.io demands that a manifest says of a crate.

use super::super::{Check, Run, Sink};
use super::{CARGO, CRATES_IO, for_crates_io};
use crate::archive::crate_file::PackedFile;
use crate::archive::shown;
use crate::python::license::Expression;
use crate::report::{Rule, Severity};

/// So many of either a crate may have.
const MOST_KEYWORDS: usize = 5;
const LONGEST_KEYWORD_BYTES: usize = 20;
const LONGEST_DESCRIPTION_BYTES: usize = 1000;

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "crate/no-description",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the manifest has no description, or one that is too long",
            explain: "crates.io shows the description where crates are searched for; it must be there and may have \
                      1000 bytes.",
            fix: "write `description` in the manifest: a sentence or two about what the crate is for",
            sources: &[CARGO, CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: no_description,
            specimen: |packed| {
                packed.without_package("description");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/no-license",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the manifest names no licence",
            explain: "crates.io takes no crate without `license` or `license-file`: without one nobody may use it.",
            fix: "write `license` in the manifest (such as `MIT OR Apache-2.0`), or `license-file` for any other text",
            sources: &[CARGO, CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: no_license,
            specimen: |packed| {
                packed.without_package("license");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/license",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "`license` is no expression of SPDX",
            explain: "The field holds identifiers from the list of SPDX, joined by `OR`, `AND` and `WITH`. Other \
                      licences have their text in the crate, and `license-file` leads to it.",
            fix: "write the expression as SPDX has it, or name the text by `license-file` and leave `license` out",
            sources: &[CRATES_IO, "SPDX specification, licence expressions"],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: license,
            specimen: |packed| {
                packed.package("license", "\"proprietary\"");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/keywords",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the manifest has too many keywords or categories, or a keyword of another form",
            explain: "crates.io takes 5 of either. A keyword has at most 20 ASCII letters, digits, `_`, `-` and `+`, \
                      and starts with a letter or a digit.",
            fix: "keep the keywords and categories that say most, and write each keyword as one word",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: keywords,
            specimen: |packed| {
                packed.package("keywords", "[\"two words\"]");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/url",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "`homepage`, `documentation` or `repository` is no address of the web",
            explain: "crates.io links these fields on the crate's page, and takes what starts with `https://` or \
                      `http://` and is an address as a whole.",
            fix: "write the whole address, or leave the key out",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: address,
            specimen: |packed| {
                packed.package("repository", "\"git@forge.example:me/sample\"");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/rust-version",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "`rust-version` is no version of Rust",
            explain: "It has one to three numbers with dots between them, and no operator or prerelease: the oldest \
                      version of Rust that builds the crate.",
            fix: "write it as in `1.85`",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: rust_version,
            specimen: |packed| {
                packed.package("rust-version", "\"stable\"");
            },
        },
    },
];

fn is_empty(text: Option<&String>) -> bool {
    text.is_none_or(String::is_empty)
}

fn no_description(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    let length = manifest.description.as_ref().map_or(0, String::len);
    if length == 0 {
        sink.at(member, "`description` is missing or empty");
    } else if length > LONGEST_DESCRIPTION_BYTES {
        let most = LONGEST_DESCRIPTION_BYTES;
        sink.at(member, format_args!("`description` has {length} bytes, and may have {most}"));
    }
}

fn no_license(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    if is_empty(manifest.license.as_ref()) && is_empty(manifest.license_file.as_ref()) {
        sink.at(member, "`license` and `license-file` are missing or empty");
    }
}

fn license(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    let Some(license) = manifest.license.as_ref().filter(|license| !license.is_empty()) else { return };
    // The older spelling, which crates.io still takes.
    if let Err(error) = license.replace('/', " OR ").parse::<Expression>() {
        let license = shown(license);
        sink.at(member, format_args!("`license` is `{}`: {error}", license.escape_debug()));
    }
}

fn keywords(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    for (field, values) in [("keywords", &manifest.keywords), ("categories", &manifest.categories)] {
        if values.len() > MOST_KEYWORDS {
            let (count, most) = (values.len(), MOST_KEYWORDS);
            sink.at(member, format_args!("it has {count} {field}, and may have {most}"));
        }
    }
    for keyword in &manifest.keywords {
        let shown = shown(keyword);
        let shown = shown.escape_debug();
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
        if keyword.len() > LONGEST_KEYWORD_BYTES {
            let (length, most) = (keyword.len(), LONGEST_KEYWORD_BYTES);
            sink.at(member, format_args!("the keyword `{shown}` has {length} bytes, and may have {most}"));
        } else if !keyword.starts_with(|c: char| c.is_ascii_alphanumeric()) || !keyword.chars().all(good) {
            sink.at(member, format_args!("`{shown}` is no keyword"));
        }
    }
}

fn address(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    let fields = [
        ("homepage", &manifest.homepage),
        ("documentation", &manifest.documentation),
        ("repository", &manifest.repository),
    ];
    for (field, value) in fields {
        let Some(value) = value else { continue };
        let is_web = value.starts_with("https://") || value.starts_with("http://");
        if !is_web || url::Url::parse(value).is_err() {
            sink.at(member, format_args!("`{field}` is `{}`", shown(value).escape_debug()));
        }
    }
}

fn rust_version(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    let Some(version) = &manifest.rust_version else { return };
    let is_plain = version.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !is_plain || semver::VersionReq::parse(version).is_err() {
        sink.at(member, format_args!("`rust-version` is `{}`", shown(version).escape_debug()));
    }
}
