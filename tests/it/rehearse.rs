//! The command `rehearse`, as a person plays it.

use std::time::Duration;

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::rehearse::trial;
use release_action::sim::fault::FaultKind;
use serde_json::Value;

use crate::support::contract::Contract;
use crate::support::corpus;
use crate::support::program::{Outcome, Program};
use crate::support::world::{ReleaseFile, small_release, write_files};

/// What the command may take with files of ordinary size.
const IN_TIME: Duration = Duration::from_secs(20);

fn rehearse(arguments: &[&str]) -> Outcome {
    let program = arguments
        .iter()
        .fold(Program::command("rehearse").within(IN_TIME), |program, argument| program.arg(argument));
    program.run()
}

/// Rehearses with these files, and a report.
fn rehearse_with(files: &[ReleaseFile], arguments: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_files(folder.path(), files);
    let program = Program::mode("rehearse").within(IN_TIME).flag("packages-dir", folder.path());
    arguments.iter().fold(program, |program, argument| program.arg(argument)).run()
}

/// The runs of the release, as the program titles them, with what it said in each.
fn acts(outcome: &Outcome) -> Vec<&str> {
    outcome.stderr.split("━━ ").skip(1).collect()
}

#[test]
fn a_sample_goes_out_and_a_second_time_nothing_is_left_to_do() {
    let outcome = rehearse(&[]).expect_code(0);
    assert_eq!(outcome.stdout, "");
    let acts = acts(&outcome);
    let early = "not ready: it ends well, with nothing done";
    assert_eq!((acts[0].matches(early).count(), acts[1].matches(early).count()), (3, 0), "{}", acts[0]);
    let titles: Vec<_> = acts.iter().filter_map(|act| act.lines().next()).collect();
    let again = "all again, with new clients: nothing may be left to do";
    assert_eq!(titles, ["the release", again, "what went where", "time"]);
    for phase in ["1/6 verify-tag", "2/6 collect", "3/6 validate", "4/6 create", "5/6 publish", "6/6 create"]
    {
        assert!(acts[0].contains(phase) && acts[1].contains(phase), "{phase}: {}", outcome.told());
    }
    assert_eq!(acts[0].matches("applied and read back").count(), 5, "{}", acts[0]);
    assert_eq!(acts[1].matches("nothing was left to do").count(), 6, "{}", acts[1]);
    assert!(!acts[1].contains("plan: 1") && !acts[1].contains("applied"), "{}", acts[1]);

    // Wheels, sdist, executable, manifest and checksums; each digest is on the release page and on the index.
    let rows: Vec<_> = acts[2].lines().filter(|line| line.contains("sha256 ")).collect();
    assert_eq!(rows.len(), 23, "{}", acts[2]);
    for row in rows.iter().filter(|row| row.starts_with("sampledb-26") && !row.contains("linux-x86_64 ")) {
        let digests: Vec<_> = row.split("sha256 ").skip(1).map(str::trim).collect();
        assert!(digests.len() == 2 && digests[0] == digests[1] && digests[0].len() == 12, "{row}");
    }
    let times = acts[3].lines().filter(|line| line.starts_with("release ") || line.starts_with("again "));
    assert_eq!(times.count(), 12, "{}", acts[3]);
}

