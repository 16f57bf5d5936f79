//! Tags, branches and commits of a checkout, and how two commits stand to each other.

use super::GitRead;
use super::ask::unexpected;
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::history::{Branch, CommitFacts, Day, ObjectKind, Person, Relation, TagObject, TagRef};

/// Where a checkout keeps what it knows of the remote's branches.
const REMOTE: &str = "refs/remotes/origin/";
/// Where it keeps its own.
const OWN: &str = "refs/heads/";

/// One reference in git's answer: its whole name, its object, and whether it stands for another reference.
struct Reference {
    name: String,
    object: CommitSha,
    kind: ObjectKind,
    is_symbolic: bool,
}

impl GitRead {
    /// The tags whose names begin with `prefix`, by name.
    ///
    /// # Errors
    /// When git could not tell.
    pub(crate) async fn tags_starting(&self, prefix: &str) -> Result<Vec<TagRef>, RemoteError> {
        let found = self.references("listing the tags", &["refs/tags/"]).await?;
        let tags = found.into_iter().filter_map(|found| {
            let name = found.name.strip_prefix("refs/tags/").filter(|name| name.starts_with(prefix))?;
            Some(TagRef { name: name.to_owned(), object: found.object, kind: found.kind })
        });
        let mut tags: Vec<TagRef> = tags.collect();
        tags.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(tags)
    }

    /// The branches whose names begin with `prefix`, by name: the checkout's own, and what it knows of those of the remote
    /// `origin`. One that is both is there twice where they differ.
    ///
    /// # Errors
    /// When git could not tell.
    pub(crate) async fn branches_matching(&self, prefix: &str) -> Result<Vec<Branch>, RemoteError> {
        let found = self.references("listing the branches", &[OWN, REMOTE]).await?;
        let branches = found.into_iter().filter(|found| !found.is_symbolic).filter_map(|found| {
            let name = found.name.strip_prefix(OWN).or_else(|| found.name.strip_prefix(REMOTE));
            let name = name.filter(|name| name.starts_with(prefix))?;
            Some(Branch { name: name.to_owned(), head: found.object })
        });
        let mut branches: Vec<Branch> = branches.collect();
        branches.sort_by(|a, b| (&a.name, &a.head).cmp(&(&b.name, &b.head)));
        branches.dedup();
        Ok(branches)
    }

    /// The object of an annotated tag, by its own hash.
    ///
    /// # Errors
    /// When git could not tell, or there is no such object.
    pub(crate) async fn annotated(&self, object: &CommitSha) -> Result<TagObject, RemoteError> {
        let what = format!("looking up the tag object {}", object.short());
        let text = self.ask(&what, &["cat-file", "tag", object.as_str()]).await?;
        let (mut tag, tagger) =
            parsed(&text).ok_or_else(|| unexpected(&what, "the object of a tag", &text))?;
        tag.verification = self.verified("verify-tag", object, &text, tagger.as_deref()).await?;
        Ok(tag)
    }

    /// What is known of a commit; `None` if the checkout does not hold it.
    ///
    /// # Errors
    /// When git could not tell.
    pub(crate) async fn commit_facts(&self, commit: &CommitSha) -> Result<Option<CommitFacts>, RemoteError> {
        let what = format!("looking up the commit {}", commit.short());
        if !self.has(&what, commit).await? {
            return Ok(None);
        }
        let text = self.ask(&what, &["cat-file", "commit", commit.as_str()]).await?;
        let unreadable = || unexpected(&what, "a commit", &text);
        let header = || text.lines().take_while(|line| !line.is_empty());
        let parents = header().filter_map(|line| line.strip_prefix("parent ")).map(str::parse);
        let parents = parents.collect::<Result<Vec<CommitSha>, _>>().map_err(|_error| unreadable())?;
        let committer = header().find_map(|line| line.strip_prefix("committer ")).ok_or_else(unreadable)?;
        let email = person(committer).map(|person| person.email);
        let words = [
            "rev-list",
            "--max-count=1",
            "--date=format-local:%Y-%m-%d",
            "--format=%cd",
            commit.as_str(),
            "--",
        ];
        let date = day(&self.ask(&what, &words).await?).ok_or_else(unreadable)?;
        let verification = self.verified("verify-commit", commit, &text, email.as_deref()).await?;
        Ok(Some(CommitFacts { verification, parents, date }))
    }

    /// How `head` stands to `base`.
    ///
    /// # Errors
    /// When git could not tell, the checkout does not hold the head, or it is shallow and does not hold enough history
    /// to say no.
    pub(crate) async fn compare(&self, base: &CommitSha, head: &CommitSha) -> Result<Relation, RemoteError> {
        let what = format!("comparing {} with {}", head.short(), base.short());
        if base == head {
            return Ok(Relation::Identical);
        }
        if !self.has(&what, head).await? {
            return Err(RemoteError::Missing {
                what: format!("the checkout does not hold the commit {}", head.short()),
                hint: DEEPEN.to_owned(),
            });
        }
        if !self.has(&what, base).await? {
            return Ok(Relation::BranchGone);
        }
        if self.is_ancestor(&what, head, base).await? {
            return Ok(Relation::Behind);
        }
        if self.is_ancestor(&what, base, head).await? {
            return Ok(Relation::Ahead);
        }
        if self.is_shallow().await? {
            return Err(RemoteError::Missing {
                what: format!(
                    "the checkout is shallow, so git cannot tell how {} stands to {}: the history between them is not here",
                    head.short(),
                    base.short()
                ),
                hint: DEEPEN.to_owned(),
            });
        }
        let answer = self.try_ask(&what, &["merge-base", base.as_str(), head.as_str()]).await?;
        match answer.code {
            Some(0) => Ok(Relation::Diverged),
            Some(1) => Ok(Relation::NoCommonAncestor),
            _ => Err(super::ask::refused(&what, &answer)),
        }
    }

