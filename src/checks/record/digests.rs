//! What RECORD states of each file's contents.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::{Check, Run, Sink};
use super::{INSTALLED, RECORD, own_rows, rows_with_members};
use crate::archive::record::{Algorithm, Row};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::{Digests, Member};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "record/no-digest",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "RECORD has no digest for a file",
            explain: "Only RECORD itself and its signatures stand there without one. Nobody can tell whether the \
                      file is the one that was built.",
            fix: "unpack the wheel with `unzip`, and let `wheel pack` write a digest of every file",
            sources: &[RECORD],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: no_digest,
            specimen: |wheel| {
                wheel.edit_record(|rows| rows[0][1].clear());
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/algorithm",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "RECORD has a digest by a weak or unknown algorithm",
            explain: "Digests are by SHA-256 or better. MD5 and SHA-1 are forbidden, since other files with the same \
                      digest can be made; what is unknown proves nothing.",
            fix: "unpack the wheel with `unzip`, and let `wheel pack` write RECORD with SHA-256",
            sources: &[RECORD],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: algorithm,
            specimen: |wheel| {
                wheel.edit_record(|rows| rows[0][1] = "md5=1B2M2Y8AsgTpgAmY7PhCfg".to_owned());
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/short-digest",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "RECORD has a digest by SHA-224",
            explain: "Digests are by SHA-256 or better. SHA-224 is not broken, but shorter than the format allows, and \
                      other tools may refuse it.",
            fix: "unpack the wheel with `unzip`, and let `wheel pack` write RECORD with SHA-256",
            sources: &[RECORD],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: short_digest,
            specimen: |wheel| {
                wheel.member("sample/empty.txt", "").edit_record(|rows| {
                    for row in rows.iter_mut().filter(|row| row[0] == "sample/empty.txt") {
                        row[1] = "sha224=0UoCjCo6K8lHYQK7KII0xBWisB-CjqYqxbPkLw".to_owned();
                    }
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/digest-form",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a digest in RECORD is malformed",
            explain: "A digest is written `sha256=` and then base64 with `-` and `_` and without `=` at the end, of \
                      the length that the algorithm has.",
            fix: "let `wheel pack` write RECORD; in a script of your own, strip the `=` of URL-safe base64",
            sources: &[RECORD],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: digest_form,
            specimen: |wheel| {
                wheel.edit_record(|rows| rows[0][1].push('='));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/digest-mismatch",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a file has another digest than RECORD states",
            explain: "The file was changed after RECORD was written: signed, stripped, patched, or damaged. `wheel \
                      unpack` refuses the wheel; pip and uv do not look.",
            fix: "find the step that changed the file, and run it before the wheel is packed, or `wheel pack` after it",
            sources: &[RECORD],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: digest_mismatch,
            specimen: |wheel| {
                wheel.edit_record(|rows| {
                    let other = rows[1][1].clone();
                    rows[0][1] = other;
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/size-mismatch",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a file has another size than RECORD states",
            explain: "The file was changed after RECORD was written, or the size is no number.",
            fix: "find the step that changed the file, and let `wheel pack` write RECORD anew after that step",
            sources: &[RECORD, INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: size_mismatch,
            specimen: |wheel| {
                wheel.edit_record(|rows| rows[0][2].push('0'));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/no-size",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "RECORD has no size for a file",
            explain: "The size may be left out, though no build tool does so: something else wrote RECORD.",
            fix: "let `wheel pack` write RECORD anew, with the sizes",
            sources: &[INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: no_size,
            specimen: |wheel| {
                wheel.edit_record(|rows| rows[0][2].clear());
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/self-digest",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "RECORD states a digest or a size of itself",
            explain: "No file can hold its own digest, so what stands there is wrong.",
            fix: "leave digest and size empty in RECORD's own row, as `wheel pack` does",
            sources: &[RECORD],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: self_digest,
            specimen: |wheel| {
                wheel.edit_record(|rows| {
                    let digest = rows[0][1].clone();
                    if let Some(row) = rows.last_mut() {
                        row[1] = digest;
                    }
                });
            },
        },
    },
];

fn no_digest(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (row, member) in rows_with_members(wheel) {
        if row.digest.is_empty() && member.is_some_and(|member| !member.is_directory()) {
            sink.at(&row.path, format_args!("line {} of RECORD has no digest", row.line));
        }
    }
}

/// The name of the algorithm of a row's digest, and its text.
fn digest_parts(row: &Row) -> Option<(&str, &str)> {
    row.digest.split_once('=')
}

fn algorithm(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (row, _) in rows_with_members(wheel) {
        if let Some((name, _)) = digest_parts(row)
            && Algorithm::named(name).is_none()
        {
            let weak = matches!(name, "md5" | "sha1");
            let what = if weak { "weak" } else { "unknown" };
            let name = shown(name);
            sink.at(
                &row.path,
                format_args!(
                    "line {} of RECORD has a digest by `{}`, which is {what}",
                    row.line,
                    name.escape_debug()
                ),
            );
        }
    }
}

fn short_digest(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (row, _) in rows_with_members(wheel) {
        if stated_digest(row).is_some_and(|(algorithm, _)| algorithm == Algorithm::Sha224) {
            sink.at(&row.path, format_args!("line {} of RECORD has a digest by `sha224`", row.line));
        }
    }
}

/// The digest that a row states, by an algorithm that is computed here.
fn stated_digest(row: &Row) -> Option<(Algorithm, Option<Vec<u8>>)> {
    let (name, text) = digest_parts(row)?;
    let algorithm = Algorithm::named(name)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    Some((algorithm, bytes.filter(|bytes| bytes.len() == algorithm.digest_bytes())))
}

fn digest_form(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (row, _) in rows_with_members(wheel) {
        let is_good = match stated_digest(row) {
            Some((_, bytes)) => bytes.is_some(),
            None => row.digest.is_empty() || digest_parts(row).is_some(),
        };
        if !is_good {
            let digest = shown(&row.digest);
            sink.at(
                &row.path,
                format_args!(
                    "line {} of RECORD has the malformed digest `{}`",
                    row.line,
                    digest.escape_debug()
                ),
            );
        }
    }
}

/// What was computed of a member by `algorithm`.
fn found_digest(digests: &Digests, algorithm: Algorithm) -> Option<&[u8]> {
    match &digests.other {
        _ if algorithm == Algorithm::Sha256 => Some(digests.sha256.as_bytes()),
        Some(other) if other.algorithm == algorithm => Some(&other.bytes),
        _ => None,
    }
}

fn digest_mismatch(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (row, member) in rows_with_members(wheel) {
        if let Some((algorithm, Some(stated))) = stated_digest(row)
            && let Some(digests) = member.and_then(Member::digests)
            && found_digest(digests, algorithm) != Some(&stated)
        {
            let found = found_digest(digests, algorithm).map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
            let found = found.unwrap_or_else(|| "not computed, for rows disagree".to_owned());
            let message = format!(
                "line {} of RECORD states `{}`, and the file's digest is `{found}`",
                row.line, row.digest
            );
            sink.at(&row.path, message);
        }
    }
}

fn size_mismatch(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (row, member) in rows_with_members(wheel).into_iter().filter(|(row, _)| !row.size.is_empty()) {
        let size = shown(&row.size);
        let size = size.escape_debug();
        let is_number = row.size.bytes().all(|digit| digit.is_ascii_digit());
        match member.and_then(Member::digests).map(|digests| digests.size_bytes) {
            _ if !is_number => {
                sink.at(
                    &row.path,
                    format_args!("line {} of RECORD has the size `{size}`, which is no number", row.line),
                );
            }
            Some(found) if row.size.parse() != Ok(found) => {
                sink.at(
                    &row.path,
                    format_args!("line {} of RECORD states {size} bytes, and the file has {found}", row.line),
                );
            }
            _ => {}
        }
    }
}

fn no_size(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (row, member) in rows_with_members(wheel) {
        if row.size.is_empty() && member.is_some_and(|member| !member.is_directory()) {
            sink.at(&row.path, format_args!("line {} of RECORD has no size", row.line));
        }
    }
}

fn self_digest(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (record, row) in own_rows(wheel).filter(|(_, row)| !row.digest.is_empty() || !row.size.is_empty()) {
        sink.at(record, format_args!("line {} of RECORD states a digest or a size of RECORD", row.line));
    }
}
