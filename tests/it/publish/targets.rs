//! Which files go where, and in which order.

use super::stage::{Stage, krate, plan, sdist, set, states, wheel};

/// The umbrella is named first, and goes last of its index.
const LINES: &str = "pypi: cog needs coglet\npypi: coglet\ncrates-io";

#[test]
fn packages_go_out_behind_what_they_need_and_a_second_run_sends_nothing() {
    let stage = Stage::holding(&set());
    let planned = stage.publish(LINES).input("dry-run", "true").run().expect_code(0);
    let expected = [
        "! upload coglet-1.2.0-py3-none-any.whl",
        "+ wait for coglet-1.2.0-py3-none-any.whl",
        "! upload cog-1.2.0-py3-none-any.whl",
        "! upload cog-1.2.0.tar.gz",
        "! upload coglet-sys-1.2.0.crate",
        "+ wait for coglet-sys-1.2.0.crate",
        "! upload coglet-1.2.0.crate",
    ];
    assert_eq!(plan(&planned), expected);
    assert_eq!(stage.writes(), 0);

    let outcome = stage.publish(LINES).run().expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("uploaded")), ("done", "5"));
    assert_eq!(stage.writes_in_order(), ["index", "index", "index", "crates", "crates"]);
    let proven = [
        "pypi coglet-1.2.0-py3-none-any.whl proven",
        "pypi cog-1.2.0-py3-none-any.whl proven",
        "pypi cog-1.2.0.tar.gz proven",
        "crates-io coglet-sys-1.2.0.crate proven",
        "crates-io coglet-1.2.0.crate proven",
    ];
    assert_eq!(states(&outcome), proven);

    let again = stage.publish(LINES).run().expect_code(0);
    assert_eq!((again.output("outcome"), again.output("uploaded")), ("already-done", "0"));
    assert_eq!((stage.writes(), states(&again)), (5, proven.map(str::to_owned).to_vec()));
}

#[test]
fn an_umbrella_is_sent_after_its_part_shows() {
    let stage = Stage::holding(&set()[..3]);
    // The part is the second request to the index after both lists, and shows three look-ups later.
    stage.universe.inject("stale@index:3".parse().expect("a fault"));
    let lines = "pypi: cog needs coglet\npypi: coglet";
    let outcome = stage.publish(lines).run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done");
    let journal = stage.universe.journal();
    let of_index: Vec<_> = journal
        .iter()
        .filter(|entry| entry.service == "index")
        .map(|entry| format!("{} {}", entry.method, entry.path))
        .collect();
    let sends: Vec<_> =
        of_index.iter().enumerate().filter(|(_, what)| *what == "POST /legacy/").map(|(at, _)| at).collect();
    let between = &of_index[sends[0] + 1..sends[1]];
    assert!(between.len() >= 3 && between.iter().all(|what| what == "GET /simple/coglet/"), "{of_index:#?}");
}

#[test]
fn versions_choose_the_index() {
    let lines = "testpypi when alpha, beta\npypi when stable, rc";
    for (version, service) in [("1.2.0a1", "test-index"), ("1.2.0rc1", "index"), ("1.2.0", "index")] {
        let stage = Stage::holding_version(version, &[sdist("sample", version)]);
        let outcome = stage.publish(lines).run().expect_code(0);
        assert_eq!(stage.writes_in_order(), [service], "{version}");
        assert!(outcome.finds("publish/not-for-version", ""), "{}", outcome.told());
    }
    let stage = Stage::holding_version("1.2.0.dev1", &[sdist("sample", "1.2.0.dev1")]);
    let outcome = stage.publish(lines).run().expect_code(0);
    assert!(outcome.finds("publish/goes-nowhere", ""), "{}", outcome.told());
    assert_eq!(stage.writes(), 0);
}

