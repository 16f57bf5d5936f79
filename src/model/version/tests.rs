//! The law at its corners; `tests/it/versions.rs` asks the judges about all the rest.

use super::*;

#[test]
fn the_table_holds_both_ways() {
    for (semver, pep440) in [
        ("0.17.0", "0.17.0"),
        ("0.17.0-alpha3", "0.17.0a3"),
        ("0.17.0-beta1", "0.17.0b1"),
        ("0.17.0-rc1", "0.17.0rc1"),
        ("0.17.0-dev1", "0.17.0.dev1"),
        ("1.2.0+build.5", "1.2.0+build.5"),
    ] {
        let read = Version::from_semver(semver).expect("good");
        assert_eq!(read.pep440(), pep440);
        let back = Version::from_pep440(pep440).expect("good");
        assert_eq!(back.semver().as_deref(), Some(semver));
        assert_eq!(read, back);
        assert_eq!(read.is_prerelease(), semver.contains('-'));
    }
}

#[test]
fn other_spellings_of_a_prerelease_are_read() {
    for text in ["1.0.0-rc.1", "1.0.0-rc1", "1.0.0rc1", "1.0rc1", "1.0.0-RC1"] {
        assert_eq!(
            Version::from_either(text).expect("good").pep440(),
            if text == "1.0rc1" { "1.0rc1" } else { "1.0.0rc1" }
        );
    }
    assert_eq!(Version::from_either("0.0.1-alpha").expect("good").pep440(), "0.0.1a0");
}

#[test]
fn what_semver_cannot_say_has_no_semver() {
    for text in ["1!2.0", "1.0.post1", "1.2.3.4", "1.0a1.dev2"] {
        assert_eq!(Version::from_pep440(text).expect("good").semver(), None, "{text}");
    }
}

#[test]
fn a_version_that_no_file_name_could_hold_is_none() {
    let long = format!("1.{}0", "0.".repeat(2_000_000));
    for read in [Version::from_pep440, Version::from_semver, Version::from_either] {
        let error = read(&long).expect_err("too long").to_string();
        assert!(error.len() < 200, "{error}");
    }
}

#[test]
fn doubtful_texts_are_refused() {
    for text in ["1.0.0-1", "1.0.0-nightly", "1.0.0-alpha.1.2", "latest", "", "v", "1.0.0-rc1-2"] {
        assert!(Version::from_either(text).is_err(), "{text}");
    }
}

#[test]
fn a_refusal_says_what_the_other_spelling_has_not() {
    for (text, said) in [
        ("2!1.0", "SemVer has no epochs (`2!`)"),
        ("1.2.3.4.5", "SemVer has three numbers and no more, not 5"),
        ("1.0.post7", "SemVer has no post releases (`.post7`)"),
        ("1.0rc1.dev2", "SemVer has no development releases of pre-releases (`rc1.dev2`)"),
        (
            "1.18446744073709551616",
            "the numbers of SemVer end at 18446744073709551615 for cargo, before 18446744073709551616",
        ),
    ] {
        let why = Version::from_pep440(text).expect(text).spelled(Spelling::Semver).expect_err(text);
        assert_eq!((why.to_string().as_str(), why.spelling()), (said, Spelling::Semver));
    }
    let long = format!("1.0a1+{}", "a".repeat(245));
    let why = Version::from_pep440(&long).expect("251 bytes").spelled(Spelling::Semver);
    assert_eq!(why, Err(Unsayable::Long));
    let told = Version::from_semver("1.0.0-nightly.3").expect_err("no such kind").to_string();
    assert_eq!(
        told,
        "`1.0.0-nightly.3` cannot be said in PEP 440: PEP 440 has no pre-releases of the kind `nightly`, only -alphaN, \
         -betaN, -rcN and -devN"
    );
}

#[test]
fn a_normal_form_is_never_too_long_to_be_read() {
    for digits in 240..=255 {
        for ending in ["r", "c", "dev", "-1", ""] {
            let text = format!("{}{ending}", "1".repeat(digits));
            if let Ok(version) = Version::from_pep440(&text) {
                assert_eq!(Version::from_pep440(&version.pep440()).as_ref(), Ok(&version), "{text}");
            }
        }
        let text = format!("1.0.0-c+{}", "1".repeat(digits));
        if let Ok(version) = Version::from_semver(&text) {
            assert_eq!(Version::from_pep440(&version.pep440()).as_ref(), Ok(&version), "{text}");
        }
    }
}

#[test]
fn a_version_has_one_kind_and_its_number() {
    for (text, kind, number) in [
        ("1.0", VersionKind::Stable, None),
        ("1.0+local", VersionKind::Stable, None),
        ("1.0a3", VersionKind::Alpha, Some("3")),
        ("1.0b2.post1", VersionKind::Beta, Some("2")),
        ("1.0rc1", VersionKind::Rc, Some("1")),
        ("1.0rc1.dev4", VersionKind::Dev, Some("4")),
        ("1.0.post1", VersionKind::Post, None),
        ("1.0.post1.dev5", VersionKind::Dev, Some("5")),
    ] {
        let version = Version::from_pep440(text).expect(text);
        let found = version.prerelease().map(|(_, number)| number.to_string());
        assert_eq!((version.kind(), found.as_deref()), (kind, number), "{text}");
    }
}

#[test]
fn what_is_shown_of_a_strange_text_is_harmless() {
    let told = Version::from_either("1.0\u{1b}[31m\n::error::x").expect_err("no version").to_string();
    assert!(!told.contains(char::is_control), "{told:?}");
}
