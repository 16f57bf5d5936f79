//! Tags, branches and commits, and how two commits stand to each other.

use super::read::GithubRead;
use super::refusal::says;
use super::wire::{CommitFactsWire, ComparisonWire, PointerWire, TagObjectWire};
use super::{cut, moment};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::history::{Branch, CommitFacts, Relation, TagObject, TagRef};

/// More references than any repository that we know has.
const REFS: usize = 100_000;
/// GitHub's words about commits that share no history.
const UNRELATED: &str = "No common ancestor";

impl GithubRead {
    /// The tags whose names begin with `prefix`, by name. One request.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn tags_starting(&self, prefix: &str) -> Result<Vec<TagRef>, RemoteError> {
        let what = format!("listing the tags of {}{}", self.api.repository, beginning(prefix));
        let found = self.references(&what, "tags", prefix).await?;
        Ok(found
            .into_iter()
            .map(|(name, object)| TagRef { name, kind: object.kind(), object: object.sha })
            .collect())
    }

    /// The branches whose names begin with `prefix`, by name. One request.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn branches_matching(&self, prefix: &str) -> Result<Vec<Branch>, RemoteError> {
        let what = format!("listing the branches of {}{}", self.api.repository, beginning(prefix));
        let found = self.references(&what, "heads", prefix).await?;
        Ok(found.into_iter().map(|(name, object)| Branch { name, head: object.sha }).collect())
    }

    /// The object of an annotated tag, by its own hash.
    ///
    /// # Errors
    /// When GitHub could not tell, or there is no such object.
    pub(crate) async fn annotated(&self, object: &CommitSha) -> Result<TagObject, RemoteError> {
        let what = format!("looking up the tag object {}", object.short());
        let route = self.api.route(&["git", "tags", object.as_str()]);
        Ok(self.api.get::<TagObjectWire>(&what, &route).await?.into())
    }

    /// What is known of a commit; `None` if there is no such commit. A commit that only a fork has counts too.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn commit_facts(&self, commit: &CommitSha) -> Result<Option<CommitFacts>, RemoteError> {
        let what = format!("looking up the commit {}", commit.short());
        let route = self.api.route(&["git", "commits", commit.as_str()]);
        let Some(wire) = self.api.find::<CommitFactsWire>(&what, &route).await? else {
            return self.require_repository().await.map(|()| None);
        };
        let unreadable = || self.api.unexpected(&what, "a moment in UTC", wire.committer.date.clone());
        let date = moment::day(&wire.committer.date).ok_or_else(unreadable)?;
        let parents = wire.parents.into_iter().map(|parent| parent.sha).collect();
        Ok(Some(CommitFacts { verification: wire.verification.into(), parents, date }))
    }

    /// How `head` stands to `base`. One request; where the head is behind, its answer holds no commits and no files.
    ///
    /// # Errors
    /// When GitHub could not tell, there is no such head, or the repository cannot be seen.
    pub(crate) async fn compare(&self, base: &CommitSha, head: &CommitSha) -> Result<Relation, RemoteError> {
        let what = format!("comparing {} with {}", head.short(), base.short());
        // Files come on the first page only, and one commit is the least that a page has.
        let route = self.api.route(&["compare", &format!("{base}...{head}")]);
        match self.api.get::<ComparisonWire>(&what, &format!("{route}?per_page=1")).await {
            Ok(wire) => wire.relation().ok_or_else(|| {
                let found = format!("`{}`", cut(&wire.status));
                self.api.unexpected(&what, "one commit's standing to another", found)
            }),
            Err(error) if says(&error, UNRELATED) => Ok(Relation::NoCommonAncestor),
            Err(error) if super::refusal::is_absent(&error) && !self.commit(base).await? => {
                Ok(Relation::BranchGone)
            }
            Err(error) => Err(error),
        }
    }

    /// The references below `refs/SHELF/` whose names begin with `prefix`, by name.
    async fn references(
        &self,
        what: &str,
        shelf: &str,
        prefix: &str,
    ) -> Result<Vec<(String, super::wire::ObjectWire)>, RemoteError> {
        let segments = ["git", "matching-refs", shelf].into_iter();
        let route: Vec<&str> = match prefix {
            "" => segments.collect(),
            prefix => segments.chain(prefix.split('/')).collect(),
        };
        let found = self.api.list_unsized::<PointerWire>(what, &self.api.route(&route), REFS).await?;
        let _ = self.visible.set(());
        let named = found.into_iter().filter_map(|pointer| {
            let name =
                pointer.name?.strip_prefix("refs/")?.strip_prefix(shelf)?.strip_prefix('/')?.to_owned();
            name.starts_with(prefix).then_some((name, pointer.object))
        });
        let mut named: Vec<_> = named.collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(named)
    }
}

/// How a list is narrowed, for messages.
fn beginning(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!(" that begin with `{}`", cut(prefix)) }
}
