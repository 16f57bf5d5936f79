use proptest::prelude::*;

use super::super::{has_section, section, unreleased};
use super::*;

const BASE: &str = "https://host.example/o/r";

fn version(text: &str) -> Version {
    Version::from_either(text).expect("good")
}

fn tag(text: &str) -> Tag {
    text.parse().expect("good")
}

fn released_as(text: &str, form: Form, name: &str, base: Option<&str>) -> Result<String, ReleaseError> {
    let (tag, previous) = (tag(name), tag("v1.0.0"));
    let turn =
        Release { version: tag.version(), tag: &tag, previous: Some(&previous), date: "2026-11-22", base };
    release(text, form, &turn)
}

#[track_caller]
fn check(form: Form, before: &str, after: &str) {
    for (mark, end) in [("", "\n"), ("\u{feff}", "\r\n")] {
        let dressed = |text: &str| format!("{mark}{}", text.replace('\n', end));
        let found = released_as(&dressed(before), form, "v1.1.0", None).expect("released");
        assert_eq!(found, dressed(after), "{before}");
        assert!(has_section(&found, form, &version("1.1.0")), "{found}");
        assert_eq!(released_as(&found, form, "v1.1.0", None).as_ref(), Ok(&found), "twice is once");
    }
}

#[test]
fn keep_a_changelog_gets_heading_date_and_links() {
    check(
        Form::Markdown,
        "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- soon\n\n## [1.0.0] - 2026-01-31\n\n- one\n\n\
         [Unreleased]: https://host.example/o/r/compare/v1.0.0...HEAD\n\
         [1.0.0]: https://host.example/o/r/releases/tag/v1.0.0\n",
        "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-11-22\n\n### Added\n\n- soon\n\n## [1.0.0] - 2026-01-31\n\n- one\n\n\
         [Unreleased]: https://host.example/o/r/compare/v1.1.0...HEAD\n\
         [1.1.0]: https://host.example/o/r/compare/v1.0.0...v1.1.0\n\
         [1.0.0]: https://host.example/o/r/releases/tag/v1.0.0\n",
    );
}

#[test]
fn the_newest_version_is_the_model_for_the_next() {
    for (old, new) in [
        ("1.0.0 (2026-01-31)", "1.1.0 (2026-11-22)"),
        ("1.0.0 - 2026-01-31", "1.1.0 - 2026-11-22"),
        ("v1.0.0", "v1.1.0"),
        ("Version 1.0.0", "Version 1.1.0"),
        ("[v1.0.0] - 2026/01/31", "[v1.1.0] - 2026/11/22"),
        ("**1.0.0** (January 31, 2026)", "**1.1.0** (November 22, 2026)"),
        ("1.0.0 — 31 Jan 2026", "1.1.0 — 22 Nov 2026"),
        ("<a name=\"1.0.0\"></a>1.0.0 (2026-01-31)", "<a name=\"1.1.0\"></a>1.1.0 (2026-11-22)"),
        ("sample2 1.0.0 - 2026-01-31", "sample2 1.1.0 - 2026-11-22"),
        (
            "[1.0.0](x/compare/v0.9.0...v1.0.0) (2026-01-31)",
            "[1.1.0](x/compare/v1.0.0...v1.1.0) (2026-11-22)",
        ),
        ("[v1.0.0](x/releases/tag/v1.0.0) (2026-01-31)", "[v1.1.0](x/releases/tag/v1.1.0) (2026-11-22)"),
        // What is said of the other version is not said of this one.
        ("[1.0.0] - 2026-01-31 - The first", "[1.1.0] - 2026-11-22"),
        ("1.0.0 - The first (2026-01-31)", "1.1.0 (2026-11-22)"),
        ("1.0.0 (the first)", "1.1.0"),
        ("[1.0.0] - 2026-01-31 [YANKED]", "[1.1.0] - 2026-11-22"),
    ] {
        check(
            Form::Markdown,
            &format!("# Changes\n\n## Unreleased\n\n- soon\n\n## {old}\n\n- one"),
            &format!("# Changes\n\n## Unreleased\n\n## {new}\n\n- soon\n\n## {old}\n\n- one"),
        );
    }
}

#[test]
fn headings_are_drawn_as_the_one_above() {
    check(
        Form::Markdown,
        "Unreleased\n----------\n- soon\n\n1.0.0 (2026-01-31)\n------------------\n- one\n",
        "Unreleased\n----------\n\n1.1.0 (2026-11-22)\n------------------\n- soon\n\n1.0.0 (2026-01-31)\n------------------\n- one\n",
    );
    check(
        Form::RestructuredText,
        "=======\nChanges\n=======\n\nUnreleased\n==========\n\n* soon\n\n.. _v1.0.0:\n\n1.0.0 (2026-01-31)\n==================\n\n* one\n",
        "=======\nChanges\n=======\n\nUnreleased\n==========\n\n.. _v1.1.0:\n\n1.1.0 (2026-11-22)\n==================\n\n* soon\n\n.. _v1.0.0:\n\n1.0.0 (2026-01-31)\n==================\n\n* one\n",
    );
    check(
        Form::RestructuredText,
        "Unreleased\n==========\n\n* soon\n\n`1.0.0`_ (2026-01-31)\n=====================\n\n* one\n\n.. _Unreleased: https://host.example/o/r/compare/v1.0.0...HEAD\n.. _1.0.0: https://host.example/o/r/releases/tag/v1.0.0\n",
        "Unreleased\n==========\n\n`1.1.0`_ (2026-11-22)\n=====================\n\n* soon\n\n`1.0.0`_ (2026-01-31)\n=====================\n\n* one\n\n.. _Unreleased: https://host.example/o/r/compare/v1.1.0...HEAD\n.. _1.1.0: https://host.example/o/r/compare/v1.0.0...v1.1.0\n.. _1.0.0: https://host.example/o/r/releases/tag/v1.0.0\n",
    );
}

