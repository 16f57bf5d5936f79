use proptest::prelude::*;

use super::*;

const CHANGELOG: &str = "\
# Changelog

## [Unreleased]

- soon

## [1.2.0] - 2026-01-31

### Added

- A thing, see [the guide] and [1.2.0].

```
## [9.9.9] is code
[the guide]: is code
```

## 1.1.0 (2025-12-01)

- Older.

## v1.0.0

[1.2.0]: target-of-1.2.0
[1.1.0]: target-of-1.1.0
[the guide]: guide.md
";

fn version(text: &str) -> Version {
    Version::from_either(text).expect("good")
}

fn of(wanted: &str) -> Section {
    section(CHANGELOG, Form::Markdown, &version(wanted))
}

#[track_caller]
fn found(changelog: &str, wanted: &str) -> String {
    match section(changelog, Form::Markdown, &version(wanted)) {
        Section::Found(text) => text,
        other => panic!("{other:?}\n{changelog}"),
    }
}

#[test]
fn a_section_is_taken_whole_with_its_links_and_nothing_else() {
    assert_eq!(
        found(CHANGELOG, "1.2.0"),
        "### Added\n\n- A thing, see [the guide] and [1.2.0].\n\n```\n## [9.9.9] is code\n[the guide]: is code\n```\n\n\
         [1.2.0]: target-of-1.2.0\n[the guide]: guide.md"
    );
}

#[test]
fn a_heading_below_that_names_something_with_a_number_ends_no_section() {
    for below in ["Python 3.14", "API v2", "Part 2", "November 2026", "2.0 compatibility"] {
        let changelog = format!("## 1.2.0\n\n- One.\n\n### {below}\n\n- Two.\n\n## 1.1.0\n\n- Old.\n");
        assert_eq!(found(&changelog, "1.2.0"), format!("- One.\n\n### {below}\n\n- Two."));
    }
    // Nor does it stand for a version of ours.
    assert_eq!(found("## 3.15\n\n### Python 3.14\n\n- Two.\n\n## 3.14\n\n- Ours.\n", "3.14"), "- Ours.");
}

#[test]
fn other_headings_are_read() {
    assert_eq!(of("1.1.0"), Section::Found("- Older.".into()));
    assert_eq!(of("1.0.0"), Section::Empty);
    assert_eq!(found("## 1.0\n- last line", "1.0"), "- last line");
    assert_eq!(unreleased(CHANGELOG, Form::Markdown), Section::Found("- soon".into()));
}

#[test]
fn every_usual_form_gives_the_same_section() {
    for heading in [
        "## [1.2.0] - 2026-01-31",
        "## 1.2.0 (2026-01-31)",
        "## v1.2.0",
        "# 1.2.0",
        "### 1.2.0",
        "1.2.0 (2026-01-31)\n------------------",
        "1.2.0\n=====",
        "## Version 1.2.0",
        "## [v1.2.0](https://example.org/compare) (2026-01-31)",
        "## <a name=\"1.2.0\"></a>1.2.0 (2026-01-31)",
        "<a name=\"1.2.0\"></a>\n## 1.2.0",
        "   ##   **1.2.0**   ##",
        "## sample 1.2.0 - 2026-01-31",
        "## 1.2.0 is here",
    ] {
        let older = heading.replace("1.2.0", "1.1.0");
        let newer = heading.replace("1.2.0", "1.3.0");
        for end in ["\n", "\r\n"] {
            let text = format!(
                "\u{feff}# Changes\n\nIntroduction.\n\n{newer}\n\n- newer\n\n{heading}\n\n- this\n\n#### Deeper\n\n- too\n\n{older}\n\n- older\n"
            );
            assert_eq!(
                found(&text.replace('\n', end), "1.2.0"),
                "- this\n\n#### Deeper\n\n- too",
                "{heading}"
            );
        }
    }
}

#[test]
fn patches_may_be_written_a_level_below_or_above() {
    let text = "# [2.0.0]\n\n- two\n\n## [1.1.1]\n\n- patch\n\n### Fixed\n\n- x\n\n### 1.1.0 (2025-01-01)\n\n- minor\n\n# 1.0.0\n\n- one\n";
    for (wanted, section) in [
        ("2.0.0", "- two"),
        ("1.1.1", "- patch\n\n### Fixed\n\n- x"),
        ("1.1.0", "- minor"),
        ("1.0.0", "- one"),
    ] {
        assert_eq!(found(text, wanted), section);
    }
}

#[test]
fn headings_that_only_look_like_versions_end_nothing() {
    let text = "# 1.2.0\n\n## 2.0 compatibility\n\n- a\n\n<!--\n## 1.1.0\n-->\n\n- ```\n  ## 1.1.0\n  ```\n\n#### 1.1.0\n\n- b\n\n## 1.1.0\n\n- c\n";
    let section = found(text, "1.2.0");
    assert!(section.starts_with("## 2.0 compat") && section.ends_with("#### 1.1.0\n\n- b"), "{section}");
}

