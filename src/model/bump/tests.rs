//! The rules by example, and that every answer is higher.

use super::*;

fn bumped(from: &str, bump: &str, kind: &str) -> Result<String, BumpError> {
    let from = Version::from_either(from).expect("good");
    let kind = (!kind.is_empty()).then(|| kind.parse().expect("a kind"));
    bump.parse::<Bump>()?.apply(&from, kind).map(|to| to.pep440())
}

#[test]
fn each_step_has_its_next_version() {
    for (from, bump, kind, to) in [
        ("1.2.3", "major", "", "2.0.0"),
        ("1.2.3", "minor", "", "1.3.0"),
        ("1.2.3", "patch", "", "1.2.4"),
        ("1.2.3", "minor", "alpha", "1.3.0a1"),
        ("1.2.3", "major", "dev", "2.0.0.dev1"),
        ("1.2.0-rc1", "patch", "", "1.2.0"),
        ("1.2.0-rc1", "minor", "", "1.2.0"),
        ("1.2.1-rc1", "minor", "", "1.3.0"),
        ("2.0.0-rc1", "major", "", "2.0.0"),
        ("2.1.0-rc1", "major", "", "3.0.0"),
        ("1.2.0-rc1", "minor", "beta", "1.3.0b1"),
        ("1.2.0-rc1", "patch", "beta", "1.2.1b1"),
        ("1.2.0.dev4", "patch", "", "1.2.0"),
        ("1.2.0a1", "prerelease", "", "1.2.0a2"),
        ("1.2.0a1", "prerelease", "alpha", "1.2.0a2"),
        ("1.2.0a1", "prerelease", "beta", "1.2.0b1"),
        ("1.2.0b7", "prerelease", "rc", "1.2.0rc1"),
        ("1.2.0.dev1", "prerelease", "", "1.2.0.dev2"),
        ("1.2.0.dev1", "prerelease", "alpha", "1.2.0a1"),
        ("1.2.3", "prerelease", "", "1.2.4a1"),
        ("1.2.3", "prerelease", "rc", "1.2.4rc1"),
        ("1.2.0rc2", "release", "", "1.2.0"),
        ("1.2.0.dev3", "release", "", "1.2.0"),
        ("1.2.3", "1.4.0", "", "1.4.0"),
        ("1.2.3", "1.4.0-beta.2", "beta", "1.4.0b2"),
        // What only PEP 440 says.
        ("1.2", "minor", "", "1.3"),
        ("1.2", "patch", "", "1.2.1"),
        ("26.10.1.4", "minor", "", "26.11.0.0"),
        ("3!1.2.3", "patch", "", "3!1.2.4"),
        ("1.2.0+cu118", "patch", "", "1.2.1"),
        ("1.2.0rc1+x", "patch", "", "1.2.0"),
        ("1.0.post3", "patch", "", "1.0.1"),
        ("1.0.post3", "prerelease", "", "1.0.1a1"),
        ("1.0a1.dev3", "prerelease", "", "1.0a1.dev4"),
        ("1.0a1.dev3", "prerelease", "alpha", "1.0a1"),
        ("1.0a1.post1", "prerelease", "", "1.0a2"),
        ("1.0a1.post1.dev1", "prerelease", "alpha", "1.0a2"),
        ("1.0.post1.dev2", "release", "", "1.0.post1"),
        ("1.0.post1.dev2", "prerelease", "dev", "1.0.post1.dev3"),
        ("1.0.post1.dev2", "prerelease", "alpha", "1.0.1a1"),
        ("1.0.post1.dev2", "patch", "", "1.0.1"),
        ("1.0.18446744073709551615", "patch", "", "1.0.18446744073709551616"),
    ] {
        assert_eq!(bumped(from, bump, kind).as_deref(), Ok(to), "{bump} of {from} {kind}");
    }
}

#[test]
fn what_would_be_lower_or_contradicts_itself_is_refused() {
    for (from, bump, kind, said) in [
        (
            "1.2.0rc1",
            "prerelease",
            "alpha",
            "1.2.0rc1 is past alpha already, and the next alpha would be lower",
        ),
        ("1.2.0a1", "prerelease", "dev", "1.2.0a1 is past dev already, and the next dev would be lower"),
        ("1.2.0", "release", "", "1.2.0 is no pre-release, so there is nothing to finish"),
        (
            "1.2.0rc1",
            "release",
            "beta",
            "`release` makes no pre-release, so the kind `beta` says something else",
        ),
        ("1.2.0", "1.2.0", "", "1.2.0 is not higher than 1.2.0"),
        ("1.2.0", "1.2.0-rc1", "", "1.2.0rc1 is not higher than 1.2.0"),
        ("1.2.0", "1.3.0-rc1", "beta", "1.3.0rc1 is not of the kind `beta`"),
        (
            "1.2.0",
            "minor",
            "post",
            "`post` is no kind of pre-release that has a number; use alpha, beta, rc or dev",
        ),
        (
            "1.2.0",
            "mayor",
            "",
            "`mayor` is neither a version nor one of major, minor, patch, prerelease, release",
        ),
        ("1.2.0", "1.x", "", "`1.x` is no PEP 440 version"),
    ] {
        let error = bumped(from, bump, kind).expect_err(said);
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn a_dot_before_the_number_stays() {
    let next = |from: &str, bump: &str, kind: Option<VersionKind>| {
        let from = Version::from_semver(from).expect(from);
        bump.parse::<Bump>().expect(bump).apply(&from, kind).expect(bump).semver().expect("it has one")
    };
    assert_eq!(next("1.2.0-alpha.9", "prerelease", None), "1.2.0-alpha.10");
    assert_eq!(next("1.2.0-alpha.9", "prerelease", Some(VersionKind::Rc)), "1.2.0-rc.1");
    assert_eq!(next("1.2.0-alpha9", "prerelease", None), "1.2.0-alpha10");
    assert_eq!(next("1.2.0-alpha.9", "patch", None), "1.2.0");
}

#[test]
fn a_version_that_is_as_long_as_one_can_be_has_no_longer_one_after_it() {
    let from = Version::from_pep440(&"9".repeat(255)).expect("the longest");
    assert!(matches!(Bump::Major.apply(&from, None), Err(BumpError::Version(VersionError::Long { .. }))));
}
