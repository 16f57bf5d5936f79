//! The examples of the two specifications: PEP 440 ("Version specifiers" of the packaging specifications) and Semantic
//! Versioning 2.0 with the lists that its page gives for trying a reader.

use release_action::model::version::{Unsayable, Version, VersionError, VersionKind};

use super::judge::{judged, ours};

/// The order that PEP 440 shows as a whole.
const PEP_440_ORDER: [&str; 20] = [
    "1.dev0",
    "1.0.dev456",
    "1.0a1",
    "1.0a2.dev456",
    "1.0a12.dev456",
    "1.0a12",
    "1.0b1.dev456",
    "1.0b2",
    "1.0b2.post345.dev456",
    "1.0b2.post345",
    "1.0rc1.dev456",
    "1.0rc1",
    "1.0",
    "1.0+abc.5",
    "1.0+abc.7",
    "1.0+5",
    "1.0.post456.dev34",
    "1.0.post456",
    "1.0.15",
    "1.1.dev1",
];

/// PEP 440's shorter examples of schemes, each in its order.
const PEP_440_SCHEMES: [&[&str]; 6] = [
    &["0.9", "0.9.1", "0.9.2", "0.9.10", "0.9.11", "1.0", "1.0.1", "1.1", "2.0", "2.0.1"],
    &["2012.1", "2012.2", "2012.15", "2013.1", "2013.2"],
    &["1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0"],
    &["0.9", "1.0.dev1", "1.0.dev2", "1.0.dev4", "1.0c1", "1.0c2", "1.0", "1.0.post1", "1.1.dev1"],
    &["1.0", "1.1", "2.0", "2013.10", "2014.04", "1!1.0", "1!1.1", "1!2.0"],
    &["1.0.dev456", "1.0a1", "1.0b1.dev456", "1.0rc1", "1.0", "1.0.post456"],
];

/// What PEP 440 says that its spellings become.
const PEP_440_NORMAL: [(&str, &str); 25] = [
    ("1.1RC1", "1.1rc1"),
    ("00", "0"),
    ("09000", "9000"),
    ("1.0+foo0100", "1.0+foo0100"),
    ("1.1.a1", "1.1a1"),
    ("1.1-a1", "1.1a1"),
    ("1.1_a1", "1.1a1"),
    ("1.0a.1", "1.0a1"),
    ("1.1alpha1", "1.1a1"),
    ("1.1beta2", "1.1b2"),
    ("1.1c3", "1.1rc3"),
    ("1.1pre4", "1.1rc4"),
    ("1.1preview5", "1.1rc5"),
    ("1.2a", "1.2a0"),
    ("1.2-post2", "1.2.post2"),
    ("1.2post2", "1.2.post2"),
    ("1.2.post-2", "1.2.post2"),
    ("1.0-r4", "1.0.post4"),
    ("1.2.post", "1.2.post0"),
    ("1.0-1", "1.0.post1"),
    ("1.2-dev2", "1.2.dev2"),
    ("1.2dev2", "1.2.dev2"),
    ("1.2.dev", "1.2.dev0"),
    ("1.0+ubuntu-1", "1.0+ubuntu.1"),
    ("v1.0", "1.0"),
];

/// SemVer's own examples of precedence, and what PEP 440 makes of each.
const SEMVER_ORDER: [(&str, Option<&str>); 12] = [
    ("1.0.0-alpha", Some("1.0.0a0")),
    ("1.0.0-alpha.1", Some("1.0.0a1")),
    ("1.0.0-alpha.beta", None),
    ("1.0.0-beta", Some("1.0.0b0")),
    ("1.0.0-beta.2", Some("1.0.0b2")),
    ("1.0.0-beta.11", Some("1.0.0b11")),
    ("1.0.0-rc.1", Some("1.0.0rc1")),
    ("1.0.0", Some("1.0.0")),
    ("1.9.0", Some("1.9.0")),
    ("1.10.0", Some("1.10.0")),
    ("1.11.0", Some("1.11.0")),
    ("2.0.0", Some("2.0.0")),
];

/// What SemVer's page lists as versions, and what PEP 440 makes of each.
const SEMVER_GOOD: [(&str, Result<&str, &str>); 31] = [
    ("0.0.4", Ok("0.0.4")),
    ("1.2.3", Ok("1.2.3")),
    ("10.20.30", Ok("10.20.30")),
    ("1.1.2-prerelease+meta", Err("word")),
    ("1.1.2+meta", Ok("1.1.2+meta")),
    ("1.1.2+meta-valid", Ok("1.1.2+meta.valid")),
    ("1.0.0-alpha", Ok("1.0.0a0")),
    ("1.0.0-beta", Ok("1.0.0b0")),
    ("1.0.0-alpha.beta", Err("numbering")),
    ("1.0.0-alpha.beta.1", Err("numbering")),
    ("1.0.0-alpha.1", Ok("1.0.0a1")),
    ("1.0.0-alpha0.valid", Err("numbering")),
    ("1.0.0-alpha.0valid", Err("numbering")),
    ("1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay", Err("numbering")),
    ("1.0.0-rc.1+build.1", Ok("1.0.0rc1+build.1")),
    ("2.0.0-rc.1+build.123", Ok("2.0.0rc1+build.123")),
    ("1.2.3-beta", Ok("1.2.3b0")),
    ("10.2.3-DEV-SNAPSHOT", Err("numbering")),
    ("1.2.3-SNAPSHOT-123", Err("word")),
    ("2.0.0+build.1848", Ok("2.0.0+build.1848")),
    ("2.0.1-alpha.1227", Ok("2.0.1a1227")),
    ("1.0.0-alpha+beta", Ok("1.0.0a0+beta")),
    ("1.2.3----RC-SNAPSHOT.12.9.1--.12+788", Err("word")),
    ("1.2.3----R-S.12.9.1--.12+meta", Err("word")),
    ("1.2.3----RC-SNAPSHOT.12.9.1--.12", Err("word")),
    ("1.0.0+0.build.1-rc.10000aaa-kk-0.1", Ok("1.0.0+0.build.1.rc.10000aaa.kk.0.1")),
    ("1.0.0-0A.is.legal", Err("no word")),
    ("1.0.0-1", Err("no word")),
    ("1.0.0+a--b", Err("build")),
    ("1.0.0-rc.1+-", Err("build")),
    ("1.0.0-x.7.z.92", Err("word")),
];