#[test]
fn a_heading_that_waits_for_its_date_gets_it() {
    for (pending, named) in [
        ("1.1.0 (unreleased)", "1.1.0 (2026-11-22)"),
        ("[1.1.0] - Unreleased", "[1.1.0] - 2026-11-22"),
        ("1.1.0 - TBD", "1.1.0 - 2026-11-22"),
        ("1.0.1 (not yet released)", "1.1.0 (2026-11-22)"),
    ] {
        check(Form::Markdown, &format!("## {pending}\n\n- soon\n"), &format!("## {named}\n\n- soon\n"));
    }
    check(
        Form::RestructuredText,
        "Changes\n=======\n\n1.0.1 (unreleased)\n------------------\n\n- soon\n\n1.0 (2026-01-31)\n----------------\n\n- one\n",
        "Changes\n=======\n\n1.1.0 (2026-11-22)\n------------------\n\n- soon\n\n1.0 (2026-01-31)\n----------------\n\n- one\n",
    );
    check(
        Form::Markdown,
        "## [1.0.1] - unreleased\n\n- soon\n\n## [1.0.0] - 2026-01-31\n\n[1.0.1]: x/compare/v1.0.0...main\n[1.0.0]: y\n",
        "## [1.1.0] - 2026-11-22\n\n- soon\n\n## [1.0.0] - 2026-01-31\n\n[1.1.0]: x/compare/v1.0.0...v1.1.0\n[1.0.0]: y\n",
    );
}

#[test]
fn a_heading_that_waits_is_taken_before_an_empty_one() {
    check(
        Form::Markdown,
        "## Unreleased\n\n## 1.1.0 - TBD\n\n- soon\n",
        "## Unreleased\n\n## 1.1.0 - 2026-11-22\n\n- soon\n",
    );
}

#[test]
fn links_are_made_from_what_the_changelog_has() {
    // In the heading itself.
    check(
        Form::Markdown,
        "## [Unreleased](x/compare/v1.0.0...HEAD)\n\n- soon\n\n## [1.0.0](x/compare/v0.9.0...v1.0.0) (2026-01-31)\n",
        "## [Unreleased](x/compare/v1.1.0...HEAD)\n\n## [1.1.0](x/compare/v1.0.0...v1.1.0) (2026-11-22)\n\n- soon\n\n## [1.0.0](x/compare/v0.9.0...v1.0.0) (2026-01-31)\n",
    );
    // By the version before.
    check(
        Form::Markdown,
        "## Unreleased\n\n- soon\n\n## [1.0.0] - 2026-01-31\n\n[1.0.0]: x/compare/v0.9.0...v1.0.0",
        "## Unreleased\n\n## [1.1.0] - 2026-11-22\n\n- soon\n\n## [1.0.0] - 2026-01-31\n\n[1.1.0]: x/compare/v1.0.0...v1.1.0\n[1.0.0]: x/compare/v0.9.0...v1.0.0",
    );
    // With nothing to go by but the repository's address.
    for (end, expected) in [("", ""), ("\n", "\n")] {
        let text = format!("## [Unreleased]\n\n- soon{end}");
        let found = released_as(&text, Form::Markdown, "v1.1.0", Some(BASE)).expect("released");
        let link = "[1.1.0]: https://host.example/o/r/compare/v1.0.0...v1.1.0";
        assert_eq!(
            found,
            format!("## [Unreleased]\n\n## [1.1.0] - 2026-11-22\n\n- soon\n\n{link}{expected}")
        );
    }
    let found = released_as("## [Unreleased]", Form::Markdown, "v1.1.0", None).expect("released");
    assert_eq!(found, "## [Unreleased]\n\n## [1.1.0] - 2026-11-22");
    let found = released_as("## [Unreleased]", Form::Markdown, "v1.1.0", Some("a\n## b")).expect("released");
    assert_eq!(found, "## [Unreleased]\n\n## [1.1.0] - 2026-11-22", "an address of two lines is none");
}

