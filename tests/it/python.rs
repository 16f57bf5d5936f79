//! The grammars of Python packaging against the packages that indexes and installers ask: `packaging`,
//! `email-validator`, `trove-classifiers`, `rfc3986`. Thousands of good and nearly good texts, judged by both sides:
//! no false accept, no false refusal, and the same reading. Where we differ on purpose, [`DIFFERENCES`] says why.

mod corners;
mod vectors;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::{Duration, Instant};

use release_action::model::sdist_name::SdistName;
use release_action::model::version::Version;
use release_action::model::wheel_name::WheelName;
use release_action::python::classifier::{self, Standing};
use release_action::python::content_type::ContentType;
use release_action::python::license::Expression;
use release_action::python::requirement::{Operand, Requirement};
use release_action::python::specifier::SpecifierSet;
use release_action::python::{email, identifier, uri};
use serde_json::{Value, json};

use crate::support::tools::{python, run};
use crate::support::workflow_files::root;

/// A text and the grammar that it is judged by.
type Vector = (&'static str, String);

/// Where we differ on purpose: the grammar, a text that shows it, which other texts it covers, and why.
type Difference = (&'static str, &'static str, fn(&str) -> bool, &'static str);

const DIFFERENCES: &[Difference] = &[
    (
        "specifier",
        "~=1.0.po\u{17f}t1",
        |text| text.contains(['\u{17f}', '\u{131}']),
        "the long s passes for an s in one of packaging's patterns, and whoever then uses the specifier crashes",
    ),
    (
        "requirement",
        "foo; os_name == '\\N{DIGIT ONE}'",
        |text| text.contains("\\N"),
        "escapes by name need the whole list of Unicode's names, and nobody writes them in a marker",
    ),
    (
        "content_type",
        "text/plain; charset*=utf-8''UTF-8",
        |text| text.contains('*'),
        "encoded and continued parameters (RFC 2231): nobody writes them here, and Python's reader of them is a maze",
    ),
    (
        "content_type",
        "text/plain; x=\"=?a\"",
        |text| text.contains("=?"),
        "encoded words in quotes are a defect, and telling good ones from bad ones is the same maze",
    ),
    (
        "content_type",
        "text/plain \x1c",
        |text| {
            text.contains(|c: char| {
                c != ' ' && c != '\t' && (c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
            })
        },
        "Python skips any blank behind a space, line breaks at the end among them; here blanks are spaces and tabs",
    ),
    (
        "uri",
        "https://example.org/[a]/..",
        |text| text.contains("..") && text.contains(['[', ']']),
        "rfc3986 takes `/..` and what it leads out of away before it looks; a bracket there is a mistake all the same",
    ),
    (
        "wheel",
        "_foo-1.0-py3-none-any.whl",
        |text| !has_ordinary_names(text),
        "projects and tags have ASCII names here, as on every index; packaging takes any letter of Unicode",
    ),
    (
        "sdist",
        "foo-1.0-a.tar.gz",
        |text| !has_ordinary_names(text) || has_hyphen_in_version(text),
        "old sdists have hyphens in their versions; they are read, so that a check can say what is wrong",
    ),
    (
        "sdist",
        "foo-1.0.zip",
        |text| text.ends_with(".zip"),
        "no index takes sdists as ZIP archives any more (PEP 625)",
    ),
];

fn has_ordinary_names(text: &str) -> bool {
    let is_ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '!');
    let name = text.rsplit_once('-').map_or(text, |(name, _)| name);
    let name = if text.ends_with(".whl") { text.split('-').next().unwrap_or_default() } else { name };
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.chars().all(is_ordinary)
        && edge(name.chars().next())
        && edge(name.chars().last())
        && !name.contains(['+', '!'])
        && !(text.ends_with(".whl") && text.split('-').skip(2).any(|part| part.contains(['+', '!'])))
}

fn has_hyphen_in_version(text: &str) -> bool {
    let last = text.strip_suffix(".tar.gz").and_then(|stem| stem.rsplit_once('-'));
    last.is_some_and(|(_, last)| Version::from_pep440(last).is_err()) && text.parse::<SdistName>().is_ok()
}

/// What we say: null where the text is refused, else what was read, as the judge words it.
fn ours(grammar: &str, text: &str) -> Value {
    let read = match grammar {
        "version" => Version::from_pep440(text).ok().map(|version| json!(version.pep440())),
        "specifier" => text.parse().ok().map(|set| specifiers(&set)),
        "contains" => {
            let (wanted, candidate) = text.split_once('\t').expect("two fields");
            let set: Option<SpecifierSet> = wanted.parse().ok();
            let version = Version::from_pep440(candidate).ok();
            set.zip(version).map(|(set, version)| json!(set.contains(&version)))
        }
        "requirement" => text.parse().ok().map(|requirement| told(&requirement)),
        "license" => text.parse::<Expression>().ok().map(|expression| json!(expression.canonical)),
        "classifier" => Some(match classifier::standing(text) {
            Standing::Known => json!("known"),
            Standing::Unknown => json!("unknown"),
            Standing::Deprecated(successors) => json!(successors),
        }),
        "email" => email::check(text).ok().map(|()| json!("good")),
        "content_type" => text.parse::<ContentType>().ok().map(|_| json!("good")),
        "uri" => uri::is_valid(text).then(|| json!("good")),
        "identifier" => Some(json!([identifier::is_identifier(text), identifier::is_keyword(text)])),
        "wheel" => text.parse::<WheelName>().ok().map(|name| {
            let build = name.build().map(ToString::to_string).unwrap_or_default();
            let (number, rest) =
                build.split_at(build.find(|c: char| !c.is_ascii_digit()).unwrap_or(build.len()));
            let number = number.parse::<u64>().ok().map(|number| json!([number, rest]));
            let tags: BTreeSet<_> = name.tags().map(|tag| tag.to_lowercase()).collect();
            json!([name.name().normal(), name.version().pep440(), number.unwrap_or(json!([])), tags])
        }),
        "sdist" => {
            text.parse::<SdistName>().ok().map(|name| json!([name.name().normal(), name.version().pep440()]))
        }
        other => panic!("there is no grammar {other}"),
    };
    read.unwrap_or_default()
}

fn specifiers(set: &SpecifierSet) -> Value {
    set.specifiers.iter().map(|one| json!([one.operator, one.version])).collect()
}

/// A requirement in the judge's words: names of extras in markers are in normal form there.
fn told(requirement: &Requirement) -> Value {
    let Requirement { name, extras, url, specifiers: set, comparisons } = requirement;
    let operand = |operand: &Operand, other: &Operand, is_left: bool| match operand {
        Operand::Variable(name) => json!(["variable", name]),
        Operand::Text(text) => {
            let is_name = match other {
                Operand::Variable(name) => {
                    name == "extra" || is_left && matches!(name.as_str(), "extras" | "dependency_groups")
                }
                Operand::Text(_) => false,
            };
            json!(["text", if is_name { normal(text) } else { text.clone() }])
        }
    };
    let comparisons: Vec<_> = comparisons
        .iter()
        .map(|one| {
            let (left, right) = (operand(&one.left, &one.right, true), operand(&one.right, &one.left, false));
            json!([left, one.operator, right])
        })
        .collect();
    json!({
        "name": name,
        "extras": extras.iter().collect::<BTreeSet<_>>(),
        "url": url,
        "specifiers": specifiers(set),
        "comparisons": comparisons,
    })
}

/// The normal form of a name, of texts that are none too.
fn normal(text: &str) -> String {
    let mut normal = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            '.' | '_' | '-' if normal.ends_with('-') => {}
            '.' | '_' | '-' => normal.push('-'),
            c => normal.push(c),
        }
    }
    normal
}