#[test]
fn what_leads_over_to_the_next_section_is_left_out() {
    let text = "## 1.2.0\n\n- a\n\n---\n\n<a name=\"1.1.0\"></a>\n\n## 1.1.0\n";
    assert_eq!(found(text, "1.2.0"), "- a");
    let text = "## 1.2.0\n\n- [a]\n\n[a]: x\n\nafter\n\n## 1.1.0\n";
    assert_eq!(
        found(text, "1.2.0"),
        "- [a]\n\n[a]: x\n\nafter",
        "a definition that is among the text stays there"
    );
    assert_eq!(found("## 1.2.0\n\n- [b]\n\n## 1.1.0\n\n[B]:\n  y\n", "1.2.0"), "- [b]\n\n[B]:\n  y");
}

#[test]
fn a_comment_alone_is_no_text() {
    for text in ["## 1.2.0\n\n<!-- soon -->\n", "## 1.2.0\n", "## 1.2.0\n\n[1.2.0]: x\n---\n\n## 1.1.0\n- a"]
    {
        assert_eq!(section(text, Form::Markdown, &version("1.2.0")), Section::Empty, "{text}");
    }
}

#[test]
fn a_missing_section_lists_what_is_there() {
    let seen = |text: &str| match section(text, Form::Markdown, &version("2.0.0")) {
        Section::Missing { seen } => seen,
        other => panic!("{other:?}"),
    };
    assert_eq!(seen(CHANGELOG), ["[Unreleased]", "[1.2.0] - 2026-01-31", "1.1.0 (2025-12-01)", "v1.0.0"]);
    assert_eq!(seen("# News\n\n## Now\n\n### Deep\n"), ["News", "Now"]);
    assert_eq!(seen(""), [""; 0]);
    assert_eq!(seen(&"## 1.0.0\n".repeat(99)).len(), MOST_SEEN);
    assert!(matches!(of("9.9.9"), Section::Missing { .. }));
}

#[test]
fn restructured_text_is_read_too() {
    let text = "\
=========
Changelog
=========

.. _v1.2.0:

1.2.0 (2026-01-31)
==================

Added
-----

* ``a``

Fixed
~~~~~

* b

.. _v1.1.0:

1.1.0
=====

* c
";
    let of = |wanted| section(text, Form::RestructuredText, &version(wanted));
    assert_eq!(of("1.2.0"), Section::Found("### Added\n\n* ``a``\n\n#### Fixed\n\n* b".into()));
    assert_eq!(of("1.1.0"), Section::Found("* c".into()));
    assert_eq!(of("1.0.0"), Section::Missing { seen: vec!["1.2.0 (2026-01-31)".into(), "1.1.0".into()] });
    assert_eq!(Form::of(Path::new("docs/CHANGES.RST")), Form::RestructuredText);
    assert_eq!(Form::of(Path::new("CHANGELOG.md")), Form::Markdown);
}

#[test]
fn a_hundred_thousand_definitions_are_looked_up_once_each() {
    let used: String = (0..100_000).map(|n| format!("- [{n}]\n")).collect();
    let defined: String = (0..100_000).map(|n| format!("[{n}]: https://example.invalid/{n}\n")).collect();
    let changelog = format!("## 1.2.0\n\n{used}\n## 1.1.0\n\n{defined}[0]: again\n[none]: unused\n");
    let began = std::time::Instant::now();
    let text = found(&changelog, "1.2.0");
    assert!(text.contains("[99999]: https") && !text.contains("again") && !text.contains("unused"));
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn twenty_thousand_headings_are_read_in_linear_time() {
    let began = std::time::Instant::now();
    let markdown: String = (0..20_000).map(|n| format!("## 1.{n}.0\n\n[{n}]: x\n\n")).collect();
    assert_eq!(section(&markdown, Form::Markdown, &version("1.19999.0")), Section::Empty);
    let rst: String = (0..20_000).map(|n| format!("x\n===\n\n{n}\n\n")).collect();
    let rst = format!("1.0\n---\n\n{rst}");
    assert!(matches!(section(&rst, Form::RestructuredText, &version("1.0")), Section::Found(_)));
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}

fn piece() -> impl Strategy<Value = String> {
    let pieces = vec![
        "# ",
        "## ",
        "### ",
        "[",
        "]",
        "(",
        ")",
        "<a name=\"x\">",
        "</a>",
        "1.2.0",
        "v1.1.0",
        "Unreleased",
        "\n",
        "\n\n",
        "- a",
        "[x]: y",
        "[x]",
        "---",
        "===",
        "```",
        "<!--",
        "-->",
        "\r\n",
        "**",
        "2026-01-31",
        " ",
        "`",
        "project ",
    ];
    prop_oneof![
        9 => proptest::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #[test]
    fn whatever_is_written_a_section_is_a_part_of_it(pieces in proptest::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        for form in [Form::Markdown, Form::RestructuredText] {
            for found in [section(&text, form, &version("1.2.0")), unreleased(&text, form)] {
                match found {
                    Section::Found(found) if form == Form::Markdown => {
                        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
                        // A section may begin with a mark that stands in the middle of the file, which goes.
                        let bare = |line: &str| line.trim_start_matches('\u{feff}').trim_end().to_owned();
                        let is_there = |line: &str| lines.iter().any(|have| bare(have) == bare(line));
                        prop_assert!(found.lines().all(is_there), "{}", found);
                        prop_assert!(!found.trim().is_empty());
                    }
                    Section::Found(found) => prop_assert!(!found.trim().is_empty()),
                    Section::Empty => {}
                    Section::Missing { seen } => prop_assert!(seen.len() <= MOST_SEEN),
                }
            }
        }
    }
}
