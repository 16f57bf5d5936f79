//! On disk.

use std::fs;

use super::{Bench, at, changes_nothing, heading};

#[test]
fn all_files_change_and_nothing_beside_the_version() {
    let bench = Bench::new();
    let outcome = bench.bump("minor").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    for (name, text) in at("1.3.0") {
        assert_eq!(bench.text(name), text, "{name}");
    }
    let changelog = bench.text("CHANGELOG.md");
    let heading = heading(&changelog, "1.3.0").expect("it has a section");
    assert!(heading.starts_with("## [1.3.0] - 20"), "{changelog}");
    assert!(
        changelog.contains("- Something new.\n") && changelog.contains("## [1.2.0] - 2026-01-31"),
        "{changelog}"
    );
    assert_eq!(bench.files().len(), 4, "nothing else is left");
    for (output, expected) in [
        ("tag", "v1.3.0"),
        ("version", "1.3.0"),
        ("previous-version", "1.2.0"),
        ("version-pep440", "1.3.0"),
        ("version-semver", "1.3.0"),
        ("prerelease", "false"),
        ("changed-files", "CHANGELOG.md\nCargo.lock\nCargo.toml\npyproject.toml"),
        ("commit", ""),
    ] {
        assert_eq!(outcome.output(output), expected, "{output}: {}", outcome.told());
    }
    assert!(bench.universe.journal().is_empty(), "nobody is asked");
}

#[test]
fn a_dry_run_shows_plan_and_lines_and_changes_nothing() {
    let bench = Bench::new();
    let outcome = changes_nothing(&bench, bench.bump("minor").arg("--dry-run"), 0, "planned");
    for told in [
        "+ change `CHANGELOG.md`, `Cargo.lock`, `Cargo.toml`, `pyproject.toml` from 1.2.0 to 1.3.0",
        "--- pyproject.toml",
        "@@ line 4 @@",
        "-version = \"1.2.0\"   # one of two",
        "+version = \"1.3.0\"   # one of two",
    ] {
        assert!(outcome.stderr.contains(told), "{told}: {}", outcome.told());
    }
    assert_eq!(outcome.output("version"), "1.3.0");
}

#[test]
fn each_bump_leads_where_it_says() {
    for (from, bump, kind, pep440, semver) in [
        ("1.2.0", "major", "", "2.0.0", "2.0.0"),
        ("1.2.0", "patch", "", "1.2.1", "1.2.1"),
        ("1.2.0", "minor", "alpha", "1.3.0a1", "1.3.0-alpha1"),
        ("1.2.0", "1.4.0-rc.2", "", "1.4.0rc2", "1.4.0-rc.2"),
        ("1.3.0rc1", "prerelease", "", "1.3.0rc2", "1.3.0-rc2"),
        ("1.3.0a1", "prerelease", "beta", "1.3.0b1", "1.3.0-beta1"),
        ("1.3.0rc1", "release", "", "1.3.0", "1.3.0"),
    ] {
        let bench = Bench::holding(&[]);
        let semver_before = from.replace("rc", "-rc").replace("a1", "-alpha1");
        bench.write("pyproject.toml", format!("[project]\nname = \"s\"\nversion = \"{from}\"\n"));
        bench.write("Cargo.toml", format!("[package]\nname = \"s\"\nversion = \"{semver_before}\"\n"));
        let program = bench.bump(bump);
        let program = if kind.is_empty() { program } else { program.flag("prerelease-kind", kind) };
        let outcome = program.run().expect_code(0);
        assert_eq!(outcome.output("version-pep440"), pep440, "{from} {bump} {kind}: {}", outcome.told());
        assert_eq!(outcome.output("tag"), format!("v{semver}"));
        assert!(
            bench.text("pyproject.toml").contains(&format!("\"{pep440}\"")),
            "{}",
            bench.text("pyproject.toml")
        );
        assert!(bench.text("Cargo.toml").contains(&format!("\"{semver}\"")), "{}", bench.text("Cargo.toml"));
    }
}