/// What the judge says of each vector; nothing where there is no judge.
fn verdicts(vectors: &[Vector]) -> Option<Vec<Value>> {
    let python = python()?;
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    for vector in vectors {
        writeln!(file, "{}", json!(vector)).expect("a temporary file can be written to");
    }
    let script = root().join("tests/py/grammars.py");
    let said = run(python.command("python").arg("-X").arg("utf8").arg(script).arg(file.path()))
        .expect("the judge judges");
    Some(serde_json::from_str(&said).expect("the judge speaks JSON"))
}

#[test]
fn the_judges_and_we_agree() {
    let vectors = vectors::all();
    let Some(verdicts) = verdicts(&vectors) else { return };
    assert_eq!(verdicts.len(), vectors.len());
    let (mut taken, mut refused) = (BTreeMap::new(), BTreeMap::new());
    let mut wrong = Vec::new();
    for ((grammar, text), verdict) in vectors.iter().zip(&verdicts) {
        let is_covered = DIFFERENCES.iter().any(|(of, _, covers, _)| of == grammar && covers(text));
        if verdict == "unsure" || is_covered {
            continue;
        }
        *if verdict.is_null() { &mut refused } else { &mut taken }.entry(*grammar).or_insert(0) += 1;
        let ours = ours(grammar, text);
        if ours != *verdict {
            wrong.push(format!("{grammar} {text:?}\n  judge: {verdict}\n  we:    {ours}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        vectors.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    for grammar in ["version", "specifier", "requirement", "license", "content_type", "uri", "wheel", "sdist"]
    {
        let (taken, refused) = (taken.get(grammar).unwrap_or(&0), refused.get(grammar).unwrap_or(&0));
        assert!(
            *taken >= 200 && *refused >= 200,
            "{grammar}: {taken} good and {refused} bad texts prove little"
        );
    }
}

#[test]
fn every_difference_is_one() {
    let shown: Vec<Vector> = DIFFERENCES.iter().map(|(of, text, ..)| (*of, (*text).to_owned())).collect();
    let Some(verdicts) = verdicts(&shown) else { return };
    for ((grammar, text, covers, why), verdict) in DIFFERENCES.iter().zip(verdicts) {
        assert!(covers(text), "{grammar} {text:?} is not covered by its own row");
        assert_ne!(ours(grammar, text), verdict, "{grammar} {text:?} is no difference any more: {why}");
    }
}

#[test]
fn the_lists_are_those_of_the_packages() {
    let Some(python) = python() else { return };
    let script = root().join("scripts/python_lists.py");
    run(python.command("python").arg(script).arg("--check")).expect("`scripts/python_lists.py` was run");
}

#[test]
fn no_text_takes_long() {
    const GRAMMARS: &[&str] = &[
        "version",
        "specifier",
        "requirement",
        "license",
        "classifier",
        "email",
        "content_type",
        "uri",
        "identifier",
        "wheel",
        "sdist",
    ];
    const STARTS: &[&str] = &["", "foo", "foo;", "text/plain;x=\"", "http://a@"];
    const REPEATED: &[&str] = &[
        "(",
        "((a)",
        "[a]",
        "a,",
        "a-",
        "1.",
        "1",
        "-1",
        ">=1,",
        "===",
        "'",
        "\"\\",
        "os_name=='' and ",
        "(os_name==''or ",
        "<a@b>,",
        "a:",
        ".",
        "@",
        "MIT OR ",
        "LicenseRef-x ",
        "x=y;",
        "=?",
        "%",
        "é",
        " ",
        "\u{301}",
        "\\",
    ];
    for (start, unit) in STARTS.iter().flat_map(|start| REPEATED.iter().map(move |unit| (start, unit))) {
        let text = format!("{start}{}", unit.repeat(25_000 / unit.len()));
        for grammar in GRAMMARS {
            let begun = Instant::now();
            ours(grammar, &text);
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(1), "{grammar} took {took:?} for {start:?} and many {unit:?}");
        }
    }
}
