//! What the files say.

use std::fs;

use super::{check, found, verify};
use crate::support::world::World;

#[test]
fn every_file_that_states_a_version_is_held_to_the_tag() {
    let world = World::new();
    let good = [
        ("package.json", "{\n  \"name\": \"sample\",\n  \"version\": \"1.2.0\"\n}\n"),
        ("VERSION", "1.2.0\n"),
        ("CITATION.cff", "cff-version: 1.2.0\nversion: 1.2.0\n"),
        ("src/sample/__init__.py", "\"\"\"Sample.\"\"\"\n__version__ = \"1.2.0\"\n"),
        ("docs/conf.txt", "the release is 1.2.0 now\n"),
    ];
    for (file, text) in good {
        world.write(file, text);
    }
    let named = "src/sample/__init__.py\ndocs/conf.txt: release is ([0-9.]+)";
    check(verify(&world).input("version-files", named), 0, &[], &[]);
    for (file, text) in good {
        let other = text
            .replace("sion: 1.2.0", "sion: 1.1.9")
            .replace("1.2.0\"", "1.1.9\"")
            .replace("1.2.0 now", "1.1.9 now");
        let other = if file == "VERSION" { "1.1.9\n".to_owned() } else { other };
        // The version of the format itself is no version of the project.
        world.write(file, other.replace("cff-version: 1.1.9", "cff-version: 1.2.0"));
        let program = verify(&world).input("version-files", named);
        let outcome =
            check(program, 1, &["tag/version-mismatch"], &[file, "is 1.1.9", "`v1.2.0` says 1.2.0"]);
        assert!(outcome.finds("tag/version-mismatch", file), "{}", outcome.told());
        world.write(file, text);
    }
}

#[test]
fn a_mismatch_names_file_line_both_values_and_what_to_do() {
    let world = World::new();
    world.write(
        "Cargo.toml",
        "# CRLF\r\n[package]\r\nname = \"sample\"\r\nversion = \"1.3.0-rc.1\" # soon\r\n",
    );
    let texts = [
        "Cargo.toml",
        "line 4",
        "`package.version` is 1.3.0-rc.1",
        "`v1.2.0` says 1.2.0",
        "change 1.3.0-rc.1 to 1.2.0",
    ];
    check(verify(&world), 1, &["tag/version-mismatch"], &texts);
}

#[test]
fn a_version_is_the_same_in_either_spelling() {
    let world = World::new();
    world.write("Cargo.toml", "[package]\nname = \"sample\"\nversion = \"1.3.0-rc1\"\n");
    world.write("pyproject.toml", "[project]\nname = \"sample\"\nversion = \"1.3.0rc1\"\n");
    world.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- All.\n");
    world.universe.github(|github| github.set_tag("v1.3.0-rc.1", crate::support::world::COMMIT));
    let outcome = check(verify(&world).input("tag", "v1.3.0-rc.1"), 0, &[], &[]);
    assert_eq!(outcome.output("version"), "1.3.0-rc.1");
    assert_eq!(outcome.output("version-pep440"), "1.3.0rc1");
    assert_eq!(outcome.output("prerelease-kind"), "rc");
    let rows: serde_json::Value = serde_json::from_str(outcome.output("versions")).expect("JSON");
    let spelled: Vec<_> =
        rows.as_array().expect("a list").iter().map(|row| row["version"].as_str()).collect();
    assert!(spelled.contains(&Some("1.3.0rc1")) && spelled.contains(&Some("1.3.0-rc1")), "{rows:#}");
}

#[test]
fn what_a_spelling_cannot_say_is_said_to_be_so() {
    let world = World::new();
    world.universe.github(|github| github.set_tag("v1.2.0.post1", crate::support::world::COMMIT));
    world.write("pyproject.toml", "[project]\nname = \"sample\"\nversion = \"1.2.0.post1\"\n");
    world.write("CHANGELOG.md", "## 1.2.0.post1\n\n- All.\n");
    let texts = ["Cargo.toml", "cannot be 1.2.0.post1", "SemVer has no post releases"];
    let outcome = check(verify(&world).input("tag", "v1.2.0.post1"), 1, &["tag/unsayable-version"], &texts);
    assert_eq!(outcome.output("version-semver"), "");
    fs::remove_file(world.path("Cargo.toml")).expect("removed");
    check(verify(&world).input("tag", "v1.2.0.post1"), 0, &[], &[]);
}

/// Two packages in lockstep, as Cog has them.
fn lockstep(world: &World, requirement: &str, locked: &str) {
    fs::remove_file(world.path("pyproject.toml")).expect("removed");
    world.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = \"1.2.0\"\n",
    );
    world.write("crates/coglet/Cargo.toml", "[package]\nname = \"coglet\"\nversion.workspace = true\n");
    let dependency =
        format!("[dependencies]\ncoglet = {{ path = \"../coglet\", version = \"{requirement}\" }}\n");
    world.write(
        "crates/python/Cargo.toml",
        format!("[package]\nname = \"coglet-python\"\nversion.workspace = true\n{dependency}"),
    );
    world.write(
        "Cargo.lock",
        format!("version = 4\n\n[[package]]\nname = \"coglet\"\nversion = \"{locked}\"\n\n[[package]]\nname = \"coglet-python\"\nversion = \"1.2.0\"\n"),
    );
}

