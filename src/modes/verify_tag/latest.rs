//! The tag among the other tags and the releases: other spellings, what came before, what is higher, what is out.

use super::rules::{IMMUTABLE, LOWER, RELEASED, TWO_SPELLINGS};
use crate::model::tag::{Tag, TagPrefix};
use crate::modes::notes::previous_of;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::history::TagRef;
use crate::report::Report;

/// So many other spellings are told.
const MOST_NAMED: usize = 5;

/// All tags of the project that name versions, read once.
pub(super) struct Tags {
    own: Option<TagRef>,
    others: Vec<(Tag, TagRef)>,
}

impl Tags {
    /// Reads the names; what is no tag of the project's versions is left out.
    pub(super) fn read(tag: &Tag, prefix: Option<&TagPrefix>, all: Vec<TagRef>) -> Self {
        let mut tags = Self { own: None, others: Vec::new() };
        for found in all {
            if found.name == tag.as_str() {
                tags.own = Some(found);
            } else if let Ok(other) = Tag::read(&found.name, prefix) {
                tags.others.push((other, found));
            }
        }
        tags.leave_out_moving(tag);
        tags
    }

    /// Where versions have three numbers, a tag of one (`v1`, `20231215`) names none, and one of two (`v1.2`) beside the
    /// full one (`v1.2.0`) moves from release to release. A `4.2` without a `4.2.0` is a version of its own.
    fn leave_out_moving(&mut self, tag: &Tag) {
        let numbers = |tag: &Tag| tag.version().parts().release.len();
        let all = self.others.iter().map(|(other, _)| other).chain([tag]);
        let mut full: Vec<_> = all.filter(|tag| numbers(tag) >= 3).map(|tag| tag.version().clone()).collect();
        full.sort();
        let moves = |other: &Tag| match numbers(other) {
            1 => !full.is_empty(),
            2 => full.binary_search(other.version()).is_ok() && !other.version().is_prerelease(),
            _ => false,
        };
        self.others.retain(|(other, _)| !moves(other));
    }

    /// The tag itself, if it is there.
    pub(super) const fn own(&self) -> Option<&TagRef> {
        self.own.as_ref()
    }

    /// The tag of the version before.
    pub(super) fn previous(&self, tag: &Tag) -> Option<Tag> {
        previous_of(tag, self.others.iter().map(|(other, _)| other.clone()))
    }

    /// Tells of other tags for the same version. One that leads to the same object is another name for the same thing, and
    /// one of a single number moves from release to release.
    pub(super) fn tell_spellings(&self, tag: &Tag, report: &mut Report) {
        let own = self.own().map(|own| &own.object);
        let is_same = |(other, found): &&(Tag, TagRef)| {
            let moves = other.version().parts().release.len() == 1 && tag.version().parts().release.len() > 1;
            other.version() == tag.version() && !moves && own != Some(&found.object)
        };
        for (other, _) in self.others.iter().filter(is_same).take(MOST_NAMED) {
            let message = format!("`{other}` and `{tag}` are both {}", tag.version());
            report.push(TWO_SPELLINGS.finding(message));
        }
    }

    /// The highest stable tag above this one.
    fn higher(&self, tag: &Tag) -> Option<&Tag> {
        let tags = self.others.iter().map(|(other, _)| other);
        let higher = |other: &&Tag| !other.version().is_prerelease() && other.version() > tag.version();
        tags.filter(higher).max_by(|a, b| a.version().cmp(b.version()))
    }

    /// Tells of a higher stable tag, where nobody knows of releases.
    pub(super) fn tell_higher(&self, tag: &Tag, report: &mut Report) {
        if let Some(higher) = self.higher(tag) {
            report.push(LOWER.finding(format!("`{tag}` comes after the tag `{higher}`, which is higher")));
        }
    }