#[test]
fn twice_is_once_where_git_tells_what_was_committed() {
    let bench = Bench::new();
    if !bench.commit_all() {
        return;
    }
    // What is not committed yet is no other version.
    bench.write(
        "CHANGELOG.md",
        bench.text("CHANGELOG.md").replace("- Something new.", "- Something new.\n- And more."),
    );
    let outcome = bench.bump("minor").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    assert!(bench.text("CHANGELOG.md").contains("- And more."));
    let again = changes_nothing(&bench, bench.bump("minor"), 0, "already-done");
    assert_eq!((again.output("version"), again.output("previous-version")), ("1.3.0", "1.2.0"));
    let other = changes_nothing(&bench, bench.bump("major"), 1, "blocked");
    assert!(other.finds("bump/uncommitted", ""), "{}", other.told());
    assert!(bench.commit_all());
    let next = bench.bump("minor").run().expect_code(0);
    assert_eq!(next.output("version"), "1.4.0", "{}", next.told());
}

#[test]
fn a_file_that_is_in_no_commit_makes_no_second_bump() {
    let bench = Bench::new();
    if !bench.commit_all() {
        return;
    }
    bench.write("CITATION.cff", "cff-version: 1.2.0\ntitle: Sample\nversion: 1.2.0\n");
    let outcome = bench.bump("minor").run().expect_code(0);
    assert_eq!(outcome.output("version"), "1.3.0", "{}", outcome.told());
    let again = changes_nothing(&bench, bench.bump("minor"), 0, "already-done");
    assert_eq!((again.output("version"), again.output("previous-version")), ("1.3.0", "1.2.0"));
}

#[test]
fn a_commit_that_has_no_one_version_is_nothing_to_count_from() {
    let bench = Bench::new();
    let cargo = bench.text("Cargo.toml");
    bench.write("Cargo.toml", cargo.replacen("1.2.0", "1.1.0", 1));
    if !bench.commit_all() {
        return;
    }
    bench.write("Cargo.toml", &cargo);
    let outcome = changes_nothing(&bench, bench.bump("minor"), 1, "blocked");
    assert!(outcome.finds("bump/uncommitted", ""), "{}", outcome.told());
    bench.bump("1.3.0").run().expect_code(0);
    changes_nothing(&bench, bench.bump("1.3.0"), 0, "already-done");
}

#[test]
fn what_goes_with_a_version_that_was_raised_by_hand_follows() {
    let bench = Bench::new();
    if !bench.commit_all() {
        return;
    }
    for (name, text) in at("1.3.0").into_iter().filter(|(name, _)| *name != "Cargo.lock") {
        bench.write(name, text);
    }
    let outcome = bench.bump("minor").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    assert_eq!(outcome.output("changed-files"), "CHANGELOG.md\nCargo.lock");
    for (name, text) in at("1.3.0") {
        assert_eq!(bench.text(name), text, "{name}");
    }
    assert!(heading(&bench.text("CHANGELOG.md"), "1.3.0").is_some());
    let again = changes_nothing(&bench, bench.bump("minor"), 0, "already-done");
    assert_eq!((again.output("version"), again.output("previous-version")), ("1.3.0", "1.2.0"));
}

#[test]
fn a_version_that_is_named_is_once_without_git_too() {
    let bench = Bench::new();
    bench.bump("1.3.0").run().expect_code(0);
    let again = changes_nothing(&bench, bench.bump("1.3.0"), 0, "already-done");
    assert_eq!(again.output("version"), "1.3.0");
}

