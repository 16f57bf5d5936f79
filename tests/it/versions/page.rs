//! The page for users says what the program does, row by row.

use release_action::model::bump::Bump;
use release_action::model::tag::{Tag, TagPrefix};
use release_action::model::version::{Spelling, Version, VersionKind};

use crate::pages::{page, spans};

/// The rows of the table with this head, cell by cell.
fn rows(head: &str) -> Vec<Vec<String>> {
    let text = page("docs/versions.md");
    let (_, table) = text.split_once(&format!("{head}\n")).unwrap_or_else(|| panic!("no table {head}"));
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<_> = rows.map(cells).collect();
    assert!(rows.len() >= 7, "{head}: {} rows", rows.len());
    rows
}

/// The text between the backticks of a cell that has one.
fn code(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or_else(|| panic!("{cell:?}"))
}

fn either(text: &str) -> Version {
    Version::from_either(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn each_spelling_is_as_the_page_says() {
    for row in rows("| PEP 440 | SemVer | is read as well |") {
        let [python, semver, others] = &row[..] else { panic!("{row:?}") };
        let (python, semver) = (code(python), code(semver));
        let version = Version::from_pep440(python).expect(python);
        assert_eq!(version.spelled(Spelling::Semver).as_deref(), Ok(semver), "{python}");
        assert_eq!(version.pep440(), python);
        for other in spans(others).into_iter().chain([semver]) {
            assert_eq!(Version::from_semver(other).expect(other), version, "{other}");
        }
    }
}

#[test]
fn each_thing_that_cannot_be_said_has_the_reason_of_the_page() {
    for row in rows("| text | in | why |") {
        let [text, spelling, why] = &row[..] else { panic!("{row:?}") };
        let said = match spelling.as_str() {
            "SemVer" => {
                let version = Version::from_pep440(code(text)).expect(text);
                version.spelled(Spelling::Semver).expect_err(text).to_string()
            }
            "PEP 440" => Version::from_semver(code(text)).expect_err(text).to_string(),
            other => panic!("there is no spelling {other}"),
        };
        assert!(said.contains(why), "{text}: {said}");
        assert_eq!(spelling == "PEP 440", Version::from_either(code(text)).is_err(), "{text}");
    }
}

#[test]
fn each_kind_fits_its_examples_and_the_kinds_are_all_there() {
    let rows = rows("| kind | is | for example |");
    let kinds: Vec<_> =
        rows.iter().map(|row| code(&row[0]).parse::<VersionKind>().expect("a kind")).collect();
    assert_eq!(kinds, VersionKind::ALL);
    for (kind, row) in kinds.iter().zip(&rows) {
        for example in spans(&row[2]) {
            assert!(kind.fits(&either(example)), "{kind}: {example}");
        }
    }
}

#[test]
fn each_tag_is_what_the_page_says() {
    for row in rows("| tag | prefix | what it is |") {
        let [tag, prefix, what] = &row[..] else { panic!("{row:?}") };
        let prefix: Option<TagPrefix> = (!prefix.is_empty()).then(|| code(prefix).parse().expect("a prefix"));
        match Tag::read(code(tag), prefix.as_ref()) {
            Ok(read) => assert_eq!(read.version().to_string(), *what, "{tag}"),
            Err(error) => assert!(error.to_string().contains(what), "{tag}: {error}"),
        }
    }
}

#[test]
fn each_next_version_is_the_pages() {
    for row in rows("| from | step | kind | next |") {
        let [from, step, kind, next] = &row[..] else { panic!("{row:?}") };
        let bump: Bump = code(step).parse().expect(step);
        let kind = (!kind.is_empty()).then(|| code(kind).parse().expect("a kind"));
        match (bump.apply(&either(code(from)), kind), next.strip_prefix("refused: ")) {
            (Ok(to), None) => assert_eq!(to.pep440(), code(next), "{row:?}"),
            (Err(error), Some(why)) => assert!(error.to_string().contains(why), "{row:?}: {error}"),
            (other, _) => panic!("{row:?}: {other:?}"),
        }
    }
}
