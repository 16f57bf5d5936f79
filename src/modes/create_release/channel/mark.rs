//! What a release of a channel says of itself, in a comment that its page does not show: which commit it is of, and
//! which files are ours. Without the second nobody could tell a wheel of the last build, whose name has its version in
//! it, from a file that a person put there.

use std::collections::BTreeSet;

use crate::model::channel::ChannelName;
use crate::model::digest::Sha256;
use crate::model::revision::CommitSha;
use crate::remote::github::{self, Asset};

/// The mark of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The commit that its files were built from.
    pub(super) commit: CommitSha,
    /// The files that are ours, each by a short digest of its name: a thousand names would not fit into a text.
    files: BTreeSet<String>,
}

impl Mark {
    /// The mark of a release of `commit` that holds files of these names.
    pub(super) fn new<'a>(commit: CommitSha, names: impl Iterator<Item = &'a str>) -> Self {
        Self { commit, files: names.map(key).collect() }
    }

    /// The mark of the channel's release whose text this is; none if the release is not ours, or not of this channel.
    pub(super) fn of(body: &str, channel: &ChannelName) -> Option<Self> {
        let line = line_of(body, channel)?;
        let (commit, files) = line.strip_prefix(&opening(channel))?.strip_suffix(CLOSE)?.split_once(':')?;
        let files = files.split_whitespace().map(str::to_owned).collect();
        Some(Self { commit: commit.parse().ok()?, files })
    }

    /// Whether the file was put there by us.
    pub(super) fn owns(&self, asset: &Asset) -> bool {
        let Asset { name, label, .. } = asset;
        let label = label.as_deref().filter(|label| !label.is_empty());
        self.files.contains(&key(name)) || label.is_some_and(|label| self.files.contains(&key(label)))
    }

    /// Whether files of all these names are ours already.
    pub(super) fn names<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.all(|name| self.files.contains(&key(name)))
    }

    /// The mark of a release that holds the files of both.
    pub(super) fn joined(&self, other: &Self) -> Self {
        Self { commit: self.commit.clone(), files: self.files.union(&other.files).cloned().collect() }
    }

    /// The line of a text that says it.
    pub(super) fn line(&self, channel: &ChannelName) -> String {
        let Self { commit, files } = self;
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        format!("{}{commit}: {}{CLOSE}", opening(channel), files.join(" "))
    }

    /// `body` with this mark in the place of the one that it has, and everything else as it is.
    pub(super) fn put_into(&self, body: &str, channel: &ChannelName) -> String {
        let line = self.line(channel);
        match line_of(body, channel) {
            Some(there) => body.replacen(there, &line, 1),
            None => github::with_region(body, &line),
        }
    }
}

/// Ends the line.
const CLOSE: &str = " -->";

fn opening(channel: &ChannelName) -> String {
    format!("<!-- channel {channel} at ")
}

/// The line of the mark, as it stands in our part of a text: the last of this form, since notes stand before it.
fn line_of<'a>(body: &'a str, channel: &ChannelName) -> Option<&'a str> {
    let ours = github::region_text(body)?;
    let rest = &ours[ours.rfind(&opening(channel))?..];
    rest.find(CLOSE).map(|end| &rest[..end + CLOSE.len()])
}

fn key(name: &str) -> String {
    Sha256::of(name.as_bytes()).to_string()[..8].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> ChannelName {
        "nightly".parse().expect("good")
    }

    fn commit(digit: char) -> CommitSha {
        String::from_iter([digit; 40]).parse().expect("good")
    }

    fn asset(name: &str, label: Option<&str>) -> Asset {
        let (name, label) = (name.to_owned(), label.map(str::to_owned));
        Asset { id: 1, name, label, size_bytes: 1, uploaded: true, sha256: None, url: String::new() }
    }

    #[test]
    fn a_mark_comes_back_from_its_text() {
        let mark = Mark::new(commit('a'), ["a b.whl", "c.whl"].into_iter());
        let body = github::marked(&format!("Notes.\n\n{}", mark.line(&channel())));
        assert_eq!(Mark::of(&body.replace('\n', "\r\n"), &channel()), Some(mark.clone()));
        assert!(mark.owns(&asset("c.whl", None)) && mark.owns(&asset("a.b.whl", Some("a b.whl"))));
        assert!(!mark.owns(&asset("d.whl", Some(""))));
        assert_eq!(Mark::of(&body, &"night".parse().expect("good")), None, "of another channel");
        assert_eq!(Mark::of(&mark.line(&channel()), &channel()), None, "outside of our region");
        let quoted = format!("`<!-- channel nightly at`\n\n{}", mark.line(&channel()));
        assert_eq!(Mark::of(&github::marked(&quoted), &channel()), Some(mark), "the last one counts");
        assert_eq!(Mark::of(&github::marked("<!-- channel nightly at x: -->"), &channel()), None);
        assert_eq!(Mark::of(&github::marked("<!-- channel nightly at "), &channel()), None);
    }

    #[test]
    fn a_mark_is_put_into_a_text_and_leaves_the_rest() {
        let (old, new) =
            (Mark::new(commit('a'), ["a"].into_iter()), Mark::new(commit('b'), ["b"].into_iter()));
        let body = format!("Theirs.\n\n{}\n", github::marked(&format!("Ours.\n\n{}", old.line(&channel()))));
        let joined = old.joined(&new);
        assert!(joined.names(["a", "b"].into_iter()) && !joined.names(["c"].into_iter()));
        assert_eq!(joined.commit, commit('a'));
        let changed = joined.put_into(&body, &channel());
        assert_eq!(Mark::of(&changed, &channel()), Some(joined.clone()));
        assert_eq!(changed, body.replace(&old.line(&channel()), &joined.line(&channel())));
        assert_eq!(Mark::of(&joined.put_into("", &channel()), &channel()), Some(joined));
    }
}
