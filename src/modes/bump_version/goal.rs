//! What the version is to become, and what each file is to hold then.

use super::step::Versions;
use crate::model::tag::Tag;
use crate::model::version::{Spelling, Version};
use crate::sources::Edit;

/// What the version is to become.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    /// What the project states.
    pub(super) previous: Version,
    /// What it is to state.
    pub(super) version: Version,
    /// The tag of that.
    pub(super) tag: Tag,
    /// How versions are shown: as the tag spells them.
    pub(super) spelling: Spelling,
    /// Every file that changes, by its path in the project.
    pub(super) edits: Vec<Edit>,
    /// The files that state the version, with what they hold: a place is held to these where nothing changes.
    pub(super) kept: Vec<Edit>,
    /// The files that change, as they are told.
    pub(super) files: Vec<String>,
    /// A file that changes, if possible one that states the version, by its path in the repository: whoever changed it
    /// last raised the version.
    pub(super) anchor: Option<String>,
    /// The changelog among the files, whose text has the day of the bump in it.
    pub(super) dated: Option<String>,
}

/// What a place holds of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// What it held before the bump.
    Old,
    /// What it is to hold.
    New,
    /// Something else, or nothing.
    Other,
}

/// What a place holds of all files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// All of them are as they were before the bump.
    Old,
    /// All of them are as they are to be.
    New,
    /// These are neither.
    Others(Vec<String>),
    /// Some are as they were, and some as they are to be.
    Mixed { old: Vec<String>, new: Vec<String> },
}

impl Goal {
    /// A version as it is told.
    pub(super) fn written(&self, version: &Version) -> String {
        version.spelled(self.spelling).unwrap_or_else(|_unsayable| version.pep440())
    }

    /// From which version to which.
    pub(super) fn versions(&self) -> Versions {
        Versions { from: self.written(&self.previous), to: self.written(&self.version) }
    }

    /// How a text stands to what the file was and is to be. A changelog that an earlier run wrote has another day in it.
    pub(super) fn standing(&self, edit: &Edit, text: Option<&str>) -> Standing {
        let is_dated = self.dated.as_ref() == Some(&edit.file);
        match text {
            Some(text) if text == edit.after => Standing::New,
            Some(text) if text == edit.before => Standing::Old,
            Some(text) if is_dated && self.is_of_another_day(&edit.after, text) => Standing::New,
            _ => Standing::Other,
        }
    }

    /// The files that a place is held to.
    pub(super) fn held(&self) -> &[Edit] {
        if self.edits.is_empty() { &self.kept } else { &self.edits }
    }

    /// How a place stands to the goal whose texts these are, in the order of the files that it is held to. What changes
    /// nothing is done where these files are.
    pub(super) fn whole<'a>(&self, texts: impl IntoIterator<Item = Option<&'a str>>) -> Whole {
        let (mut old, mut new, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (edit, text) in self.held().iter().zip(texts) {
            let of_standing = match self.standing(edit, text) {
                Standing::Old => &mut old,
                Standing::New => &mut new,
                Standing::Other => &mut others,
            };
            of_standing.push(edit.file.clone());
        }
        match (old.is_empty(), new.is_empty()) {
            _ if !others.is_empty() => Whole::Others(others),
            (true, _) => Whole::New,
            (false, true) => Whole::Old,
            (false, false) => Whole::Mixed { old, new },
        }
    }

    /// Whether `text` is `wanted` but for the heading of the version, which has the day of the run that wrote it. Where
    /// headings are underlined, the line below has another length then.
    fn is_of_another_day(&self, wanted: &str, text: &str) -> bool {
        let version = [Some(self.version.pep440()), self.version.semver()];
        let is_heading = |line: &str| version.iter().flatten().any(|version| line.contains(version.as_str()));
        let is_rule = |line: &str| line.trim_end().chars().all(|c| c.is_ascii_punctuation());
        let (mut wanted, mut text) = (wanted.split('\n'), text.split('\n'));
        loop {
            match (wanted.next(), text.next()) {
                (None, None) => return true,
                (Some(wanted), Some(text)) if wanted == text => {}
                (Some(wanted), Some(text)) if is_heading(wanted) && is_heading(text) => {}
                (Some(wanted), Some(text)) if is_rule(wanted) && is_rule(text) => {}
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal() -> Goal {
        let edit = |file: &str, before: &str, after: &str| Edit {
            file: file.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        Goal {
            previous: "1.2.0".parse_version(),
            version: "1.3.0".parse_version(),
            tag: "v1.3.0".parse().expect("good"),
            spelling: Spelling::Semver,
            edits: vec![
                edit("CHANGELOG.md", "## Unreleased\n", "## 1.3.0 - 2026-11-22\n"),
                edit("VERSION", "1.2.0", "1.3.0"),
            ],
            kept: Vec::new(),
            files: Vec::new(),
            anchor: None,
            dated: Some("CHANGELOG.md".to_owned()),
        }
    }

    trait ParseVersion {
        fn parse_version(&self) -> Version;
    }

    impl ParseVersion for str {
        fn parse_version(&self) -> Version {
            Version::from_either(self).expect("good")
        }
    }

    #[track_caller]
    fn check(changelog: Option<&str>, version: Option<&str>, expected: &Whole) {
        assert_eq!(goal().whole([changelog, version]), *expected);
    }

    #[test]
    fn a_place_is_as_it_was_or_as_it_is_to_be_or_neither() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        check(Some("## Unreleased\n"), Some("1.2.0"), &Whole::Old);
        check(Some("## 1.3.0 - 2026-11-22\n"), Some("1.3.0"), &Whole::New);
        check(Some("## 1.3.0 - 2026-11-20\n"), Some("1.3.0"), &Whole::New);
        check(
            Some("## 1.3.0 - 2026-11-20\n\n- More\n"),
            Some("1.3.0"),
            &Whole::Others(names(&["CHANGELOG.md"])),
        );
        check(Some("## 1.4.0 - 2026-11-22\n"), Some("1.3.0"), &Whole::Others(names(&["CHANGELOG.md"])));
        check(Some("## Unreleased\n"), None, &Whole::Others(names(&["VERSION"])));
        let mixed = Whole::Mixed { old: names(&["CHANGELOG.md"]), new: names(&["VERSION"]) };
        check(Some("## Unreleased\n"), Some("1.3.0"), &mixed);
        let nothing = Goal { edits: Vec::new(), ..goal() };
        assert_eq!(nothing.whole([]), Whole::New);
        let edit = Edit { file: "VERSION".to_owned(), before: "1.3.0".to_owned(), after: "1.3.0".to_owned() };
        let stated = Goal { kept: vec![edit], ..nothing };
        assert_eq!(stated.whole([Some("1.3.0")]), Whole::New);
        assert_eq!(stated.whole([Some("1.2.0")]), Whole::Others(names(&["VERSION"])));
    }
}
