//! Whether a second build gave the same bytes, and where not, what is different in which member.
//!
//! Files are told apart by their digests. Only two that differ are looked into, and only those two at a time, by the
//! same readers and within the same limits as every other distribution.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::difference::{self, Kind};
use crate::archive::shown;
use crate::checks::{Candidate, judge};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::report::{Finding, Report, Rule, Severity};

const SOURCES: &[&str] = &["reproducible-builds.org, SOURCE_DATE_EPOCH and archive metadata"];

/// Users of the two builds get different files.
pub(super) const OTHER_CONTENTS: Rule = Rule {
    id: "reproducible/other-contents",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A second build of the file has other contents",
    explain: "From the same sources somebody else gets something else, so nobody can show that the file comes from \
              these sources. Compilers write paths, times and random names into what they make; generated files hold \
              dates or an order that changes from run to run. RECORD is told of only when nothing else differs.",
    fix: "take both members out and compare them, for instance with diffoscope",
    sources: SOURCES,
    since: "0.1.0",
};

/// The same files in another box.
pub(super) const OTHER_PACKING: Rule = Rule {
    id: "reproducible/other-packing",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A second build of the file has the same contents, packed otherwise",
    explain: "Users get the same files, but the bytes and so the digests differ: times, permissions, owners, the order \
              or the compression of the members. That hides every real difference from those who compare digests.",
    fix: "let the build take times, order and permissions from the sources and not from the machine",
    sources: SOURCES,
    since: "0.1.0",
};

/// A build made something that the other did not.
pub(super) const ONE_SIDED: Rule = Rule {
    id: "reproducible/only-in-one",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A file is in one of the two builds only",
    explain: "A file name holds version and tags: when those depend on the machine or on the moment, two builds make \
              differently named files, and neither can be compared with anything.",
    fix: "build the same wheels both times, on systems that give them the same tags",
    sources: SOURCES,
    since: "0.1.0",
};

/// How much of the release is reproducible.
pub(super) const SUMMARY: Rule = Rule {
    id: "reproducible/compared",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "How many files of the two builds are the same, byte for byte",
    explain: "Tells that the builds were compared, and with what result; the files that differ have findings of their \
              own.",
    fix: "publish how to repeat the build, so that others can compare too",
    sources: SOURCES,
    since: "0.1.0",
};

/// Nothing was compared.
pub(super) const NOTHING: Rule = Rule {
    id: "reproducible/nothing-compared",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "No file of the second build has the name of a file here",
    explain: "A run that compared nothing must not look like one that found everything the same.",
    fix: "look whether `compare-with` is the folder of the second build, and whether it built the same version",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

/// Compares the packages at `paths` with those of one name in `folder`; other files there are nobody's business.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub(super) fn look(disk: &DiskRead, paths: &[PathBuf], folder: &Path) -> Result<Report, DiskError> {
    let second: Vec<_> = disk.list(folder)?.into_iter().filter(|path| is_package(path)).collect();
    let (ours, theirs) = (by_name(paths), by_name(&second));
    let mut report = Report::default();
    let (mut same, mut pairs) = (0, 0);
    for (name, path) in &ours {
        let Some(other) = theirs.get(name) else {
            let message = format!("the second build, in `{}`, has no file of this name", folder.display());
            report.push(ONE_SIDED.finding(message).in_file(path.display().to_string()));
            continue;
        };
        pairs += 1;
        if disk.hashes(path)?.sha256 == disk.hashes(other)?.sha256 {
            same += 1;
        } else {
            report.push(differing(disk, name, path, other).in_file(path.display().to_string()));
        }
    }
    for (_, path) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
        let message = "only the second build has this file";
        report.push(ONE_SIDED.finding(message).in_file(path.display().to_string()));
    }
    if pairs == 0 {
        let message = format!(
            "of {} files here and {} in `{}` no two have one name",
            ours.len(),
            theirs.len(),
            folder.display()
        );
        report.push(NOTHING.finding(message));
    } else {
        report.push(
            SUMMARY.finding(format!("{same} of {pairs} files are the same in both builds, byte for byte")),
        );
    }
    Ok(report)
}

fn is_package(path: &Path) -> bool {
    let path = path.to_string_lossy();
    [".whl", ".tar.gz", ".crate"].iter().any(|ending| path.ends_with(ending))
}

fn by_name(paths: &[PathBuf]) -> BTreeMap<String, &PathBuf> {
    let named =
        paths.iter().filter_map(|path| Some((path.file_name()?.to_string_lossy().into_owned(), path)));
    named.collect()
}

/// What is different in two files of one name.
fn differing(disk: &DiskRead, name: &str, first: &Path, second: &Path) -> Finding {
    let candidate = |path: &Path| {
        let (disk, path) = (disk.clone(), path.to_path_buf());
        let size_bytes = disk.size_bytes(&path);
        let open = move || match disk.open(&path) {
            Ok(file) => Ok(Box::new(file) as Box<_>),
            Err(error) => Err(error.source),
        };
        Candidate { file_name: name.to_owned(), size_bytes, open: Box::new(open) }
    };
    let dists = judge(vec![candidate(first), candidate(second)]);
    let [one, two] = &dists[..] else {
        return OTHER_CONTENTS.finding("its bytes differ in the second build");
    };
    let Some(difference) = difference::compare(one, two) else {
        let errors = [("here", one.error()), ("in the second build", two.error())];
        let why: Vec<_> = errors
            .iter()
            .filter_map(|(place, error)| error.map(|error| format!("{place}: {}", shown(&error.to_string()))))
            .collect();
        return OTHER_CONTENTS
            .finding(format!("its bytes differ, and it cannot be looked into ({})", why.join("; ")));
    };
    let kinds: Vec<_> = difference.kinds().collect();
    let rule = if kinds.iter().any(|kind| kind.is_about_contents()) { OTHER_CONTENTS } else { OTHER_PACKING };
    let message = format!("it is not the same in `{}`: {}", second.display(), difference.told());
    let finding = rule.finding(message);
    let finding = match difference.member() {
        Some(member) => finding.at(shown(member)),
        None => finding,
    };
    match advice(&kinds) {
        Some(advice) => finding.hint(advice),
        None => finding,
    }
}

/// What helps against a difference in the packing, the most common first: several are mended one after the other.
const ADVICE: &[(Kind, &str)] = &[
    (Kind::Time, "set `SOURCE_DATE_EPOCH` to the time of the commit in both builds"),
    (Kind::Mode, "set the same `umask` in both builds, and check the sources out the same way"),
    (Kind::Order, "sort the members: a folder lists its files in another order on every disk"),
    (Kind::Owner, "let the build tool write no owner, or 0, into the archive"),
    (Kind::Compression, "pack both with the same version of the build tool and of zlib"),
];

fn advice(kinds: &[Kind]) -> Option<&'static str> {
    if kinds.iter().any(|kind| kind.is_about_contents()) {
        return None;
    }
    ADVICE.iter().find(|(kind, _)| kinds.contains(kind)).map(|(_, advice)| *advice)
}