/// What people see of the events: the headings, and what is missing.
fn events_of(outcome: &Outcome) -> Vec<String> {
    let of_events = |line: &&str| line.starts_with("event ") || line.trim_start().starts_with("notice: ");
    let lines = outcome.stderr.lines().filter(of_events);
    lines.map(|line| line.split(" (http").next().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn each_producers_end_is_told_with_what_is_missing_then() {
    let outcome = rehearse(&[]).expect_code(0);
    assert_eq!(
        events_of(&outcome),
        [
            "event 1 of 4: main.yml has ended",
            "notice: wheels-arm64.yml is in_progress",
            "notice: wheels-docker.yml is in_progress",
            "notice: wheels.yml is in_progress",
            "event 2 of 4: wheels.yml has ended",
            "notice: wheels-arm64.yml is in_progress",
            "notice: wheels-docker.yml is in_progress",
            "event 3 of 4: wheels-docker.yml has ended",
            "notice: wheels-arm64.yml is in_progress",
            "event 4 of 4: wheels-arm64.yml has ended",
        ]
    );
    let released = outcome.stderr.split("event 4 of 4").nth(1).unwrap_or_default();
    assert!(released.contains("1/6 verify-tag") && released.contains("ready=true"), "{}", outcome.told());
}

#[test]
fn events_come_in_the_order_that_was_asked_for_and_may_come_twice() {
    let named = ["wheels-arm64.yml", "wheels-docker.yml", "wheels-docker.yml"];
    let arguments: Vec<_> = named.iter().flat_map(|name| ["--event", name]).collect();
    let outcome = rehearse(&arguments).expect_code(0);
    let told = events_of(&outcome);
    let headings: Vec<_> = told.iter().filter(|line| line.starts_with("event ")).collect();
    assert_eq!(
        headings,
        [
            "event 1 of 5: wheels-arm64.yml has ended",
            "event 2 of 5: wheels-docker.yml has ended",
            "event 3 of 5: wheels-docker.yml has ended",
            "event 4 of 5: main.yml has ended",
            "event 5 of 5: wheels.yml has ended",
        ]
    );

    let outcome = rehearse(&["--event", "wheel.yml"]).expect_code(64);
    assert!(outcome.stderr.contains("no workflow `wheel.yml` builds"), "{}", outcome.told());
    assert!(
        outcome.stderr.contains("there are main.yml, wheels.yml, wheels-docker.yml"),
        "{}",
        outcome.told()
    );
    let outcome = rehearse_with(&small_release(), &["--event", "main.yml"]).expect_code(64);
    assert!(outcome.stderr.contains("there is build.yml"), "{}", outcome.told());
}

#[test]
fn a_fault_in_an_early_run_is_told_and_the_last_event_releases_all_the_same() {
    let outcome = rehearse(&["--fault", "kill@2"]).expect_code(0);
    let acts = acts(&outcome);
    assert!(acts.iter().all(|act| !act.starts_with("run again")), "{}", outcome.told());
    let first = acts[0].split("event 2 of 4").next().unwrap_or_default();
    assert!(first.contains("verify-tag") && first.contains("the process was killed"), "{}", outcome.told());
    assert_eq!(acts[0].matches("not ready").count(), 2, "{}", outcome.told());
}

#[test]
fn ones_own_files_come_from_one_producer_and_no_event_is_told() {
    let outcome = rehearse_with(&small_release(), &[]).expect_code(0);
    assert_eq!(events_of(&outcome), Vec::<String>::new());
}

#[test]
fn the_sample_keeps_to_the_published_description() {
    let contract = Contract::keep();
    let trial = trial::play(None, Vec::new(), Some(contract.observer())).expect("there is a sample");
    // An event for each of the four producers, and all again.
    assert!(trial.is_good && trial.acts == 5, "{trial:#?}");
    assert_eq!((trial.writes_again, trial.errors.len()), (0, 0), "{trial:#?}");
    // The run that has nothing to do is told so by its first step.
    let findings = [&["collect/not-complete"; 3 + 2 + 1][..], &["tag/already-released"]].concat();
    assert_eq!(trial.findings, findings);
    assert_eq!(trial.releases, [("v26.10.1".to_owned(), false)]);
    assert_eq!(trial.rows.iter().filter(|row| row.index.is_some()).count(), 20);
    assert!(trial.rows.iter().all(|row| row.release.is_some()), "{trial:#?}");
}

#[test]
fn the_real_files_of_zlmdb_go_out() {
    let Some(corpus) = corpus::zlmdb() else { return };
    let outcome = Program::mode("rehearse").flag("packages-dir", &corpus.folder).run().expect_code(0);
    for file in &corpus.files {
        let digest = format!("sha256 {}", &file.sha256[..12]);
        let row =
            outcome.stderr.lines().rfind(|line| line.starts_with(&file.file)).expect("it is in the table");
        assert_eq!(row.matches(&digest).count(), 2, "{row}");
    }
    assert_eq!(outcome.report["ending"], "converged");
}

#[test]
fn two_workflows_fill_one_release_in_either_order() {
    let attached = "the rest is for others to bring";
    for (arguments, order) in [
        (&["--sample", "games-collection"][..], ["release.yml", "executables.yml"]),
        (&["--sample", "games-collection", "--event", "executables.yml"], ["executables.yml", "release.yml"]),
    ] {
        let outcome = rehearse(arguments).expect_code(0);
        let acts = acts(&outcome);
        let titles: Vec<_> = acts.iter().filter_map(|act| act.lines().next()).collect();
        let again = |workflow: &str| format!("{workflow} again, with new clients: nothing may be left to do");
        let [first, second] = order;
        let expected = [
            format!("run 1 of 2: {first}"),
            format!("run 2 of 2: {second}"),
            again("release.yml"),
            again("executables.yml"),
        ];
        assert_eq!(titles[..4], expected, "{}", outcome.told());
        assert!(acts[0].contains(attached) && acts[0].contains("complete=false"), "{}", acts[0]);
        assert!(acts[1].contains("publish the release v2.4.0 with"), "{}", acts[1]);
        for again in &acts[2..4] {
            assert!(again.contains("complete=true") && again.contains("draft=false"), "{again}");
            // Files are collected anew; nothing changes on a service.
            assert!(!again.contains("attach ") && !again.contains("publish the release"), "{again}");
        }
        for name in ["linux-x86_64", "macos-aarch64", "windows-x86_64.exe"] {
            assert!(acts[4].contains(&format!("games-collection-2.4.0-{name} ")), "{name}: {}", acts[4]);
        }
    }
}

#[test]
fn of_two_workflows_that_fill_a_release_the_one_that_failed_runs_again() {
    let arguments =
        ["--sample", "games-collection", "--event", "executables.yml", "--fault", "kill-after@uploads:2"];
    let outcome = rehearse(&arguments).expect_code(0);
    let acts = acts(&outcome);
    assert!(acts[0].contains("the process was killed"), "{}", acts[0]);
    let again = "executables.yml again after the fault (1): what is done is found and not repeated";
    assert!(acts[2].starts_with(again), "{}", outcome.told());
}

/// The rows about files, each with the columns in which a digest stands.
fn digests(act: &str) -> Vec<(&str, Vec<&str>)> {
    let rows = act.lines().filter(|line| line.contains("sha256 "));
    rows.map(|row| (row.split(' ').next().unwrap_or_default(), row.split("sha256 ").skip(1).collect()))
        .map(|(name, parts): (_, Vec<&str>)| (name, parts.into_iter().map(|part| &part[..12]).collect()))
        .collect()
}

#[test]
fn a_beta_goes_to_the_test_index_and_nowhere_else() {
    let outcome = rehearse(&["--sample", "dioxide"]).expect_code(0);
    let acts = acts(&outcome);
    assert!(acts[0].starts_with("run 1 of 1: release.yml"), "{}", outcome.told());
    assert!(acts[1].starts_with("release.yml again"), "{}", outcome.told());
    assert!(!acts[1].contains("upload ") && !acts[1].contains("publish the release"), "{}", acts[1]);
    let heading = acts[2].lines().find(|line| line.starts_with("file ")).unwrap_or_default();
    assert!(
        heading.contains("test index") && !heading.replace("test index", "").contains("index"),
        "{heading}"
    );
    let rows = digests(acts[2]);
    let packages: Vec<_> = rows.iter().filter(|(name, _)| name.starts_with("dioxide-1.4.0b2")).collect();
    assert_eq!((rows.len(), packages.len()), (12, 10), "{}", acts[2]);
    for (name, places) in packages {
        assert!(places.len() == 2 && places[0] == places[1], "{name}: {places:?}");
    }
}

#[test]
fn several_packages_go_to_two_registries_once_a_person_publishes_the_draft() {
    let outcome = rehearse(&["--sample", "cog"]).expect_code(0);
    let acts = acts(&outcome);
    let phases: Vec<_> = acts[0].lines().filter(|line| line.contains("/8 ")).collect();
    let expected = [
        "1/8 verify-tag",
        "2/8 collect-artifacts",
        "3/8 validate-wheels",
        "4/8 create-release (draft)",
        "5/8 a maintainer publishes the draft",
        "6/8 verify-release (before-publish)",
        "7/8 publish",
        "8/8 verify-release (after-publish)",
    ];
    assert_eq!(phases, expected, "{}", outcome.told());
    assert_eq!(acts[1].matches("nothing was left to do").count(), 8, "{}", acts[1]);
    for (name, places) in digests(acts[2]) {
        let is_record = ["manifest.json", "SHA256SUMS"].contains(&name);
        assert_eq!(places.len(), if is_record { 1 } else { 2 }, "{name}: {}", acts[2]);
        assert!(places.iter().all(|digest| *digest == places[0]), "{name}: {places:?}");
    }
    for name in ["coglet-0.17.0.crate", "coglet-0.17.0-cp310-abi3-macosx_11_0_arm64.whl", "cog-0.17.0.tar.gz"]
    {
        assert!(digests(acts[2]).iter().any(|(found, _)| *found == name), "{name}: {}", acts[2]);
    }
}

#[test]
fn a_fault_on_the_way_to_two_registries_is_recovered_from() {
    for fault in ["kill@crates:6", "lost@index:4", "kill-after@index:3", "late@crates:6"] {
        let outcome = rehearse(&["--sample", "cog", "--fault", fault]).expect_code(0);
        assert!(!outcome.stderr.contains("never struck"), "{fault}: {}", outcome.told());
    }
}

#[test]
fn a_sample_that_there_is_not_is_typed_wrong() {
    let outcome = rehearse(&["--sample", "games"]).expect_code(64);
    assert!(
        outcome.stderr.contains("there are zlmdb, games-collection, dioxide and cog"),
        "{}",
        outcome.told()
    );
    assert!(!outcome.stderr.contains("lost@40"), "{}", outcome.told());
    let outcome = rehearse(&["--sample", "zlmdb", "--packages-dir", "."]).expect_code(64);
    assert!(outcome.stderr.contains("leave out `--sample` or `--packages-dir`"), "{}", outcome.told());
}

#[test]
fn a_bad_wheel_is_named_and_nothing_goes_out() {
    let mut files = small_release();
    let (name, bytes) = &mut files[0];
    bytes.truncate(bytes.len() - 10);
    let name = name.clone();
    let outcome = rehearse_with(&files, &[]).expect_code(1);
    assert!(outcome.report["findings"].to_string().contains(&name), "{}", outcome.told());
    assert!(outcome.stderr.contains(&name) && !outcome.stderr.contains("5/6 publish"), "{}", outcome.told());
    assert_eq!(outcome.report["ending"], "blocked");
    assert!(!outcome.stderr.contains("nothing was changed)\n"), "files were collected: {}", outcome.told());
}

#[test]
fn a_folder_without_distributions_is_no_release() {
    for files in [vec![], vec![("readme.txt".to_owned(), b"text".to_vec())]] {
        let outcome = rehearse_with(&files, &[]).expect_code(1);
        assert!(outcome.stderr.contains("neither a wheel nor an sdist"), "{}", outcome.told());
    }
    let outcome = rehearse(&["--packages-dir", "nowhere"]).expect_code(64);
    assert!(outcome.stderr.contains("`nowhere`"), "{}", outcome.told());
}

#[test]
fn every_kind_of_fault_ends_as_it_should() {
    let files = small_release();
    // The index is asked for its files, twice for a token, sent three files one by one, and asked again.
    for kind in FaultKind::ALL {
        // Where it strikes, how many runs it takes to recover, and what the last of them ends with.
        let (place, recoveries, code) = match kind {
            // One try more within the same run is enough.
            FaultKind::Refuse | FaultKind::Drop | FaultKind::Lost | FaultKind::Late => ("index:5", 0, 0),
            FaultKind::Starter => ("uploads:2", 0, 0),
            FaultKind::Limit => ("uploads:3", 0, 0),
            FaultKind::Stale => ("index:7", 0, 0),
            FaultKind::Slow => ("index:4", 0, 0),
            FaultKind::Trickle => ("storage:1", 0, 0),
            FaultKind::Html => ("github:1", 1, 0),
            FaultKind::Kill | FaultKind::KillAfter => ("index:6", 1, 0),
            FaultKind::OtherBytes => ("index:4", 1, 1),
        };
        let fault = format!("{kind}@{place}");
        let outcome = rehearse_with(&files, &["--fault", &fault]).expect_code(code);
        assert!(!outcome.stderr.contains("never struck"), "{fault}: {}", outcome.told());
        let recovered =
            acts(&outcome).iter().filter(|act| act.starts_with("run again after the fault")).count();
        assert_eq!(recovered, recoveries, "{fault}: {}", outcome.told());
        let ending = if code == 0 { "converged" } else { "blocked" };
        assert_eq!(outcome.report["ending"], ending, "{fault}");
    }
}

#[test]
fn files_that_arrive_damaged_are_told_with_what_went_out_before() {
    let outcome = rehearse_with(&small_release(), &["--fault", "other-bytes@index:4"]).expect_code(1);
    assert!(outcome.finds("publish/other-bytes", ".whl"), "{}", outcome.told());
    let last = outcome.stderr.lines().last().unwrap_or_default();
    assert!(last.contains("rehearse: partial") && last.contains("1 error"), "{last}");
}

#[test]
fn a_fault_that_never_strikes_is_said_as_it_was_typed() {
    for fault in ["drop@9999", "kill@index:800", "lost@test-index:1"] {
        let outcome = rehearse_with(&small_release(), &["--fault", fault]).expect_code(0);
        assert!(outcome.stderr.contains(&format!("the fault {fault} never struck")), "{}", outcome.told());
    }
}

#[test]
fn a_fault_beyond_the_release_does_not_strike_while_all_is_played_again() {
    let files = || {
        let wheel = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any").build();
        Some(vec![wheel, SdistBuilder::new("sample", "1.2.0").build()])
    };
    let good = trial::play(files(), Vec::new(), None).expect("there are files");
    let fault = format!("kill@{}", good.requests_of_events + 2).parse().expect("a fault");
    let beyond = trial::play(files(), vec![fault], None).expect("there are files");
    assert!(beyond.is_good && beyond.acts == 2, "{beyond:#?}");
}

#[test]
fn several_faults_may_strike_one_release() {
    let arguments = ["--fault", "lost@index:3", "--fault", "kill@github:5", "--fault", "refuse@uploads:2"];
    let outcome = rehearse_with(&small_release(), &arguments).expect_code(0);
    assert!(!outcome.stderr.contains("never struck"), "{}", outcome.told());
}

#[test]
fn a_malformed_fault_is_typed_wrong_and_told_how_to_type_it() {
    for (fault, told) in [
        ("lost", "`lost` is no fault of the form `KIND@N`"),
        ("lost@0", "the next request is 1"),
        ("loss@3", "there are refuse, drop, lost, late"),
        ("lost@pypi:3", "there are github, uploads, storage, results, index"),
    ] {
        let outcome = rehearse(&["--fault", fault]).expect_code(64);
        assert!(outcome.stderr.contains(told), "{fault}: {}", outcome.told());
        assert!(outcome.stderr.contains("`lost@40` breaks the 40th request"), "{fault}: {}", outcome.told());
    }
    let outcome = rehearse(&["--faults", "lost@3"]).expect_code(64);
    assert!(outcome.stderr.contains("did you mean `--fault`?"), "{}", outcome.told());
}

#[test]
fn the_report_on_standard_output_is_alone_there() {
    let outcome = rehearse(&["--report", "-"]).expect_code(0);
    let report: Value = serde_json::from_str(&outcome.stdout).expect("JSON and nothing else");
    assert_eq!((&report["mode"], &report["ending"]), (&"rehearse".into(), &"converged".into()));
    assert!(outcome.stderr.contains("what went where"), "people see it all the same");
}

#[test]
fn nothing_stays_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Program::command("rehearse")
        .within(IN_TIME)
        .env("TMPDIR", folder.path())
        .current_dir(folder.path())
        .run()
        .expect_code(0);
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("it is there").collect();
    assert!(left.is_empty(), "{left:?}");
}
