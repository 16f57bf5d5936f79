//! What the tags, branches and commits of a repository are to one another, whoever tells it: GitHub, or the git of a
//! checkout.
//!
//! Hashes are what counts here: a name may lead elsewhere a moment later. Who is allowed to release what is not judged.

use super::error::RemoteError;
use super::git::GitRead;
use super::github::read::GithubRead;
use crate::model::revision::CommitSha;

/// A day of the calendar, in UTC: year, month and day, both counted from 1.
pub(crate) type Day = (u16, u8, u8);

/// Annotated tags may point to annotated tags, but nobody nests them deeper.
const TAG_DEPTH: usize = 10;

/// A tag by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagRef {
    /// Its name, without `refs/tags/`.
    pub(crate) name: String,
    /// What it points at: a commit, or the object of an annotated tag.
    pub(crate) object: CommitSha,
    /// What that is.
    pub(crate) kind: ObjectKind,
}

/// What a tag points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    /// A commit: the tag is a name and nothing else.
    Commit,
    /// The object of an annotated tag, which says who made it and may be signed.
    Tag,
    /// A file or a folder, which nobody releases.
    Other,
}

/// The object of an annotated tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagObject {
    /// The name that was signed. A signed object stays good under any other name, so that of the tag must be the same.
    pub(crate) name: String,
    /// What it points at.
    pub(crate) target: CommitSha,
    /// What that is: another tag's object where tags are nested.
    pub(crate) target_kind: ObjectKind,
    /// Who made it, by their own words; nobody in particular where the object does not say.
    pub(crate) tagger: Option<Person>,
    /// Whether the words can be believed.
    pub(crate) verification: Verification,
}

/// Who made a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Their name.
    pub(crate) name: String,
    /// Their e-mail address.
    pub(crate) email: String,
}

/// What became of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verification {
    /// Whether there is one, it is good, and its key belongs to the person who is named.
    pub(crate) verified: bool,
    /// Why, in GitHub's words: `valid`, `unsigned`, `unknown_key`, `bad_email`, …
    pub(crate) reason: String,
}

/// Where a tag leads in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peeled {
    /// The commit.
    pub(crate) commit: CommitSha,
    /// The objects of annotated tags on the way, the outermost first; none for a plain tag.
    pub(crate) objects: Vec<TagObject>,
}

/// What is known of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitFacts {
    /// What became of its signature.
    pub(crate) verification: Verification,
    /// The commits that it was made from.
    pub(crate) parents: Vec<CommitSha>,
    /// The day on which it was committed.
    pub(crate) date: Day,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    /// Its name, without `refs/heads/`.
    pub(crate) name: String,
    /// Its newest commit.
    pub(crate) head: CommitSha,
}

/// How a head stands to a base. A commit is on a branch when it is [`Identical`](Self::Identical) to the branch's head
/// or [`Behind`](Self::Behind) it, the branch's head being the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// They are one commit.
    Identical,
    /// The head has all of the base, and more.
    Ahead,
    /// The base has all of the head, and more.
    Behind,
    /// Each has something that the other lacks.
    Diverged,
    /// They share no history at all.
    NoCommonAncestor,
    /// The base is not there any more: its branch was deleted or rewritten meanwhile.
    BranchGone,
}

/// Whom to ask.
#[expect(clippy::large_enum_variant, reason = "a run has one of it, which stays where it is")]
#[derive(Clone, Debug)]
pub(crate) enum History {
    /// GitHub.
    Api(GithubRead),
    /// The git of this machine, in a checkout.
    Checkout(GitRead),
}

impl History {
    /// The tags whose names begin with `prefix`, by name. One request.
    ///
    /// # Errors
    /// When it cannot be told, or the repository cannot be seen.
    pub(crate) async fn tags_starting(&self, prefix: &str) -> Result<Vec<TagRef>, RemoteError> {
        match self {
            Self::Api(github) => github.tags_starting(prefix).await,
            Self::Checkout(git) => git.tags_starting(prefix).await,
        }
    }

    /// The branches whose names begin with `prefix`, by name. One request. A checkout has a branch twice where its own
    /// head is not the remote's.
    ///
    /// # Errors
    /// When it cannot be told, or the repository cannot be seen.
    pub(crate) async fn branches_matching(&self, prefix: &str) -> Result<Vec<Branch>, RemoteError> {
        match self {
            Self::Api(github) => github.branches_matching(prefix).await,
            Self::Checkout(git) => git.branches_matching(prefix).await,
        }
    }

    /// The object of an annotated tag, by its own hash.
    ///
    /// # Errors
    /// When it cannot be told, or there is no such object.
    pub(crate) async fn annotated(&self, object: &CommitSha) -> Result<TagObject, RemoteError> {
        match self {
            Self::Api(github) => github.annotated(object).await,
            Self::Checkout(git) => git.annotated(object).await,
        }
    }

    /// What is known of a commit; `None` if there is no such commit.
    ///
    /// # Errors
    /// When it cannot be told, or the repository cannot be seen.
    pub(crate) async fn commit_facts(&self, commit: &CommitSha) -> Result<Option<CommitFacts>, RemoteError> {
        match self {
            Self::Api(github) => github.commit_facts(commit).await,
            Self::Checkout(git) => git.commit_facts(commit).await,
        }
    }

    /// How `head` stands to `base`. One request.
    ///
    /// # Errors
    /// When it cannot be told, or there is no such head.
    pub(crate) async fn compare(&self, base: &CommitSha, head: &CommitSha) -> Result<Relation, RemoteError> {
        match self {
            Self::Api(github) => github.compare(base, head).await,
            Self::Checkout(git) => git.compare(base, head).await,
        }
    }

    /// Where `tag` leads in the end, through any number of annotations. A request for each of them, and none for a
    /// plain tag.
    ///
    /// # Errors
    /// When it cannot be told, or the tag leads to no commit.
    pub(crate) async fn peeled(&self, tag: &TagRef) -> Result<Peeled, RemoteError> {
        let mut objects = Vec::new();
        let (mut at, mut kind) = (tag.object.clone(), tag.kind);
        while objects.len() <= TAG_DEPTH {
            match kind {
                ObjectKind::Commit => return Ok(Peeled { commit: at, objects }),
                ObjectKind::Tag => {
                    let object = self.annotated(&at).await?;
                    (at, kind) = (object.target.clone(), object.target_kind);
                    objects.push(object);
                }
                ObjectKind::Other => break,
            }
        }
        let name: String = tag.name.chars().take(200).collect();
        Err(RemoteError::Missing {
            what: format!("the tag `{name}` leads to no commit"),
            hint: "tag the commit itself: a tag of a file, of a folder, or of a long row of other tags releases nothing"
                .to_owned(),
        })
    }
}
