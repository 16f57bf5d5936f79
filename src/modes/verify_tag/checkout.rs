//! Whether the files that were read are those of the tagged commit.
//!
//! A workflow that another one's end starts, and one that is started by hand on a branch, check out something else than
//! the tag unless they are told to.

use super::rules::OTHER_CHECKOUT;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::modes::project::tree::DiskTree;
use crate::report::Finding;

/// What a checkout is at, as far as its own files tell. One that is packed away, and a worktree, do not.
pub(super) fn head(tree: &DiskTree) -> Option<CommitSha> {
    let head = tree.git_file("HEAD")?;
    let head = head.trim();
    match head.strip_prefix("ref: ") {
        None => head.parse().ok(),
        // The name comes from a file that anybody could have written: it leads to a reference, and nowhere else.
        Some(name) if name.starts_with("refs/") && !name.contains("..") => {
            tree.git_file(name)?.trim().parse().ok()
        }
        Some(_) => None,
    }
}

/// The finding about a checkout that is at another commit than the tag.
pub(super) fn judge(head: Option<&CommitSha>, tag: &Tag, commit: &CommitSha) -> Option<Finding> {
    let head = head.filter(|head| *head != commit)?;
    let (head, commit) = (head.short(), commit.short());
    let message = format!(
        "the checkout is at {head}, and `{tag}` leads to {commit}: the files that were read are not the tagged ones"
    );
    Some(OTHER_CHECKOUT.finding(message))
}