#[test]
fn what_no_line_takes_stops_the_run() {
    let stage = Stage::holding(&set());
    for (lines, package) in [("pypi", "`coglet-sys`"), ("crates-io\npypi: coglet", "`cog`")] {
        let outcome = stage.publish(lines).run().expect_code(1);
        assert!(outcome.finds("publish/no-target", ""), "{}", outcome.told());
        assert!(outcome.stdout.contains(package), "{}", outcome.told());
    }
    // Without any line everything goes to the index, and crates do not.
    let addresses = stage.universe.addresses();
    let default = stage
        .publish("")
        .input("repository-url", &addresses.repository_url)
        .input("index-url", &addresses.index_url)
        .input("password", "none");
    assert!(default.run().expect_code(1).finds("publish/no-target", ""));
    let outcome = stage.publish("pypi: cogs\npypi\ncrates-io").run().expect_code(1);
    assert!(outcome.finds("publish/no-such-package", ""), "{}", outcome.told());
    assert_eq!(stage.writes(), 0);
}

#[test]
fn crates_that_need_one_another_have_no_order() {
    let needs = |name, other| krate(name, "1.2.0", &[(other, "1.2.0")]);
    let stage = Stage::holding(&[needs("one", "two"), needs("two", "one")]);
    let outcome = stage.publish("crates-io").run().expect_code(1);
    assert!(outcome.finds("publish/needs-circle", ""), "{}", outcome.told());
    assert_eq!(stage.writes(), 0);
}

#[test]
fn lines_that_make_no_sense_are_refused_with_what_was_meant_and_without_secrets() {
    let stage = Stage::holding(&[wheel("sample", "1.2.0", &[])]);
    let refused = |name: &str, text: &str| {
        let outcome = stage.bare("pypi").input(name, text).secret("hunter2hunter2").run().expect_code(64);
        outcome.told()
    };
    for (name, text, part) in [
        ("targets", "pypy", "did you mean `pypi`?"),
        ("targets", "pypi when alhpa", "did you mean `alpha`?"),
        ("targets", "pypi sample", "line 1: `sample` stands where"),
        ("registries", "x = carg https://a.example.org/", "did you mean `cargo`?"),
        ("credentials", "\n# one\npyp = hunter2hunter2", "line 2: it is for a registry"),
        ("credentials", "hunter2hunter2", "line 1: it is not of the form"),
        ("credentials", "pypi = hunter2hunter2 and more", "line 1: it is not of the form"),
        ("concurrency", "17", "no number from 1 to 16"),
        ("skip-existing", "all", "neither `same` nor `any`"),
    ] {
        let told = refused(name, text);
        assert!(told.contains(part), "{text}: {told}");
    }
}

#[test]
fn what_is_given_for_a_registry_that_no_line_names_is_refused() {
    let stage = Stage::holding(&[wheel("sample", "1.2.0", &[])]);
    let addresses = stage.universe.addresses();
    for (name, value) in [
        ("repository-url", addresses.repository_url.as_str()),
        ("index-url", addresses.index_url.as_str()),
        ("user", "keeper"),
        ("password", "hunter2hunter2"),
    ] {
        // An upload address alone is refused for want of its index.
        let index = if name == "repository-url" { addresses.index_url.as_str() } else { "" };
        let program = stage.bare("pypi").input("index-url", index).input(name, value);
        let told = program.run().expect_code(64).told();
        for part in [&format!("`{name}`"), "it belongs to `index`, which no line of `targets` names"] {
            assert!(told.contains(part), "{name}: {told}");
        }
    }
    let line = |targets: &str, line: &str| {
        let program = stage.bare(targets).input("credentials", line).secret("hunter2hunter2");
        program.run().expect_code(64).told()
    };
    let told = line("pypi", "testpypi = hunter2hunter2");
    assert!(told.contains("no line of `targets` names `testpypi`"), "{told}");
    let told = line("", "pypi = hunter2hunter2");
    assert!(told.contains("without `targets` everything goes to `index`"), "{told}");
    assert_eq!(stage.writes(), 0);
}

#[test]
fn one_registry_under_two_names_is_not_sent_the_same_twice() {
    let stage = Stage::holding(&[wheel("sample", "1.2.0", &[])]);
    let addresses = stage.universe.addresses();
    let lines =
        format!("{}\nours = python {} {}", stage.registries(), addresses.repository_url, addresses.index_url);
    let told = stage.bare("pypi\nours").input("registries", lines).run().expect_code(64).told();
    assert!(told.contains("`ours` and `pypi` are the same"), "{told}");
    assert_eq!(stage.writes(), 0);
}
