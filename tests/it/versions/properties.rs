//! What holds for every version, whoever wrote it.

use proptest::prelude::*;
use release_action::model::bump::Bump;
use release_action::model::tag::{Tag, TagPrefix};
use release_action::model::version::{Spelling, Version, VersionKind};

const PYTHON: &str = r"([1-9]!)?[0-9]{1,21}(\.[0-9]{1,3}){0,4}((a|b|rc)[0-9]{1,3})?(\.post[0-9]{1,2})?(\.dev[0-9]{1,20})?(\+[a-z0-9]{1,5}(\.[a-z0-9]{1,5})?)?";
const CRATE: &str = r"(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){2}(-(alpha|beta|rc|dev)\.?(0|[1-9][0-9]?))?(\+[a-z0-9]{1,5})?";
const PREFIX: &str = r"|v|[a-z]{1,8}(-v|/v|-|/|@)|@[a-z]{1,5}/[a-z]{1,5}@";

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![
        PYTHON.prop_map(|text| Version::from_pep440(&text).expect("it is one")),
        CRATE.prop_map(|text| Version::from_semver(&text).expect("it is one")),
    ]
}

fn bump() -> impl Strategy<Value = Bump> {
    let words = prop::sample::select(&Bump::WORDS[..]);
    prop_oneof![words.prop_map(|word| word.parse().expect("a word")), version().prop_map(Bump::To)]
}

fn kind() -> impl Strategy<Value = Option<VersionKind>> {
    prop::option::of(prop::sample::select(&VersionKind::ALL[..]))
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in r"(refs/tags/)?v?([0-9.!+a-z_-]{0,40}|\PC{0,300}|[ -~]{0,40})") {
        let mut told = Vec::new();
        for spelling in [Spelling::Pep440, Spelling::Semver] {
            match Version::read(&text, spelling) {
                Ok(version) => prop_assert_eq!(&Version::from_pep440(&version.pep440()).expect("normal"), &version),
                Err(error) => told.push(error.to_string()),
            }
        }
        told.extend(Tag::read(&text, None).err().map(|error| error.to_string()));
        told.extend(text.parse::<TagPrefix>().err().map(|error| error.to_string()));
        told.extend(text.parse::<Bump>().err().map(|error| error.to_string()));
        for message in told {
            prop_assert!(message.chars().count() < 500 && !message.contains(char::is_control), "{message}");
        }
    }

    #[test]
    fn what_both_spellings_say_is_one_version(version in version()) {
        let python = Version::from_pep440(&version.pep440()).expect("normal");
        prop_assert_eq!(&python, &version);
        match version.spelled(Spelling::Semver) {
            Ok(text) => {
                prop_assert_eq!(&Version::from_semver(&text).expect("it says so"), &version);
                prop_assert_eq!(&Version::from_either(&text).expect("either"), &version);
            }
            Err(why) => prop_assert_eq!(why.spelling(), Spelling::Semver),
        }
        let fitting: Vec<_> = VersionKind::ALL.into_iter().filter(|kind| kind.fits(&version)).collect();
        prop_assert!(fitting.contains(&version.kind()) && version.kind() != VersionKind::Prerelease);
    }

    #[test]
    fn what_is_raised_is_higher_and_of_the_kind(from in version(), bump in bump(), kind in kind()) {
        if let Ok(to) = bump.apply(&from, kind) {
            prop_assert!(to > from, "{bump} of {from} is {to}");
            prop_assert!(kind.is_none_or(|kind| kind.fits(&to)), "{bump} of {from} is {to}");
            prop_assert!(!to.is_local() || matches!(bump, Bump::To(_)), "{bump} of {from} is {to}");
            // What a file then says is read as the same version.
            prop_assert_eq!(&Version::from_pep440(&to.pep440()).expect("normal"), &to);
            if let Ok(text) = to.spelled(Spelling::Semver) {
                prop_assert_eq!(&Version::from_semver(&text).expect("it says so"), &to);
            }
        } else if kind.is_none() {
            let is_final = !from.is_prerelease();
            prop_assert!(matches!(bump, Bump::To(_)) || (matches!(bump, Bump::Release) && is_final), "{bump} of {from}");
        }
    }

    #[test]
    fn every_way_to_a_release_is_upwards(from in version(), ahead in 1usize..4) {
        let stages = [VersionKind::Dev, VersionKind::Alpha, VersionKind::Beta, VersionKind::Rc];
        let mut last = Bump::Minor.apply(&from, Some(stages[0])).expect("every version has a next one");
        for stage in stages {
            for _ in 0..ahead {
                let next = Bump::Prerelease.apply(&last, Some(stage)).expect("stages come in this order");
                prop_assert!(next > last && next.kind() == stage, "{last}, {next}");
                last = next;
            }
        }
        let release = Bump::Release.apply(&last, None).expect("it is a pre-release");
        prop_assert!(release > last && release.kind() == VersionKind::Stable, "{last}, {release}");
        prop_assert_eq!(Bump::Patch.apply(&last, None), Ok(release));
    }

    #[test]
    fn a_tag_comes_apart_as_it_was_made(prefix in PREFIX, version in version()) {
        let prefix: TagPrefix = prefix.parse().expect("a prefix");
        let python = Tag::of(&prefix, &version, Spelling::Pep440).expect("every version has such a tag");
        prop_assert_eq!((python.prefix(), python.version()), (&prefix, &version));
        prop_assert_eq!(python.written_version(), version.pep440());
        prop_assert_eq!(&Tag::read(&format!("refs/tags/{python}"), Some(&prefix)), &Ok(python.clone()));
        match Tag::of(&prefix, &version, Spelling::Semver) {
            Ok(tag) => {
                prop_assert_eq!(tag.version(), &version);
            }
            Err(_) => prop_assert!(version.semver().is_none()),
        }
    }
}