#[test]
fn versions_are_spelled_as_in_the_headings_before() {
    for (old, name, new) in [
        ("1.0.0-rc1", "v1.1.0rc1", "1.1.0-rc1"),
        ("1.0.0rc1", "v1.1.0-rc1", "1.1.0rc1"),
        ("1.0.0", "v1.1.0-rc1", "1.1.0-rc1"),
        ("1.0.0", "v1.1.0rc1", "1.1.0rc1"),
    ] {
        let text = format!("## Unreleased\n\n- soon\n\n## {old}\n\n- one\n");
        let found = released_as(&text, Form::Markdown, name, None).expect("released");
        assert_eq!(found, format!("## Unreleased\n\n## {new}\n\n- soon\n\n## {old}\n\n- one\n"));
    }
}

#[test]
fn what_cannot_be_released_says_why() {
    let why =
        |text: &str| released_as(text, Form::Markdown, "v1.1.0", None).expect_err("refused").to_string();
    assert!(why("# Changes\n\n## 1.0.0\n").contains("seen: `1.0.0`"));
    assert!(why("").contains("no heading"));
    assert!(why("## Unreleased\n\n- soon\n\n## 1.1.0\n\n- written\n").contains("already"));
    assert!(why("## Unreleased\n\n- soon\n\n## 1.1.0 - TBD\n\n- written\n").contains("already"));
    assert!(why("```\n## Unreleased\n```\n").contains("no section"));
    let tag = tag("v1.1.0");
    let turn = Release { version: tag.version(), tag: &tag, previous: None, date: "today\n", base: None };
    let error = release("## Unreleased\n", Form::Markdown, &turn).expect_err("no day");
    assert_eq!(error, ReleaseError::Date { date: "today\n".into() });
    // A person wrote it already.
    let written = "## Unreleased\n\n## 1.1.0\n\n- written\n";
    assert_eq!(released_as(written, Form::Markdown, "v1.1.0", None).as_deref(), Ok(written));
}

fn piece() -> impl Strategy<Value = String> {
    let pieces = vec![
        "# ",
        "## ",
        "### ",
        "[",
        "](",
        ")",
        "<a name=\"1.0.0\">",
        "</a>",
        "1.0.0",
        "v1.0.0",
        "1.1.0",
        "Unreleased",
        "unreleased",
        "[Unreleased]",
        "## [Unreleased]\n",
        "## 1.0.0 (2026-01-31)\n",
        "\n",
        "\n\n",
        "- a",
        "[unreleased]: x/compare/v1.0.0...HEAD\n",
        "[1.0.0]: x/compare/a...b\n",
        "[1.0.0]:\n  x\n",
        "---\n",
        "===\n",
        "```\n",
        "<!--",
        "-->",
        "\r\n",
        "**",
        "2026-01-31",
        " ",
        "`",
        ".. _v1.0.0:\n",
        ".. _unreleased: x\n",
        "January 3, 2026",
        " - ",
        "TBD",
    ];
    prop_oneof![
        9 => proptest::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

/// Whether `kept` is what is left of `all` when some lines are taken out.
fn is_left_of<'a>(kept: impl Iterator<Item = &'a str>, all: &'a str) -> bool {
    let mut all = all.lines();
    kept.into_iter().all(|line| all.any(|other| other == line))
}

proptest! {
    #[test]
    fn whatever_is_written_only_headings_and_links_change(
        pieces in proptest::collection::vec(piece(), 0..50),
        is_linked in any::<bool>(),
    ) {
        let text = pieces.concat();
        for form in [Form::Markdown, Form::RestructuredText] {
            let Ok(after) = released_as(&text, form, "v1.1.0", is_linked.then_some(BASE)) else { continue };
            prop_assert_eq!(after.starts_with('\u{feff}'), text.starts_with('\u{feff}'));
            prop_assert_eq!(after.ends_with('\n'), text.ends_with('\n'));
            // Lines go away only where a heading or a link takes their place.
            let lower = |line: &str| line.to_lowercase();
            let may_change = |line: &&str| {
                lower(line).contains("unreleased") || lower(line).contains("tbd") || line.contains("/compare/")
                    || line.trim_end().chars().all(|c| c.is_ascii_punctuation()) || line.contains("1.0.0") || line.contains("1.1.0")
            };
            let kept = text.lines().filter(|line| !may_change(line));
            prop_assert!(is_left_of(kept, &after), "{:?}\n{:?}", text, after);
            let found = section(&after, form, &version("1.1.0"));
            let is_missing = matches!(found, Section::Missing { .. });
            prop_assert!(!is_missing, "{:?}", after);
            let _ = unreleased(&after, form);
        }
    }
}

#[test]
fn twenty_thousand_headings_are_released_in_linear_time() {
    let began = std::time::Instant::now();
    let versions: String =
        (0..20_000).rev().map(|n| format!("## [0.{n}.0] - 2020-01-01\n\n- x\n\n")).collect();
    let links: String = (0..20_000).rev().map(|n| format!("[0.{n}.0]: x/compare/v0...v0.{n}.0\n")).collect();
    let found = released_as(
        &format!("## [Unreleased]\n\n- soon\n\n{versions}{links}"),
        Form::Markdown,
        "v1.1.0",
        None,
    );
    assert!(found.expect("released").contains("[1.1.0]: x/compare/v0.19999.0...v1.1.0\n"));
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}