    /// Tells of the tag's own release. One request.
    ///
    /// # Errors
    /// When GitHub cannot tell.
    pub(super) async fn tell_own_release(
        tag: &Tag,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<(), RemoteError> {
        if let Some(release) = github.release_by_tag(tag.as_str()).await? {
            let (rule, state) =
                if release.immutable { (IMMUTABLE, "immutable") } else { (RELEASED, "published") };
            report.push(rule.finding(format!("the release of `{tag}` is {state}: {}", release.html_url)));
        }
        Ok(())
    }

    /// Tells of a higher release. No request where no tag is higher, else one for the latest release, and another one
    /// where that is not higher: a tag that was never released stands in nobody's way.
    ///
    /// # Errors
    /// When GitHub cannot tell.
    pub(super) async fn tell_higher_release(
        &self,
        tag: &Tag,
        prefix: Option<&TagPrefix>,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<(), RemoteError> {
        let Some(higher) = self.higher(tag) else { return Ok(()) };
        // A page may show a prerelease as the latest release where nobody marked it as one.
        let is_higher =
            |released: &Tag| !released.version().is_prerelease() && released.version() > tag.version();
        let latest = github.latest_release().await?;
        let latest = latest.and_then(|release| Tag::read(&release.tag_name, prefix).ok()).filter(is_higher);
        let released = match latest {
            Some(latest) => Some(latest),
            None => github.release_by_tag(higher.as_str()).await?.map(|_| higher.clone()),
        };
        if let Some(released) = released {
            report.push(
                LOWER.finding(format!("`{tag}` comes after the release of `{released}`, which is higher")),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::history::ObjectKind;

    /// `name` or `name@x`, where `x` stands for the object that the tag leads to.
    fn tags(tag: &str, names: &[&str]) -> (Tag, Tags) {
        let tag: Tag = tag.parse().expect("good");
        let read = |text: &&str| {
            let (name, object) = text.split_once('@').unwrap_or((text, "b"));
            let object = object.repeat(40).parse().expect("a hash");
            TagRef { name: name.to_owned(), object, kind: ObjectKind::Commit }
        };
        let tags = Tags::read(&tag, None, names.iter().map(read).collect());
        (tag, tags)
    }

    fn spellings(tag: &str, names: &[&str]) -> Vec<String> {
        let (tag, tags) = tags(tag, names);
        let mut report = Report::default();
        tags.tell_spellings(&tag, &mut report);
        report.findings().iter().map(|finding| finding.message.clone()).collect()
    }

    #[test]
    fn two_tags_of_one_version_are_told() {
        let found = spellings("v1.2.0-rc1", &["v1.2.0-rc1@a", "v1.2.0rc1", "1.2.0-rc.1", "v1.2.0-rc2", "x"]);
        assert_eq!(
            found,
            [
                "`1.2.0-rc.1` and `v1.2.0-rc1` are both 1.2.0rc1",
                "`v1.2.0rc1` and `v1.2.0-rc1` are both 1.2.0rc1"
            ]
        );
        assert!(spellings("v1.0.0", &["v1.0.0@a", "v1"]).is_empty(), "`v1` moves");
        assert!(spellings("v1.2.0", &["v1.2.0@a", "v1.2@a"]).is_empty(), "one object under two names");
        assert!(spellings("v1.2.0", &["v1.2.0@a", "v1.2@b"]).is_empty(), "`v1.2` moves");
        assert_eq!(spellings("v1.2", &["v1.2@a", "v1.2.0@b"]).len(), 1);
        assert_eq!(spellings("v1", &["v1@a", "1"]).len(), 1);
    }

    #[test]
    fn what_came_before_and_what_is_higher() {
        let names = ["v1.2.0@a", "v1.1.0", "v1.3.0-rc1", "v1.10.0", "v2.0.0-beta1", "nightly", "x-v9.0.0"];
        let (tag, found) = tags("v1.2.0", &names);
        assert_eq!(found.previous(&tag).as_ref().map(Tag::as_str), Some("v1.1.0"));
        assert_eq!(found.higher(&tag).map(Tag::as_str), Some("v1.10.0"));
        let (tag, found) = tags("v1.10.0", &names);
        assert!(found.higher(&tag).is_none(), "a prerelease is nobody's latest release");
        assert!(found.own().is_some() && tags("v7.0.0", &names).1.own().is_none());
    }

    #[test]
    fn tags_that_move_are_neither_higher_nor_before() {
        let names = ["v1.0.0@a", "v1.0", "v2", "20231215", "v0.9.1", "v0.9", "v1"];
        let (tag, found) = tags("v1.0.1", &names);
        assert!(found.higher(&tag).is_none(), "{:?}", found.higher(&tag));
        let (tag, found) = tags("v1.0.0", &["v1.0.0@a", "v0.9.1", "v1", "v0.10", "v0"]);
        assert_eq!(found.previous(&tag).as_ref().map(Tag::as_str), Some("v0.10"), "a version of its own");
        let (tag, found) = tags("4.2.1", &["4.2", "4.1.9", "5.0"]);
        assert_eq!(found.previous(&tag).as_ref().map(Tag::as_str), Some("4.2"));
        assert_eq!(found.higher(&tag).map(Tag::as_str), Some("5.0"));
        let (tag, found) = tags("20231215", &["20231215@a", "20231101", "20240101"]);
        assert_eq!(found.previous(&tag).as_ref().map(Tag::as_str), Some("20231101"));
    }
}
