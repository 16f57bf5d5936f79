//! The registries after everything is out.

use release_action::archive::build::WheelBuilder;
use release_action::model::digest::Sha256;
use release_action::sim::index::Flavour;

use super::{checks, found, released, run, states, tells, verify};
use crate::support::canned::{canned, closed_port, log_in_page};
use crate::support::world::World;

/// The first file of the release, a wheel.
fn wheel(world: &World) -> (String, Vec<u8>) {
    world.files[0].clone()
}

fn place(world: &World, name: &str, bytes: Vec<u8>) {
    world.universe.index(|index| {
        index.place(&name.parse().expect("a file name"), bytes).expect("a wheel");
    });
}

#[test]
fn other_bytes_on_the_index_are_found_with_both_digests() {
    for flavour in [Flavour::Warehouse, Flavour::Pypiserver, Flavour::PypiserverWithoutHashes] {
        let world = released();
        let (name, bytes) = wheel(&world);
        let other: Vec<u8> = bytes.iter().map(|byte| byte ^ 1).collect();
        let (ours, theirs) = (Sha256::of(&bytes).to_string(), Sha256::of(&other).to_string());
        place(&world, &name, other);
        world.universe.index(|index| index.set_flavour(flavour));
        let outcome = run(&world, verify(&world), 1);
        tells(&outcome, "verify/other-bytes", &name, &[&ours, &theirs, "`index` (127.0.0.1:"]);
        let differs: Vec<_> =
            states(&outcome).into_iter().filter(|(_, _, state)| state == "differs").collect();
        assert_eq!(differs, [("index".to_owned(), name, "differs".to_owned())], "{flavour:?}");
    }
}

#[test]
fn indexes_with_pages_only_are_read_and_without_digests_fetched_from() {
    for flavour in [Flavour::Pypiserver, Flavour::PypiserverWithoutHashes] {
        let world = released();
        world.universe.index(|index| index.set_flavour(flavour));
        let outcome = run(&world, verify(&world), 0);
        assert_eq!(outcome.output("proven"), "4", "{}", outcome.told());
        let journal = world.universe.journal();
        let fetched = journal.iter().filter(|entry| entry.path.starts_with("/files/")).count();
        assert_eq!(fetched, if flavour == Flavour::Pypiserver { 0 } else { 3 });
    }
}

#[test]
fn a_file_that_is_not_there_and_one_too_many() {
    let world = released();
    let (name, _) = wheel(&world);
    world.universe.index(|index| index.delete(&name)).expect("it was there");
    let (other, bytes) = WheelBuilder::new("sample", "1.2.0", "cp38", "cp38", "win_amd64").build();
    place(&world, other.as_str(), bytes);
    let (older, bytes) = WheelBuilder::new("sample", "1.1.0", "cp38", "cp38", "win_amd64").build();
    place(&world, older.as_str(), bytes);
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/not-on-registry", &name, &["does not list it"]);
    tells(&outcome, "verify/undeclared-file", other.as_str(), &["sha256"]);
    assert_eq!(outcome.output("missing"), format!("{name} (index)"));
}

#[test]
fn a_yanked_file_is_told() {
    let world = released();
    let (name, _) = wheel(&world);
    world.universe.index(|index| index.yank(&name, "broken")).expect("it was there");
    let outcome = run(&world, verify(&world), 0);
    tells(&outcome, "verify/yanked", &name, &["marks it as yanked"]);
}

#[test]
fn attestations_are_required_where_the_user_says_so() {
    let world = released();
    let outcome = run(&world, verify(&world), 0);
    assert!(found(&outcome, "verify/no-provenance").is_empty(), "nothing has any: {}", outcome.told());
    let outcome = run(&world, verify(&world).input("require-provenance", "true"), 1);
    assert_eq!(found(&outcome, "verify/provenance-required").len(), 3, "{}", outcome.told());
}

