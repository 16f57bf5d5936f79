//! The text of a release: a file, or the version's section of a changelog.
//!
//! Changelogs follow Keep a Changelog: a heading of level two for each version (`## [1.2.0] - 2026-01-31`, also
//! `## 1.2.0 (2026-01-31)` and `## v1.2.0`). Headings inside fenced code are text, not headings.

use std::collections::HashSet;

use crate::model::version::Version;

/// GitHub refuses a longer text; the limit is in characters.
pub(crate) const LONGEST_CHARACTERS: usize = 125_000;

/// What a changelog says of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// The section's text, without its heading, with the link definitions that it uses.
    Found(String),
    /// The version has a heading with nothing below it.
    Empty,
    /// There is none; these are the headings that were seen, the first dozen.
    Missing { seen: Vec<String> },
}

/// The section of `version`.
pub(crate) fn section(changelog: &str, version: &Version) -> Section {
    let lines: Vec<&str> = changelog.lines().collect();
    let headings = headings(&lines);
    let Some(at) = headings.iter().position(|&line| heading_version(lines[line]).as_ref() == Some(version))
    else {
        let seen = headings
            .iter()
            .take(12)
            .map(|&line| shorten(lines[line].trim_start_matches('#').trim()))
            .collect();
        return Section::Missing { seen };
    };
    let start = headings[at] + 1;
    let end = headings.get(at + 1).copied().unwrap_or(lines.len());
    let (definitions, body): (Vec<&str>, Vec<&str>) =
        lines[start..end].iter().partition(|line| definition(line).is_some());
    let text = body.join("\n").trim().to_owned();
    if text.is_empty() {
        return Section::Empty;
    }
    // Definitions usually stand at the end of the file, in the section of the oldest version.
    let lower = text.to_lowercase();
    let mut wanted = bracketed(&lower);
    let links: Vec<&str> = definitions
        .into_iter()
        .chain(lines.iter().copied())
        .filter(|line| definition(line).is_some_and(|label| wanted.remove(label.to_lowercase().as_str())))
        .map(str::trim)
        .collect();
    Section::Found(if links.is_empty() { text } else { format!("{text}\n\n{}", links.join("\n")) })
}

/// Every text in brackets that has none in it: what may refer to a link definition.
fn bracketed(text: &str) -> HashSet<&str> {
    let closed = |piece: &'_ str| piece.find(']');
    text.split('[').skip(1).filter_map(|piece| piece.get(..closed(piece)?)).collect()
}

/// The line numbers of the headings of level two, outside of fenced code.
fn headings(lines: &[&str]) -> Vec<usize> {
    let mut fence: Option<&str> = None;
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) if line.starts_with("## ") => found.push(number),
            _ => {}
        }
    }
    found
}

/// The version that a heading names: its first word, without brackets, link target and `v`.
fn heading_version(heading: &str) -> Option<Version> {
    let text = heading.trim_start_matches('#').trim();
    let word = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => text.split([' ', '(', '\t']).next()?,
    };
    let word = word.trim().trim_end_matches(':');
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    number.starts_with(|c: char| c.is_ascii_digit()).then(|| Version::from_either(number).ok())?
}

/// The label of a link definition (`[1.2.0]: target`).
fn definition(line: &str) -> Option<&str> {
    let (label, target) = line.trim().strip_prefix('[')?.split_once("]:")?;
    (!label.is_empty() && !label.contains(['[', ']']) && !target.trim().is_empty()).then_some(label)
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
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
```

## 1.1.0 (2025-12-01)

- Older.

## v1.0.0

[1.2.0]: target-of-1.2.0
[1.1.0]: target-of-1.1.0
[the guide]: guide.md
";

    fn of(version: &str) -> Section {
        section(CHANGELOG, &Version::from_either(version).expect("good"))
    }

    #[test]
    fn a_section_is_taken_whole_with_its_links_and_nothing_else() {
        let Section::Found(text) = of("1.2.0") else { panic!("found") };
        assert!(text.starts_with("### Added\n\n- A thing"), "{text}");
        assert!(text.contains("## [9.9.9] is code"), "{text}");
        assert!(text.ends_with("[1.2.0]: target-of-1.2.0\n[the guide]: guide.md"), "{text}");
        assert!(!text.contains("Older") && !text.contains("soon") && !text.contains("[1.1.0]"), "{text}");
    }

    #[test]
    fn other_headings_are_read() {
        assert_eq!(of("1.1.0"), Section::Found("- Older.".into()));
        assert_eq!(of("1.0.0"), Section::Empty);
        let tail = section("## 1.0\n- last line", &Version::from_either("1.0").expect("good"));
        assert_eq!(tail, Section::Found("- last line".into()));
    }

    #[test]
    fn a_missing_section_lists_what_is_there() {
        let Section::Missing { seen } = of("2.0.0") else { panic!("missing") };
        assert_eq!(seen, ["[Unreleased]", "[1.2.0] - 2026-01-31", "1.1.0 (2025-12-01)", "v1.0.0"]);
        assert_eq!(
            section("", &Version::from_either("1.0").expect("good")),
            Section::Missing { seen: vec![] }
        );
        assert!(matches!(of("9.9.9"), Section::Missing { .. }));
    }

    #[test]
    fn a_hundred_thousand_definitions_are_looked_up_once_each() {
        let used: String = (0..100_000).map(|n| format!("- [{n}]\n")).collect();
        let defined: String = (0..100_000).map(|n| format!("[{n}]: https://example.invalid/{n}\n")).collect();
        let changelog = format!("## 1.2.0\n\n{used}\n## 1.1.0\n\n{defined}[0]: again\n[none]: unused\n");
        let began = std::time::Instant::now();
        let Section::Found(text) = section(&changelog, &Version::from_semver("1.2.0").expect("good")) else {
            panic!("it is there")
        };
        assert!(text.contains("[99999]: https") && !text.contains("again") && !text.contains("unused"));
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
