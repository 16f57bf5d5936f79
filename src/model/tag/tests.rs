//! Tags as people write them, and as they should not.

use super::*;

#[test]
fn tags_are_read_from_refs_and_names() {
    for (text, name, version) in [
        ("refs/tags/v1.2.0", "v1.2.0", "1.2.0"),
        ("v1.2.0-rc.1", "v1.2.0-rc.1", "1.2.0rc1"),
        ("26.10.1", "26.10.1", "26.10.1"),
        ("v1.0.0rc1", "v1.0.0rc1", "1.0.0rc1"),
    ] {
        let tag: Tag = text.parse().expect("good");
        assert_eq!((tag.as_str(), tag.version().pep440().as_str()), (name, version));
    }
}

#[test]
fn a_tag_names_the_crates_of_its_version() {
    for (tag, version, expected) in [
        ("v1.4.0", "1.4.0", true),
        ("v1.4.0b2", "1.4.0-beta.2", true),
        ("v1.4.0-beta.2", "1.4.0-beta.2", true),
        ("v1.4.0", "1.4.1", false),
        ("v1.4.0b2", "1.4.0-beta.3", false),
        ("v1.4.0", "1.4.0-beta.2", false),
    ] {
        let krate = CrateFile::new("coglet".parse().expect("a name"), version.parse().expect("a version"));
        let tag: Tag = tag.parse().expect("good");
        assert_eq!(tag.names(&krate), expected, "{tag} {version}");
    }
}

#[test]
fn what_names_no_version_is_refused() {
    for text in ["refs/heads/main", "refs/pull/5/merge", "latest", "vv1.0", "v", "", "release-1.0.0"] {
        assert!(text.parse::<Tag>().is_err(), "{text}");
    }
}

fn prefix(text: &str) -> TagPrefix {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_tag_of_several_packages_has_its_prefix() {
    for (text, before, version) in [
        ("coglet-v1.2.0", "coglet-v", "1.2.0"),
        ("coglet/v1.2.0-rc.1", "coglet/v", "1.2.0rc1"),
        ("refs/tags/@scope/pkg@1.2.0", "@scope/pkg@", "1.2.0"),
        ("1.2.0", "", "1.2.0"),
        ("v1!1.2.0+x", "v", "1!1.2.0+x"),
    ] {
        let tag = Tag::read(text, Some(&prefix(before))).expect(text);
        assert_eq!((tag.version().pep440().as_str(), tag.prefix().as_str()), (version, before));
        assert_eq!(format!("{before}{}", tag.written_version()), tag.as_str());
    }
}

#[test]
fn what_is_wrong_with_a_tag_is_said() {
    for (text, before, said) in [
        (
            "v1.2.0",
            Some("coglet-v"),
            "the tag `v1.2.0` names no version of this project, whose tags begin with `coglet-v`",
        ),
        (
            "v1.2.0",
            Some(""),
            "the tag `v1.2.0` names no version of this project, whose tags begin with the version",
        ),
        (
            "v01.2.0",
            None,
            "the tag `v01.2.0` has zeros before a number, and would be another spelling of `v1.2.0`",
        ),
        (
            "a-1.2.0-rc.01+007",
            Some("a-"),
            "the tag `a-1.2.0-rc.01+007` has zeros before a number, and would be another spelling of `a-1.2.0-rc.1+007`",
        ),
        ("v1.2.0\n", None, "`v1.2.0\\n` can be no tag: git takes no `\\n` in the name of a tag"),
        ("v1.2.0;a:b", None, "`v1.2.0;a:b` can be no tag: git takes no `:` in the name of a tag"),
        ("v1..2", None, "`v1..2` can be no tag: git takes no `..` in the name of a tag"),
        ("v1.2.lock", None, "`v1.2.lock` can be no tag: git takes no name of a tag that ends with `.lock`"),
        ("-v1", None, "`-v1` can be no tag: git takes no name of a tag that begins with `-`"),
        ("", None, "`` can be no tag: git takes no tag without a name"),
        ("refs/heads/v1", None, "`refs/heads/v1` is a branch or pull request, not a tag"),
        ("v1.2.0$(id)", None, "the tag `v1.2.0$(id)` names no version"),
        ("vv1.2.0", None, "the tag `vv1.2.0` names no version"),
        ("v0latest", None, "the tag `v0latest` names no version"),
    ] {
        let before = before.map(prefix);
        let error = Tag::read(text, before.as_ref()).expect_err(text);
        assert_eq!(error.to_string(), said);
    }
    // Zeros alone, and those behind the plus, are as they should be.
    for text in ["v0.0.0", "0.10.0-rc0", "1.0.0-alpha.0", "v1.0.0+007", "1.0.0-rc1+0a.00"] {
        assert_eq!(text.parse::<Tag>().expect(text).as_str(), text);
    }
}

#[test]
fn a_tag_is_made_of_a_prefix_and_a_version() {
    let version = |text: &str| Version::from_either(text).expect(text);
    let made = |before: &str, text: &str, spelling| {
        Tag::of(&prefix(before), &version(text), spelling).map(|tag| tag.to_string())
    };
    assert_eq!(made("v", "1.2.0rc1", Spelling::Pep440).as_deref(), Ok("v1.2.0rc1"));
    assert_eq!(made("v", "1.2.0rc1", Spelling::Semver).as_deref(), Ok("v1.2.0-rc1"));
    assert_eq!(made("a/", "1.2.0-rc.1", Spelling::Semver).as_deref(), Ok("a/1.2.0-rc.1"));
    let error = made("v", "1.0.post1", Spelling::Semver).expect_err("no such tag").to_string();
    assert_eq!(error, "1.0.post1 has no tag in SemVer spelling: SemVer has no post releases (`.post1`)");
    let error = made("v", "1.0+a.lock", Spelling::Pep440).expect_err("no such tag").to_string();
    assert_eq!(error, "`v1.0+a.lock` can be no tag: git takes no name of a tag that ends with `.lock`");
}

#[test]
fn what_can_be_no_prefix_is_refused() {
    for (text, said) in [
        (
            "refs/tags/v",
            "`refs/tags/v` is the beginning of a reference; a prefix is what stands in the tag's own name",
        ),
        ("-v", "`-v` can be no prefix of tags: git takes no name of a tag that begins with `-`"),
        ("a b", "`a b` can be no prefix of tags: git takes no ` ` in the name of a tag"),
        ("a//", "`a//` can be no prefix of tags: git takes no `//` in the name of a tag"),
        ("a.lock/", "`a.lock/` can be no prefix of tags: git takes no `.lock/` in the name of a tag"),
    ] {
        assert_eq!(text.parse::<TagPrefix>().expect_err(text).to_string(), said);
    }
    for text in ["lib2", "v1.", "2!", "3+"] {
        assert!(matches!(text.parse::<TagPrefix>(), Err(TagPrefixError::Number { .. })), "{text}");
    }
    assert!(matches!("x".repeat(101).parse::<TagPrefix>(), Err(TagPrefixError::Long { .. })));
    for text in ["", "v", "lib2-", "coglet/v", "@a/b@", "release."] {
        assert_eq!(prefix(text).as_str(), text);
    }
}
