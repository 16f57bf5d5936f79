//! Crates against what is released: cargo takes down in a crate which commit it packed.

use crate::checks::Dist;
use crate::model::manifest::Origin;
use crate::report::{Finding, Rule, Severity};

/// A crate was packed from another commit.
pub(super) const OTHER_COMMIT: Rule = Rule {
    id: "crate/other-commit",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The crate was packed from another commit than the one that is released",
    explain: "Cargo writes the commit into each crate. Another one than the release's means that the job which packed it \
              had checked out something else, such as the branch in place of the tag, or that the file is left from another \
              build.",
    fix: "pack the crate in a job that checks out the released commit",
    sources: &["The Cargo Book, cargo package"],
    since: "0.1.0",
};

/// What the crates say of their commits, where both are known.
pub(super) fn compare(origin: &Origin, dists: &[Dist]) -> Vec<Finding> {
    let Some(released) = &origin.commit else { return Vec::new() };
    let packed = dists.iter().filter_map(|dist| Some((dist, dist.packed()?.packed_from.as_ref()?)));
    let others = packed.filter_map(|(dist, from)| {
        let commit = from.commit.as_ref().filter(|commit| *commit != released)?;
        let message = format!("it was packed from commit {commit}, and {released} is released");
        Some(OTHER_COMMIT.finding(message).in_file(crate::archive::shown(dist.file_name())))
    });
    others.collect()
}
