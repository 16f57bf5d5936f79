//! What lines say, and what is said of lines that say nothing.

use super::*;
use crate::model::secret::Secret;

fn registries(lines: &str) -> Result<Registries, String> {
    Registries::read(Registries::default_index(), lines).map_err(|error| error.to_string())
}

fn all() -> Registries {
    registries(
        "mirror = python https://up.example.org/ https://down.example.org/simple/ # ours\n\
         # a comment\n\
         shelf = cargo sparse+https://crates.example.org/index/",
    )
    .expect("good")
}

fn targets(lines: &str) -> Result<Vec<String>, String> {
    let read = Target::read(lines, &all()).map_err(|error| error.to_string())?;
    Ok(read.iter().map(ToString::to_string).collect())
}

fn refused(lines: &str, expected: &str) {
    assert_eq!(targets(lines).expect_err(lines), expected);
}

#[test]
fn lines_are_read_and_written_back() {
    let lines = "testpypi when alpha,beta\n\
                 \n\
                 # The parts first.\n\
                 pypi : coglet   when stable , rc\n\
                 pypi: cog, cog-extra needs coglet when stable\n\
                 crates-io\n\
                 shelf: coglet_sys needs cog";
    let expected = [
        "testpypi when alpha, beta",
        "pypi: coglet when stable, rc",
        "pypi: cog, cog-extra needs coglet when stable",
        "crates-io",
        "shelf: coglet_sys needs cog",
    ];
    let read = targets(lines).expect("good");
    assert_eq!(read, expected);
    assert_eq!(targets(&read.join("\n")).expect("good"), expected);
}

#[test]
fn what_makes_no_sense_is_named_with_its_line() {
    refused("\npipy", "line 2: there is no registry `pipy`");
    refused(
        "PyPI",
        "line 1: `PyPI` is no name of a registry: small letters, digits, `-`, `_` and `.`, a letter first",
    );
    refused("pypi cog", "line 1: `cog` stands where `:`, `needs` or `when` was expected");
    refused("pypi:", "line 1: `:` names nothing");
    refused("pypi: a needs", "line 1: `needs` names nothing");
    refused("pypi: a when when", "line 1: `when` stands twice");
    refused("pypi: a when final", "line 1: `final` is no kind of versions");
    refused("pypi: -a", "line 1: `-a` is neither the name of a Python project nor of a crate");
    refused("crates-io: a.b", "line 1: `a.b` is no name that crates-io could have");
    refused("pypi: a needs A", "line 1: `a` needs itself");
    refused("pypi: a, A", "line 1: `A` is sent to `pypi` twice");
    refused("pypi: a-b\npypi: A_b", "line 2: `A_b` is sent to `pypi` twice");
    refused("pypi\npypi", "line 2: everything is sent to `pypi` twice");
    assert!(targets("pypi when alpha\npypi when stable").is_ok(), "no version is of both");
}

#[test]
fn registries_add_to_the_known_ones_and_stand_for_them() {
    let named = |lines: &str| registries(lines).map(|found| found.names());
    let known = ["pypi", "testpypi", "crates-io", "index"];
    assert_eq!(named("").expect("good"), known);
    let replaced =
        registries("pypi = python http://127.0.0.1:1/up/ http://127.0.0.1:1/simple/").expect("good");
    assert_eq!(replaced.names(), ["testpypi", "crates-io", "index", "pypi"]);
    assert!(!replaced.get(PYPI).expect("there").is_pypi() && all().get(PYPI).expect("there").is_pypi());
    assert!(
        all().get(CRATES_IO).expect("there").is_crates_io()
            && !all().get("shelf").expect("there").is_crates_io()
    );
    for (lines, expected) in [
        ("x", "line 1: it is not of the form"),
        ("x = python https://a.example.org/", "line 1: it is not of the form"),
        ("x = npm https://a.example.org/", "line 1: `npm` is no kind of registry"),
        (
            "x = cargo http://a.example.org/",
            "line 1: the index address: `http://a.example.org/` is not encrypted",
        ),
        (
            "x = cargo https://me:hunter2@a.example.org/",
            "line 1: the index address: the address of `a.example.org`",
        ),
        ("index = cargo https://a.example.org/", "line 1: `index` is the registry of `repository-url`"),
        (
            "x = cargo https://a.example.org/\nx = cargo https://b.example.org/",
            "line 2: the registry `x` is defined twice",
        ),
    ] {
        let error = named(lines).expect_err(lines);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn credentials_are_read_and_no_message_repeats_any() {
    let read = |lines: &str| Login::read(lines, &all());
    let found = read("# of the bot\npypi = pypi-token==\nmirror = me #hunter2\ncrates-io=cio").expect("good");
    let token = |text: &str| Login::Token(Secret::new(text.to_owned()));
    let user = Login::User { user: "me".into(), password: Secret::new("#hunter2".into()) };
    let expected = [("pypi", token("pypi-token==")), ("mirror", user), ("crates-io", token("cio"))];
    assert_eq!(found.len(), expected.len());
    for ((name, login), (expected_name, expected_login)) in found.iter().zip(&expected) {
        assert_eq!((name.as_str(), login), (*expected_name, expected_login));
    }
    for lines in [
        "hunter2",
        "hunter2 = x",
        "hunter2==",
        "pypi = a b hunter2",
        "pypi =",
        "crates-io = me hunter2",
        "pypi = hunter2\npypi = hunter2",
    ] {
        let error = read(lines).expect_err(lines);
        assert!(!format!("{error} {:?}", error.fault.choices()).contains("hunter2"), "{error}");
    }
}

#[test]
fn one_registry_under_two_names_is_one() {
    let same = "`pypi` and `index` are the same";
    refused("index\npypi", &format!("line 2: everything is sent to one registry twice: {same}"));
    refused("index: a\npypi: A", &format!("line 2: `A` is sent to one registry twice: {same}"));
    // Each name may have a token of its own, for a project of its own.
    for lines in ["index: a\npypi: b", "index when alpha\npypi when stable", "testpypi\npypi"] {
        assert_eq!(targets(lines).expect(lines).len(), 2);
    }
}

#[test]
fn every_secret_among_lines_is_found_in_good_and_in_bad_ones() {
    let lines = "pypi = one==\n\nmirror = me two\r\nthree four\n = five\nshelf = me six seven";
    assert_eq!(secrets_among(lines), ["one==", "two", "three", "four", "five", "me", "six", "seven"]);
}

#[test]
fn versions_are_of_kinds() {
    let kinds = |text: &str| {
        let version = Version::from_pep440(text).expect("good");
        let of: Vec<_> = VersionKind::ALL.into_iter().filter(|kind| kind.fits(&version)).collect();
        of.into_iter().map(VersionKind::as_str).collect::<Vec<_>>().join(" ")
    };
    for (version, expected) in [
        ("1.0", "stable"),
        ("1.0.post1", "stable post"),
        ("1.0a1", "prerelease alpha"),
        ("1.0b2", "prerelease beta"),
        ("1.0rc1", "prerelease rc"),
        ("1.0.dev3", "prerelease dev"),
        ("1.0a1.dev3", "prerelease alpha dev"),
        ("1.0+local", "stable"),
    ] {
        assert_eq!(kinds(version), expected, "{version}");
    }
}

#[test]
fn no_text_of_any_kind_stops_the_reading() {
    for text in
        ["", ":", "=", "::", "pypi::", "pypi:,,", "\u{0}", "pypi: ä", &"x".repeat(100_000), "pypi =\u{2028}"]
    {
        drop((Target::read(text, &all()), registries(text), Login::read(text, &all()), secrets_among(text)));
    }
}