#[test]
fn line_ends_and_byte_order_marks_stay() {
    let bench = Bench::new();
    let odd = |name: &str, text: &str| bench.write(name, format!("\u{feff}{}", text.replace('\n', "\r\n")));
    for (name, text) in super::FILES {
        // Python's reader of TOML takes no byte order mark.
        if name.ends_with("pyproject.toml") || *name == "Cargo.lock" {
            bench.write(name, text.replace('\n', "\r\n"));
        } else {
            odd(name, text);
        }
    }
    bench.bump("minor").run().expect_code(0);
    for (name, text) in at("1.3.0") {
        let mark = if name == "Cargo.toml" { "\u{feff}" } else { "" };
        assert_eq!(bench.text(name), format!("{mark}{}", text.replace('\n', "\r\n")), "{name}");
    }
    let changelog = bench.text("CHANGELOG.md");
    assert!(changelog.starts_with('\u{feff}') && heading(&changelog, "1.3.0").is_some(), "{changelog:?}");
    assert_eq!(changelog.matches('\n').count(), changelog.matches("\r\n").count(), "{changelog:?}");
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_changed() {
    type Spoil = fn(&Bench);
    let cases: [(&str, &str, Spoil); 7] = [
        ("minor", "bump/disagree", |bench| {
            bench.write("Cargo.toml", "[package]\nname = \"sample-core\"\nversion = \"1.1.0\"\n");
        }),
        ("1.1.0", "bump/refused", |_| {}),
        ("1.2.0.post1", "bump/cannot-say", |_| {}),
        ("minor", "bump/unreadable", |bench| bench.write("pyproject.toml", "[project\n")),
        ("minor", "bump/unreadable", |bench| bench.write("pyproject.toml", [0xff, 0xfe, 0])),
        ("minor", "bump/no-version", |bench| {
            for (name, _) in super::FILES {
                fs::remove_file(bench.path(name)).expect("it was there");
            }
        }),
        ("release", "bump/refused", |_| {}),
    ];
    for (bump, check, spoil) in cases {
        let bench = Bench::new();
        spoil(&bench);
        let outcome = changes_nothing(&bench, bench.bump(bump), 1, "blocked");
        assert!(outcome.finds(check, ""), "{check}: {}", outcome.told());
    }
}

#[test]
fn a_changelog_without_anything_new_is_left_alone_and_told() {
    let bench = Bench::new();
    let text = "# Changelog\n\n## 1.2.0 - 2026-01-31\n\n- Everything.\n";
    bench.write("CHANGELOG.md", text);
    let outcome = bench.bump("patch").run().expect_code(0);
    assert!(outcome.finds("bump/no-unreleased", "CHANGELOG.md"), "{}", outcome.told());
    assert_eq!(bench.text("CHANGELOG.md"), text);
    assert_eq!(outcome.output("changed-files"), "Cargo.lock\nCargo.toml\npyproject.toml");
}

#[test]
fn inputs_that_contradict_each_other_are_refused() {
    let bench = Bench::new();
    for (flags, named) in [
        (vec![("create-tag", "true")], "create-tag"),
        (vec![("message", "x")], "message"),
        (vec![("branch", "main")], "branch"),
        (vec![("commit-to", "somewhere")], "commit-to"),
        (vec![("commit-to", "pull-request"), ("create-tag", "true")], "create-tag"),
        (vec![("commit-to", "branch"), ("dispatch", "release.yml")], "dispatch"),
        (vec![("commit-to", "branch"), ("create-tag", "true"), ("dispatch", "../release.yml")], "dispatch"),
        (vec![("prerelease-kind", "post")], "prerelease-kind"),
        (vec![("changelog", "NEWS.md")], "changelog"),
        (vec![("tag-prefix", "a b")], "tag-prefix"),
    ] {
        let program =
            flags.iter().fold(bench.step("minor"), |program, (name, value)| program.input(name, value));
        let outcome = changes_nothing(&bench, program, 64, "error");
        assert!(outcome.stdout.contains(&format!("`{named}`")), "{flags:?}: {}", outcome.told());
    }
    for bump in ["", "minor-ish", "v1.3.0"] {
        changes_nothing(&bench, bench.bump(bump), 64, "error");
    }
}

#[test]
fn tags_have_the_prefix_that_is_asked_for() {
    for (prefix, tag) in [("none", "1.3.0"), ("sample-v", "sample-v1.3.0"), ("sample/v", "sample/v1.3.0")] {
        let bench = Bench::new();
        let program = bench.bump("minor").flag("tag-prefix", prefix).arg("--dry-run");
        let outcome = changes_nothing(&bench, program, 0, "planned");
        assert_eq!(outcome.output("tag"), tag, "{}", outcome.told());
    }
}

#[cfg(unix)]
#[test]
fn files_keep_their_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    fs::set_permissions(bench.path("pyproject.toml"), fs::Permissions::from_mode(0o755)).expect("set");
    bench.bump("minor").run().expect_code(0);
    let mode = fs::metadata(bench.path("pyproject.toml")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[test]
fn files_that_are_found_and_files_that_are_named_change_with_the_rest() {
    let bench = Bench::new();
    let files = [
        ("src/sample/__init__.py", "\"\"\"Sample, since 1.2.0.\"\"\"\n\n__version__ = '{}'  # kept\n"),
        (
            "package.json",
            "{\n    \"name\": \"sample\",\n    \"version\": \"{}\",\n    \"engines\": {\"node\": \"1.2.0\"}\n}\n",
        ),
        ("CITATION.cff", "cff-version: 1.2.0\ntitle: Sample\nversion: \"{}\"\n"),
        ("docs/page.txt", "Sample {}, not sample 1.2.0.\n"),
    ];
    for (name, text) in files {
        bench.write(name, text.replace("{}", "1.2.0"));
    }
    let program = bench.bump("minor").flag("version-files", r"docs/page.txt: ^Sample (\S+),");
    let outcome = program.run().expect_code(0);
    for (name, text) in files {
        assert_eq!(bench.text(name), text.replace("{}", "1.3.0"), "{name}: {}", outcome.told());
    }
    assert_eq!(outcome.output("changed-files").lines().count(), 8, "{}", outcome.told());
}

#[test]
fn packages_of_one_workspace_and_their_pins_move_together() {
    let bench = Bench::holding(&[]);
    let member = |name: &str, needs: &str| {
        format!("[package]\nname = \"{name}\"\nversion.workspace = true\nedition = \"2024\"\n{needs}")
    };
    bench.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.package]\nversion = \"0.17.0-alpha3\" # all\n",
    );
    bench.write("crates/core/Cargo.toml", member("core", ""));
    let needs = "\n[dependencies]\ncore = { path = \"../core\", version = \"{}\" }\n";
    bench.write("crates/tool/Cargo.toml", member("tool", &needs.replace("{}", "0.17.0-alpha3")));
    let outcome = bench.bump("prerelease").flag("prerelease-kind", "beta").run().expect_code(0);
    assert_eq!(outcome.output("tag"), "v0.17.0-beta1", "{}", outcome.told());
    assert!(
        bench.text("Cargo.toml").ends_with("version = \"0.17.0-beta1\" # all\n"),
        "{}",
        bench.text("Cargo.toml")
    );
    assert_eq!(bench.text("crates/core/Cargo.toml"), member("core", ""));
    assert_eq!(bench.text("crates/tool/Cargo.toml"), member("tool", &needs.replace("{}", "0.17.0-beta1")));
}