/// What SemVer's page lists as none.
const SEMVER_BAD: [&str; 39] = [
    "1",
    "1.2",
    "1.2.3-0123",
    "1.2.3-0123.0123",
    "1.1.2+.123",
    "+invalid",
    "-invalid",
    "-invalid+invalid",
    "-invalid.01",
    "alpha",
    "alpha.beta",
    "alpha.beta.1",
    "alpha.1",
    "alpha+beta",
    "alpha_beta",
    "alpha.",
    "alpha..",
    "beta",
    "1.0.0-alpha_beta",
    "-alpha.",
    "1.0.0-alpha..",
    "1.0.0-alpha..1",
    "1.0.0-alpha...1",
    "1.0.0-alpha....1",
    "01.1.1",
    "1.01.1",
    "1.1.01",
    "1.2.3.DEV",
    "1.2-SNAPSHOT",
    "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788",
    "1.2-RC-SNAPSHOT",
    "-1.0.3-gamma+b7718",
    "+justmeta",
    "9.8.7+meta+meta",
    "9.8.7-whatever+meta+meta",
    "99999999999999999999999.999999999999999999.99999999999999999",
    "99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1----..12",
    "1.0.0-",
    "1.0.0+",
];

/// The table of the crates and packages that keep step by it: SemVer in `Cargo.toml`, PEP 440 on PyPI.
const LOCKSTEP: [(&str, &str, VersionKind); 6] = [
    ("0.17.0", "0.17.0", VersionKind::Stable),
    ("0.17.0-alpha3", "0.17.0a3", VersionKind::Alpha),
    ("0.17.0-beta1", "0.17.0b1", VersionKind::Beta),
    ("0.17.0-rc1", "0.17.0rc1", VersionKind::Rc),
    ("0.17.0-dev1", "0.17.0.dev1", VersionKind::Dev),
    ("0.17.0+build.5", "0.17.0+build.5", VersionKind::Stable),
];

fn python(text: &str) -> Version {
    Version::from_pep440(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_examples_of_pep_440_hold_and_the_judge_agrees() {
    let schemes = PEP_440_SCHEMES.iter().copied();
    for list in schemes.clone().chain([&PEP_440_ORDER[..]]) {
        for pair in list.windows(2) {
            assert!(python(pair[0]) < python(pair[1]), "{pair:?}");
        }
    }
    for (text, normal) in PEP_440_NORMAL {
        assert_eq!(python(text).pep440(), normal, "{text}");
    }
    let texts: Vec<_> = schemes
        .flatten()
        .copied()
        .chain(PEP_440_ORDER)
        .chain(PEP_440_NORMAL.iter().flat_map(|(text, normal)| [*text, *normal]))
        .collect();
    if let Some(verdicts) = judged(&texts) {
        assert_eq!(ours(&texts), verdicts);
    }
}

#[test]
fn the_examples_of_semver_hold() {
    for pair in SEMVER_ORDER.windows(2) {
        let parse = |text: &str| text.parse::<semver::Version>().expect(text);
        assert!(parse(pair[0].0) < parse(pair[1].0), "{pair:?}");
    }
    let said: Vec<_> = SEMVER_ORDER.iter().filter_map(|(_, said)| said.map(python)).collect();
    assert!(said.windows(2).all(|pair| pair[0] < pair[1]), "{said:?}");
    for (text, said) in SEMVER_ORDER {
        assert_eq!(
            Version::from_semver(text).ok().map(|version| version.pep440()).as_deref(),
            said,
            "{text}"
        );
    }
    for (text, expected) in SEMVER_GOOD {
        let said = Version::from_semver(text).map(|version| version.pep440()).map_err(|error| match error {
            VersionError::NoPep440 { why: Unsayable::Word { .. }, .. } => "word",
            VersionError::NoPep440 { why: Unsayable::NoWord { .. }, .. } => "no word",
            VersionError::NoPep440 { why: Unsayable::Numbering { .. }, .. } => "numbering",
            VersionError::NoPep440 { why: Unsayable::Build { .. }, .. } => "build",
            _ => "no SemVer",
        });
        assert_eq!(said.as_deref().map_err(|why| *why), expected, "{text}");
    }
    for text in SEMVER_BAD {
        assert!(matches!(Version::from_semver(text), Err(VersionError::Semver { .. })), "{text}");
    }
}

#[test]
fn packages_in_step_have_one_version() {
    for (semver, pep440, kind) in LOCKSTEP {
        let version = Version::from_semver(semver).expect(semver);
        assert_eq!((version.pep440().as_str(), version.kind()), (pep440, kind));
        assert_eq!(python(pep440).semver().as_deref(), Some(semver));
    }
}
