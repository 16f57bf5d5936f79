//! What upload-artifacts may find.

use crate::model::digest::Hashes;
use crate::remote::artifacts::LeftArtifact;
use crate::report::{Finding, Rule, Severity};

pub(super) const NO_FILE: Rule = Rule {
    id: "upload/no-file",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A path names no file",
    explain: "An artifact without some of its files looks like a good one to every later job, so each line of `paths` \
              has to name something. Folders that are empty name nothing.",
    fix: "correct the path, or find out why the build did not leave the file there",
    sources: &["GitHub's action for uploads only warns when nothing is found"],
    since: "0.1.0",
};

pub(super) const UNFIT_PATH: Rule = Rule {
    id: "upload/unfit-path",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "A file has a name that some system cannot keep",
    explain: "Artifacts are unpacked on every system: GitHub takes no path with one of `\" : < > | * ?` or a line end \
              in it, what begins or ends with a space, or ends with a full stop, changes its name on Windows, and `aux.txt` or \
              `COM1` are devices there. `collect-artifacts` takes no artifact with such a name in it.",
    fix: "rename the file",
    sources: &["GitHub's toolkit for artifacts refuses these characters"],
    since: "0.1.0",
};

pub(super) const COLLISION: Rule = Rule {
    id: "upload/collision",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Two files have names that some systems take for one",
    explain: "Windows and macOS do not tell upper from lower case, or two spellings of one accented letter: unpacked \
              there, one of the files overwrites the other, or a file stands where another needs a folder. The list \
              of digests and the records of archives that are put in count too.",
    fix: "rename one of the two",
    sources: &["design: an artifact gives the same files on every system"],
    since: "0.1.0",
};

pub(super) const LINK_OUTSIDE: Rule = Rule {
    id: "upload/link-outside",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A link leads out of the folders that `paths` names",
    explain: "Links count as what they lead to, and an artifact is for everybody who may read the repository. A link \
              that leads elsewhere could publish a key or a token of the machine; it takes one line in a pull request \
              to make one. What a line names itself is meant, whatever it is.",
    fix: "copy the file into the folder (`cp -L`), remove the link, or name in `paths` where it leads",
    sources: &["design: what is published was meant to be published"],
    since: "0.1.0",
};

pub(super) const CHECKSUMS_TAKEN: Rule = Rule {
    id: "upload/checksums-taken",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files bring a SHA256SUMS of their own, and it does not list exactly them",
    explain: "The artifact gets a list of the digests of all its files under this name. A file that is there already \
              stays if it is that list, and stands in its way if it is another one.",
    fix: "leave the file out of `paths`, or upload it in a folder beside the files",
    sources: &["design: a list of digests in an artifact is about that artifact"],
    since: "0.1.0",
};

pub(super) const NOT_ONE_FILE: Rule = Rule {
    id: "upload/not-one-file",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "A raw artifact is one file, and another number of files was named",
    explain: "Without an archive around it an artifact is the bytes of one file, and is called as that file is.",
    fix: "name one file, or leave `raw` out",
    sources: &["GitHub's toolkit for artifacts takes one file without an archive"],
    since: "0.1.0",
};

pub(super) const UNREADABLE_ARCHIVE: Rule = Rule {
    id: "upload/unreadable-archive",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "An archive whose record is wanted cannot be read",
    explain: "`provenance` lists the wheels of each archive. Archives are ZIP files, or tar files in gzip.",
    fix: "mend what makes the archive, or leave `provenance` out",
    sources: &["practice: wheelhouse archives are kept with a record of what is in them"],
    since: "0.1.0",
};

pub(super) const META_TAKEN: Rule = Rule {
    id: "upload/meta-taken",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files bring a record of an archive that says something else",
    explain: "With `provenance` each archive gets a record beside it, called like the archive with `.meta` at its end. \
              Another file of this name stands in its way.",
    fix: "leave the file out of `paths`, or leave `provenance` out",
    sources: &["design: a record in an artifact is about the archive beside it"],
    since: "0.1.0",
};

pub(super) const RETENTION: Rule = Rule {
    id: "upload/retention",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The artifact is kept for less time than was asked for",
    explain: "A repository, or whoever owns it, sets for how long artifacts are kept at most; the runner tells that number \
              (`GITHUB_RETENTION_DAYS`). The artifact gets as many days.",
    fix: "ask for fewer days in `retention-days`, or raise the number in the repository's settings",
    sources: &["GitHub's toolkit for artifacts shortens the time in the same way"],
    since: "0.1.0",
};

pub(super) const OTHER_BYTES: Rule = Rule {
    id: "upload/other-bytes",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The run has an artifact of this name with other bytes",
    explain: "A name is taken once in a run. Two jobs that leave different files under one name are a mistake; a job \
              that runs again after a change means to replace what it left.",
    fix: "give each job's artifact a name of its own, or set `if-exists: replace`",
    sources: &["GitHub's service for artifacts answers 409 to the second"],
    since: "0.1.0",
};

/// An artifact that is there under the name, and is not ours.
pub(super) fn other_bytes(left: &LeftArtifact, ours: &Hashes) -> Finding {
    let theirs = match left.sha256 {
        Some(sha256) => format!("sha256 {sha256}"),
        None => "no digest stated".to_owned(),
    };
    let message = format!(
        "there are {} bytes ({theirs}) as artifact {}, and here {} bytes (sha256 {})",
        left.size_bytes, left.id, ours.size_bytes, ours.sha256
    );
    OTHER_BYTES.finding(message).in_file(left.name.clone())
}

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[
    NO_FILE,
    UNFIT_PATH,
    COLLISION,
    LINK_OUTSIDE,
    CHECKSUMS_TAKEN,
    NOT_ONE_FILE,
    UNREADABLE_ARCHIVE,
    META_TAKEN,
    RETENTION,
    OTHER_BYTES,
];