/// A path that three modes have leads to one file in all of them.
#[test]
fn the_changelog_lies_where_the_program_runs_wherever_the_project_does() {
    let (_, project) = super::FILES[0];
    let (_, changelog) = super::FILES[3];
    let named = |bench: &Bench, path: &str| {
        bench.bump("minor").flag("project-dir", "python").flag("changelog", path).run().expect_code(0)
    };
    for (at, is_named) in [("CHANGELOG.md", false), ("docs/NEWS.md", true), ("python/NEWS.md", true)] {
        let bench = Bench::holding(&[]);
        bench.write("python/pyproject.toml", project);
        bench.write(at, changelog);
        let outcome = if is_named {
            named(&bench, at)
        } else {
            bench.bump("minor").flag("project-dir", "python").run().expect_code(0)
        };
        assert!(heading(&bench.text(at), "1.3.0").is_some(), "{at}: {}", outcome.told());
        assert!(bench.text("python/pyproject.toml").contains("\"1.3.0\""), "{at}: {}", outcome.told());
    }
    // By its whole path, too.
    let bench = Bench::holding(&[]);
    bench.write("python/pyproject.toml", project);
    bench.write("NEWS.md", changelog);
    named(&bench, bench.path("NEWS.md").to_str().expect("a text"));
    assert!(heading(&bench.text("NEWS.md"), "1.3.0").is_some());
    // What lies elsewhere is no file of the project's repository.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let path = elsewhere.path().join("NEWS.md");
    fs::write(&path, changelog).expect("written");
    let program = bench.bump("minor").flag("changelog", path.to_str().expect("a text"));
    let outcome = changes_nothing(&bench, program, 64, "error");
    assert!(outcome.told().contains("`--changelog`"), "{}", outcome.told());
}