/// An index that holds the release and shows attestations for some files; it wants user and password, if any are given.
fn index_with_provenance(world: &World, shown_for: usize, login: Option<&'static str>) -> String {
    let files: Vec<_> = world
        .files
        .iter()
        .filter(|(name, _)| name.ends_with(".whl") || name.ends_with(".tar.gz"))
        .enumerate()
        .map(|(at, (name, bytes))| {
            let provenance = (at < shown_for).then(|| format!("http://127.0.0.1:9/provenance/{name}"));
            serde_json::json!({
                "filename": name, "url": format!("/files/{name}"), "provenance": provenance,
                "hashes": { "sha256": Sha256::of(bytes).to_string() },
            })
        })
        .collect();
    let body = serde_json::json!({ "meta": { "api-version": "1.4" }, "files": files }).to_string();
    canned(move |head| match login {
        Some(login)
            if !head
                .lines()
                .any(|line| line.eq_ignore_ascii_case(&format!("authorization: Basic {login}"))) =>
        {
            (401, "text/plain", "who is there?".to_owned())
        }
        _ => (200, "application/vnd.pypi.simple.v1+json", body.clone()),
    })
}

#[test]
fn addresses_of_attestations_are_told_file_by_file() {
    let world = released();
    let index = format!("{}/simple/", index_with_provenance(&world, 3, None));
    let program = || verify(&world).input("index-url", &index).input("require-provenance", "true");
    let outcome = run(&world, program(), 0);
    let states: serde_json::Value = serde_json::from_str(outcome.output("states")).expect("JSON");
    let states = states.as_array().expect("a list");
    let shown = states.iter().filter_map(|state| state["provenance"].as_str()).collect::<Vec<_>>();
    assert_eq!(shown.len(), 3, "{}", outcome.told());
    assert!(shown.iter().all(|url| url.starts_with("http://127.0.0.1:9/provenance/sample-1.2.0")));

    let index = format!("{}/simple/", index_with_provenance(&world, 2, None));
    let outcome = run(&world, verify(&world).input("index-url", &index), 0);
    tells(&outcome, "verify/no-provenance", "", &["2 of 3 files"]);
    let program = verify(&world).input("index-url", &index).input("require-provenance", "true");
    assert_eq!(found(&run(&world, program, 1), "verify/provenance-required").len(), 1);
}

#[test]
fn an_index_that_is_not_public_gets_user_and_password() {
    let world = released();
    // `keeper:hunter2`
    let origin = index_with_provenance(&world, 0, Some("a2VlcGVyOmh1bnRlcjI="));
    let program = || {
        verify(&world)
            .input("repository-url", format!("{origin}/legacy/"))
            .input("index-url", format!("{origin}/simple/"))
    };
    let outcome = run(&world, program().input("user", "keeper").input("password", "hunter2"), 0);
    assert_eq!(outcome.output("proven"), "4", "{}", outcome.told());
    let outcome = run(&world, program(), 2);
    tells(&outcome, "verify/not-asked", "", &["401", "sample"]);
    assert!(outcome.stdout.contains("user name and password"), "{}", outcome.told());
}

#[test]
fn several_registries_are_looked_at_and_one_out_of_reach_hides_nothing() {
    let world = released();
    let addresses = world.universe.addresses();
    let (name, _) = wheel(&world);
    world.universe.index(|index| index.delete(&name)).expect("it was there");
    let registries = format!(
        "shelf = python {} {}\npypi = python {}/legacy/ {}/simple/",
        addresses.repository_url,
        addresses.index_url,
        closed_port(),
        closed_port()
    );
    let program =
        verify(&world).input("registries", registries).input("targets", "shelf: sample\npypi: sample");
    let program = program.input("repository-url", "").input("index-url", "");
    let outcome = run(&world, program, 2);
    tells(&outcome, "verify/not-on-registry", &name, &["`shelf` (127.0.0.1:"]);
    tells(&outcome, "verify/not-asked", "", &["cannot be reached"]);
    assert_eq!(outcome.output("outcome"), "error");
    assert!(outcome.stdout.contains("1 of the questions had no answer"), "{}", outcome.told());
}

#[test]
fn a_file_that_no_target_takes_was_looked_for_nowhere() {
    let world = released();
    let outcome = run(&world, verify(&world).input("targets", "index: another"), 1);
    assert_eq!(found(&outcome, "verify/no-target").len(), 3, "{}", outcome.told());
    let outcome = run(&world, verify(&world).input("targets", "index when alpha"), 1);
    assert_eq!(
        checks(&outcome),
        ["verify/no-registry-asked"],
        "routed away by its version: {}",
        outcome.told()
    );
}

#[test]
fn a_page_for_people_in_the_place_of_an_index_is_no_index() {
    let world = released();
    let program = verify(&world).input("index-url", format!("{}/simple/", canned(log_in_page)));
    let outcome = run(&world, program, 2);
    tells(&outcome, "verify/not-asked", "", &["a page of HTML"]);
}
