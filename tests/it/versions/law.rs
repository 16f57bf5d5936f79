//! The law between the spellings, in both directions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use release_action::model::version::{Spelling, Unsayable, Version, VersionError, VersionKind};

use super::generated;
use super::judge::{Facts, judged, ours};

/// How many versions are the least that proves something, in each direction.
const ENOUGH: usize = 20_000;

/// A reason that was seen less often than this was not tried.
const SEEN: usize = 30;

fn reason(why: &Unsayable) -> &'static str {
    match why {
        Unsayable::Epoch { .. } => "epoch",
        Unsayable::Numbers { .. } => "numbers",
        Unsayable::Post { .. } => "post",
        Unsayable::PrereleaseAndDev { .. } => "prerelease and dev",
        Unsayable::Large { .. } => "large",
        Unsayable::Long => "long",
        Unsayable::Word { .. } => "word",
        Unsayable::NoWord { .. } => "no word",
        Unsayable::Numbering { .. } => "numbering",
        Unsayable::Build { .. } => "build",
    }
}

fn is_large(number: &str) -> bool {
    number.parse::<u64>().is_err()
}

/// What keeps a version from SemVer, by what `packaging` says of it.
fn obstacles(facts: &Facts) -> Vec<&'static str> {
    let obstacles = [
        ("epoch", facts.epoch != "0"),
        ("numbers", facts.release.len() > 3),
        ("post", facts.post.is_some()),
        ("prerelease and dev", facts.pre.is_some() && facts.dev.is_some()),
        ("large", facts.release.iter().any(|number| is_large(number))),
    ];
    obstacles.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}

#[test]
fn we_read_normalise_and_order_as_packaging_does() {
    let texts = generated::pep440();
    let Some(verdicts) = judged(&texts) else { return };
    for ((text, verdict), ours) in texts.iter().zip(&verdicts).zip(ours(&texts)) {
        assert_eq!(ours, *verdict, "{text:?}");
    }
    let taken = verdicts.iter().flatten().count();
    assert!(taken >= ENOUGH && texts.len() - taken >= 1000, "{taken} of {}", texts.len());
}

#[test]
fn what_semver_can_say_of_a_python_version_is_that_version_and_the_rest_has_its_reason() {
    let texts = generated::pep440();
    let spelled: Vec<_> = texts
        .iter()
        .map(|text| Version::from_pep440(text).ok().map(|version| version.spelled(Spelling::Semver)))
        .collect();
    let said: Vec<_> =
        spelled.iter().map(|said| said.clone().and_then(Result::ok).unwrap_or_default()).collect();
    let Some(verdicts) = judged(&[&texts[..], &said[..]].concat()) else { return };
    let (originals, verdicts) = verdicts.split_at(texts.len());
    let (mut reasons, mut said_count) = (BTreeMap::new(), 0);
    for (((text, spelled), original), verdict) in texts.iter().zip(spelled).zip(originals).zip(verdicts) {
        let (Some(spelled), Some(original)) = (spelled, original) else {
            assert!(original.is_none(), "{text:?}");
            continue;
        };
        let obstacles = obstacles(original);
        match spelled {
            Ok(said) => {
                // Both judges take it, packaging as the same version, and nothing stood in its way.
                said_count += 1;
                let verdict = verdict.as_ref().unwrap_or_else(|| panic!("{text:?} became {said:?}"));
                assert_eq!(verdict.place, original.place, "{text:?} became {said:?}");
                assert_eq!(obstacles, Vec::<&str>::new(), "{text:?} became {said:?}");
                let semver: semver::Version = said.parse().expect(&said);
                assert_eq!(semver.pre.is_empty(), !original.is_prerelease, "{text:?} became {said:?}");
                let back = Version::from_semver(&said).expect(&said);
                assert_eq!(back, Version::from_pep440(text).expect(text), "{text:?} became {said:?}");
            }
            Err(why) => {
                assert!(obstacles.contains(&reason(&why)), "{text:?}: {why}");
                assert_eq!(why.spelling(), Spelling::Semver, "{text:?}: {why}");
                *reasons.entry(reason(&why)).or_insert(0) += 1;
            }
        }
    }
    assert!(
        said_count + reasons.values().sum::<usize>() >= ENOUGH && said_count >= ENOUGH / 4,
        "{said_count}"
    );
    for name in ["epoch", "numbers", "post", "prerelease and dev", "large"] {
        assert!(reasons.get(name).is_some_and(|count| *count >= SEEN), "{name}: {reasons:?}");
    }
}

/// Why we refuse a SemVer version that packaging reads all the same: what it reads is not what SemVer says.
fn difference(text: &str, facts: &Facts) -> Option<&'static str> {
    let (_, pre) = text.split('+').next()?.split_once('-')?;
    let word_ends = pre.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(pre.len());
    if facts.post.is_some() {
        Some("a pre-release to SemVer, a post release to packaging")
    } else if facts.pre.is_some() && facts.dev.is_some() {
        Some("a development release of a pre-release, which SemVer has no order for")
    } else if pre[word_ends..].starts_with('-') {
        Some("a hyphen before the number, which is part of a word to SemVer")
    } else {
        None
    }
}