#[test]
fn packages_in_lockstep_require_one_another_as_they_are() {
    for (requirement, locked, code, rules) in [
        ("1.2.0", "1.2.0", 0, &[][..]),
        ("=1.2.0", "1.2.0", 0, &[]),
        ("1.1.0", "1.2.0", 0, &["tag/pin-behind"]),
        ("=1.1.0", "1.2.0", 1, &["tag/pin-refuses"]),
        ("2.0.0", "1.2.0", 1, &["tag/pin-refuses"]),
        ("1.2.0", "1.1.0", 1, &["tag/stale-lock"]),
    ] {
        let world = World::new();
        lockstep(&world, requirement, locked);
        let outcome = verify(&world).run().expect_code(code);
        assert_eq!(found(&outcome), rules, "{requirement} {locked}\n{}", outcome.told());
    }
}

#[test]
fn a_python_package_requires_the_native_one_that_is_released_with_it() {
    let world = World::new();
    fs::remove_file(world.path("Cargo.toml")).expect("removed");
    let write = |requirement: &str| {
        world.write(
            "pyproject.toml",
            format!("[project]\nname = \"cog\"\nversion = \"1.2.0\"\ndependencies = [\n  \"coglet{requirement}\",\n]\n"),
        );
        world.write("crates/coglet/pyproject.toml", "[project]\nname = \"coglet\"\nversion = \"1.2.0\"\n");
    };
    let named = || verify(&world).input("version-files", "crates/coglet/pyproject.toml");
    write(">=1.2.0,<2.0");
    check(named(), 0, &[], &[]);
    write(">=1.0.0,<1.2");
    check(
        named(),
        1,
        &["tag/pin-refuses"],
        &["pyproject.toml", "line 5", ">=1.0.0,<1.2", "does not admit 1.2.0"],
    );
    write(">=1.1.0,<2.0");
    check(named(), 0, &["tag/pin-behind"], &["raise 1.1.0 to 1.2.0"]);
}

#[test]
fn a_version_that_is_left_to_the_build_is_told_and_proves_nothing() {
    let world = World::new();
    fs::remove_file(world.path("Cargo.toml")).expect("removed");
    let dynamic = "[build-system]\nrequires = [\"setuptools-scm\"]\nbuild-backend = \"setuptools.build_meta\"\n\
                   [project]\nname = \"sample\"\ndynamic = [\"version\"]\n[tool.setuptools_scm]\n";
    world.write("pyproject.toml", dynamic);
    check(verify(&world), 0, &["tag/dynamic-version"], &["setuptools", "pyproject.toml"]);
    check(verify(&world).input("strict", "true"), 1, &["tag/dynamic-version"], &[]);
}

#[test]
fn a_changelog_without_the_version_is_a_warning_that_can_weigh_more() {
    let world = World::new();
    world.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- Soon.\n\n## [1.1.0]\n\n- Old.\n");
    check(verify(&world), 0, &["tag/no-changelog-section"], &["CHANGELOG.md", "1.2.0"]);
    let fails = verify(&world).input("fail-on", "tag/no-changelog-section");
    check(fails, 1, &["tag/no-changelog-section"], &[]);
    check(verify(&world).input("ignore", "tag/no-changelog-section"), 0, &[], &[]);
    fs::remove_file(world.path("CHANGELOG.md")).expect("removed");
    check(verify(&world), 0, &[], &[]);
    let outcome = verify(&world).input("changelog", "NEWS.md").run().expect_code(64);
    assert!(super::log(&outcome).contains("NEWS.md"), "{}", outcome.told());
}

#[test]
fn what_cannot_be_read_is_a_finding_with_its_place() {
    let world = World::new();
    for (file, bytes, said) in [
        ("Cargo.toml", b"[package".as_slice(), "TOML"),
        ("Cargo.toml", b"[package]\nversion = 1\n", "no text"),
        ("Cargo.toml", b"\xff\xfe\x00", "UTF-8"),
        ("package.json", b"{\"version\": ", "package.json"),
        ("package.json", b"{\"version\": \"1.2.0\", \"version\": \"1.2.0\"}", "package.json"),
        ("VERSION", b"1.2.x\n", "VERSION"),
    ] {
        let before = fs::read(world.path(file)).ok();
        world.write(file, bytes);
        let outcome = check(verify(&world), 1, &["tag/unreadable-source"], &[said]);
        assert!(outcome.finds("tag/unreadable-source", file), "{}", outcome.told());
        match before {
            Some(before) => world.write(file, before),
            None => fs::remove_file(world.path(file)).expect("removed"),
        }
    }
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let world = World::new();
    for named in ["missing.txt", "VERSION: ([0-9]+)", "pyproject.toml: colour = \"(.*)\""] {
        let outcome = check(verify(&world).input("version-files", named), 1, &["tag/unreadable-source"], &[]);
        let file = named.split(':').next().expect("a path");
        assert!(outcome.finds("tag/unreadable-source", file), "{named}: {}", outcome.told());
    }
    for named in ["/etc/passwd: ([a-z]+)", "x: (", "x: no group"] {
        let outcome = verify(&world).input("version-files", named).run();
        assert!(matches!(outcome.code, Some(1 | 64)), "{named}: {}", outcome.told());
        assert!(!super::log(&outcome).contains("root:"), "{named}: {}", outcome.told());
    }
}

#[test]
fn a_checkout_of_another_commit_is_no_proof() {
    let world = World::new();
    let main = world.universe.github(|github| github.commit_to("main", "more", &[]));
    world.write(".git/HEAD", format!("{}\n", crate::support::world::COMMIT));
    check(verify(&world), 0, &[], &[]);
    world.write(".git/HEAD", "ref: refs/heads/main\n");
    check(verify(&world), 0, &[], &[]);
    world.write(".git/refs/heads/main", format!("{main}\n"));
    check(verify(&world), 1, &["tag/other-checkout"], &[&main[..7], "`ref`"]);
    world.write(".git/HEAD", "ref: refs/../../CHANGELOG.md\n");
    check(verify(&world), 0, &[], &[]);
}