    /// Whether the checkout lacks history that its commits name.
    ///
    /// # Errors
    /// When git could not tell.
    pub(crate) async fn is_shallow(&self) -> Result<bool, RemoteError> {
        let what = "asking whether the checkout is shallow";
        let answer = self.ask(what, &["rev-parse", "--is-shallow-repository"]).await?;
        match answer.trim() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(unexpected(what, "`true` or `false`", other)),
        }
    }

    /// The commit that is checked out; `None` before the first one.
    ///
    /// # Errors
    /// When git could not tell.
    pub(crate) async fn head(&self) -> Result<Option<CommitSha>, RemoteError> {
        let what = "looking up the commit that is checked out";
        let answer = self.try_ask(what, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).await?;
        match answer.code {
            Some(0) => {
                let text = answer.text();
                text.trim().parse().map(Some).map_err(|_error| unexpected(what, "a commit's hash", &text))
            }
            Some(1) => Ok(None),
            _ => Err(super::ask::refused(what, &answer)),
        }
    }

    async fn has(&self, what: &str, commit: &CommitSha) -> Result<bool, RemoteError> {
        // An object that is not there, and one of another kind, both end with an error that only says so.
        let answer = self.try_ask(what, &["cat-file", "-e", &format!("{commit}^{{commit}}")]).await?;
        match answer.code {
            Some(0) => Ok(true),
            _ if answer.remarks.contains("not a git repository") => Err(super::ask::refused(what, &answer)),
            Some(1 | 128) => Ok(false),
            _ => Err(super::ask::refused(what, &answer)),
        }
    }

    async fn is_ancestor(
        &self,
        what: &str,
        older: &CommitSha,
        newer: &CommitSha,
    ) -> Result<bool, RemoteError> {
        let words = ["merge-base", "--is-ancestor", older.as_str(), newer.as_str()];
        let answer = self.try_ask(what, &words).await?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(super::ask::refused(what, &answer)),
        }
    }

    async fn references(&self, what: &str, below: &[&str]) -> Result<Vec<Reference>, RemoteError> {
        let format = "--format=%(objectname) %(objecttype) %(refname)%00%(symref)";
        let words = ["for-each-ref", format, "--"].into_iter().chain(below.iter().copied());
        let text = self.ask(what, &words.collect::<Vec<_>>()).await?;
        let read = |line| reference(line).ok_or_else(|| unexpected(what, "a reference in each line", line));
        text.lines().map(read).collect()
    }
}

/// What to do where history is missing.
const DEEPEN: &str = "check out with the whole history (`fetch-depth: 0`, or `git fetch --unshallow`), or leave `local` \
    out: GitHub tells the same";

fn reference(line: &str) -> Option<Reference> {
    let (facts, symbolic) = line.split_once('\0')?;
    let [object, kind, name] = facts.splitn(3, ' ').collect::<Vec<_>>()[..] else { return None };
    Some(Reference {
        name: name.to_owned(),
        object: object.parse().ok()?,
        kind: object_kind(kind),
        is_symbolic: !symbolic.is_empty(),
    })
}

fn object_kind(word: &str) -> ObjectKind {
    match word {
        "commit" => ObjectKind::Commit,
        "tag" => ObjectKind::Tag,
        _ => ObjectKind::Other,
    }
}

/// The object of a tag as git writes it, still unverified, and the e-mail address of who made it.
fn parsed(text: &str) -> Option<(TagObject, Option<String>)> {
    let header = || text.lines().take_while(|line| !line.is_empty());
    let value = |key: &str| header().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    let tagger = value("tagger").and_then(person);
    let email = tagger.as_ref().map(|tagger| tagger.email.clone());
    let tag = TagObject {
        name: value("tag")?.to_owned(),
        target: value("object")?.parse().ok()?,
        target_kind: object_kind(value("type")?),
        tagger,
        verification: super::signature::unsigned(),
    };
    Some((tag, email))
}

/// `Some One <someone@example.org> 1795176000 +0100`.
fn person(line: &str) -> Option<Person> {
    let (name, rest) = line.split_once('<')?;
    let (email, _) = rest.split_once('>')?;
    (!email.is_empty()).then(|| Person { name: name.trim().to_owned(), email: email.to_owned() })
}

/// The day in the second line of git's answer; the first names the commit.
fn day(answer: &str) -> Option<Day> {
    let [year, month, day] = answer.lines().nth(1)?.split('-').collect::<Vec<_>>()[..] else { return None };
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}