#[test]
fn what_pep_440_can_say_of_a_semver_version_is_that_version_and_the_rest_has_its_reason() {
    let texts = generated::semver();
    let read: Vec<_> = texts.iter().map(|text| Version::from_semver(text)).collect();
    let said: Vec<_> =
        read.iter().map(|read| read.as_ref().map(Version::pep440).unwrap_or_default()).collect();
    let Some(verdicts) = judged(&[&texts[..], &said[..]].concat()) else { return };
    let (originals, verdicts) = verdicts.split_at(texts.len());
    let (mut reasons, mut differences) = (BTreeMap::new(), BTreeMap::new());
    let mut said_count = 0;
    for (((text, read), original), verdict) in texts.iter().zip(read).zip(originals).zip(verdicts) {
        let is_semver = semver::Version::parse(text).is_ok();
        match read {
            Ok(version) => {
                said_count += 1;
                assert!(is_semver, "{text:?}");
                let original = original.as_ref().unwrap_or_else(|| panic!("packaging refuses {text:?}"));
                assert_eq!(*original, verdict.clone().expect("it is ours"), "{text:?}");
                assert_eq!(version.pep440(), original.normal, "{text:?}");
                assert_eq!(version.spelled(Spelling::Semver).as_ref(), Ok(text));
                let back =
                    Version::from_pep440(&version.pep440()).expect("ours").semver().expect("it had one");
                assert_eq!(Version::from_semver(&back).expect(&back), version, "{text:?} became {back:?}");
            }
            Err(VersionError::Semver { .. }) => assert!(!is_semver, "{text:?}"),
            Err(VersionError::NoPep440 { why, .. }) => {
                assert_eq!(why.spelling(), Spelling::Pep440, "{text:?}: {why}");
                *reasons.entry(reason(&why)).or_insert(0) += 1;
                if let Some(facts) = original {
                    let difference = difference(text, facts);
                    let difference =
                        difference.unwrap_or_else(|| panic!("packaging reads {text:?}: {facts:?}"));
                    *differences.entry(difference).or_insert(0) += 1;
                }
            }
            Err(error) => panic!("{text:?}: {error}"),
        }
    }
    assert!(
        said_count + reasons.values().sum::<usize>() >= ENOUGH && said_count >= ENOUGH / 2,
        "{said_count}"
    );
    for name in ["word", "no word", "numbering", "build"] {
        assert!(reasons.get(name).is_some_and(|count| *count >= SEEN), "{name}: {reasons:?}");
    }
    assert_eq!(differences.len(), 3, "{differences:?}");
}

/// Why two versions may come in another order for SemVer than for PEP 440.
fn disorder(a: &Version, b: &Version) -> Option<&'static str> {
    let same_release = (0..3).all(|at| a.release().get(at) == b.release().get(at));
    match (a.prerelease()?, b.prerelease()?) {
        _ if !same_release => None,
        ((VersionKind::Dev, _), (VersionKind::Alpha | VersionKind::Beta, _))
        | ((VersionKind::Alpha | VersionKind::Beta, _), (VersionKind::Dev, _)) => {
            Some("dev is a word like others")
        }
        ((kind, one), (other, two)) if kind == other && one.to_string().len() != two.to_string().len() => {
            Some("the numbers have no dot before them, so they are texts")
        }
        _ => None,
    }
}

#[test]
fn semver_orders_what_we_write_as_pep_440_does_but_for_two_cases() {
    let versions: Vec<_> = generated::semver()
        .iter()
        .filter_map(|text| Version::from_semver(text).ok().filter(|version| !version.is_local()))
        .map(|version| Version::from_pep440(&version.pep440()).expect("ours"))
        .map(|version| {
            (version.semver().expect("it had one").parse::<semver::Version>().expect("ours"), version)
        })
        .collect();
    let (mut compared, mut disordered) = (0, BTreeMap::new());
    for step in [1, 2, 3, 5, 8] {
        for ((semver, version), (other_semver, other)) in versions.iter().zip(&versions[step..]) {
            compared += 1;
            let (theirs, ours) = (semver.cmp_precedence(other_semver), version.cmp(other));
            if theirs != ours {
                let why = disorder(version, other);
                let why = why.unwrap_or_else(|| {
                    panic!("{semver} {theirs:?} {other_semver}, {version} {ours:?} {other}")
                });
                *disordered.entry(why).or_insert(0) += 1;
            }
        }
    }
    assert!(compared >= 2 * ENOUGH, "{compared}");
    assert!(disordered.len() == 2 && disordered.values().all(|count| *count >= SEEN), "{disordered:?}");
}

#[test]
fn with_a_dot_semver_counts() {
    let order = |a: &str, b: &str| {
        let parse = |text: &str| text.parse::<semver::Version>().expect(text);
        parse(a).cmp_precedence(&parse(b))
    };
    assert_eq!(order("1.0.0-alpha9", "1.0.0-alpha10"), Ordering::Greater);
    assert_eq!(order("1.0.0-alpha.9", "1.0.0-alpha.10"), Ordering::Less);
    assert_eq!(order("1.0.0-dev1", "1.0.0-alpha1"), Ordering::Greater);
}
