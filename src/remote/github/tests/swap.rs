//! Replacing files, cut off wherever it may be.

use serde_json::json;

use super::world::{Fault, Shared, artifact, at, file, publication, serve, text};
use super::{asked, reader, run, writer};
use crate::model::digest::Sha256;
use crate::remote::error::RemoteError;
use crate::remote::github::upload::Content;
use crate::remote::github::write::GithubWrite;
use crate::remote::github::{Asset, MakeLatest, matching, temporary_name};

/// A draft with `a.whl`, old, and another file.
fn old_world() -> Shared {
    let world = Shared::default();
    run(async { writer(&serve(&world)).ensure_draft(&text()).await.expect("made") });
    {
        let mut world = world.lock().expect("no panic inside");
        world.put(1, "a.whl", b"old");
        world.put(1, "other", b"other");
        // From here on requests are counted anew, and the address of uploads is the next server's.
        world.count = 0;
        world.releases[0]["upload_url"] = json!("");
    }
    world
}

fn bytes(content: &'static [u8]) -> Content {
    Content::Bytes(bytes::Bytes::from_static(content))
}

/// What a run does: it looks, and decides by what it sees.
async fn one_run(world: &Shared) -> Result<(), RemoteError> {
    let script = serve(world);
    let upload = script.url("/api/v3/repos/owner/name/releases/1/assets").to_string();
    world.lock().expect("no panic inside").releases[0]["upload_url"] = json!(upload);
    let wanted = artifact("a.whl", b"new");
    let assets = reader(&script).assets(1).await?;
    let write = writer(&script);
    match matching(&assets, &wanted) {
        Some(found) if found.sha256 == Some(wanted.sha256) => Ok(()),
        Some(found) => write.replace_asset("v1", &wanted, &bytes(b"new"), found.id, None).await,
        None => write.ensure_asset("v1", &wanted, &bytes(b"new")).await,
    }
}

fn held(world: &Shared) -> Vec<String> {
    world.lock().expect("no panic inside").held()
}

fn expected() -> [String; 2] {
    [format!("1 a.whl sha256:{}", Sha256::of(b"new")), format!("1 other sha256:{}", Sha256::of(b"other"))]
}

fn requests(world: &Shared) -> usize {
    world.lock().expect("no panic inside").count
}

#[test]
fn the_new_file_is_there_before_the_old_one_goes() {
    let world = old_world();
    let script = serve(&world);
    let upload = script.url("/api/v3/repos/owner/name/releases/1/assets").to_string();
    world.lock().expect("no panic inside").releases[0]["upload_url"] = json!(upload);
    let wanted = artifact("a.whl", b"new");
    run(writer(&script).replace_asset("v1", &wanted, &bytes(b"new"), 2, None)).expect("replaced");
    let waiting = temporary_name(&wanted);
    assert_eq!(
        asked(&script),
        [
            "GET /releases?per_page=100".to_owned(),
            "GET /releases/1/assets?per_page=100".to_owned(),
            format!("POST /releases/1/assets?name={waiting}"),
            "DELETE /releases/assets/2".to_owned(),
            "PATCH /releases/assets/4".to_owned(),
        ]
    );
    assert_eq!(held(&world), expected());
}

#[test]
fn wherever_it_is_cut_off_the_next_run_ends_it() {
    let counted = old_world();
    run(one_run(&counted)).expect("replaced");
    for from in 1..=requests(&counted) {
        let world = old_world();
        world.lock().expect("no panic inside").down_from = Some(from);
        run(one_run(&world)).expect_err("cut off");
        {
            let mut world = world.lock().expect("no panic inside");
            world.down_from = None;
            world.count = 0;
            let whole = |name: &str| world.assets.iter().any(|asset| asset["name"] == name);
            let waits = world
                .assets
                .iter()
                .any(|asset| asset["name"].as_str().is_some_and(|name| name.contains("incoming")));
            assert!(whole("a.whl") || waits, "{from}: there is neither the old nor the new file");
        }
        run(one_run(&world)).expect("the second run");
        assert_eq!(held(&world), expected(), "{from}");
    }
}

#[test]
fn every_fault_at_every_request_ends_in_the_same_files() {
    let counted = old_world();
    run(one_run(&counted)).expect("replaced");
    for at in 1..=requests(&counted) {
        for fault in [Fault::Refuse, Fault::Drop, Fault::Lost, Fault::Html, Fault::Slower, Fault::Remains] {
            let world = old_world();
            world.lock().expect("no panic inside").faults = vec![(at, fault)];
            if let Err(error) = run(one_run(&world)) {
                assert!(fault == Fault::Html, "{at} {fault:?}: {error}");
                run(one_run(&world)).expect("the second run");
            }
            assert_eq!(held(&world), expected(), "{at} {fault:?}");
        }
    }
}

#[test]
fn what_was_sent_and_cut_off_is_named_and_not_sent_again() {
    let world = old_world();
    let waiting = temporary_name(&artifact("a.whl", b"new"));
    {
        let mut world = world.lock().expect("no panic inside");
        world.assets.retain(|asset| asset["name"] != "a.whl");
        world.put(1, &waiting, b"new");
    }
    run(one_run(&world)).expect("named");
    assert_eq!(held(&world), expected());
    assert_eq!(
        world.lock().expect("no panic inside").assets.iter().filter(|asset| asset["id"] == 4).count(),
        1
    );
}

#[test]
fn other_bytes_than_those_that_were_seen_are_left_alone() {
    let world = old_world();
    let script = serve(&world);
    let wanted = artifact("a.whl", b"new");
    let error =
        run(writer(&script).replace_asset("v1", &wanted, &bytes(b"new"), 77, None)).expect_err("another");
    assert!(matches!(error, RemoteError::Conflict { .. }), "{error}");
    assert!(asked(&script).iter().all(|one| one.starts_with("GET")));
}

#[test]
fn what_other_runs_left_of_the_same_file_goes_and_what_belongs_to_others_stays() {
    let world = old_world();
    {
        let mut world = world.lock().expect("no panic inside");
        world.put(1, &temporary_name(&artifact("a.whl", b"never used")), b"never used");
        world.put(1, &temporary_name(&artifact("b.whl", b"new")), b"new");
    }
    run(one_run(&world)).expect("replaced");
    let left = held(&world);
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left.iter().any(|one| one.contains("b.whl")), "another file's turn may still come: {left:?}");
    let publish =
        async |write: GithubWrite| write.ensure_published("v1", &publication(false, MakeLatest::No)).await;
    run(publish(writer(&serve(&world)))).expect("published");
    assert_eq!(held(&world), expected(), "a published release has none");
}

#[test]
fn a_file_may_be_sent_early_and_replaced_later() {
    let world = Shared::default();
    let script = serve(&world);
    let (_folder, path) = file(b"new");
    let wanted = artifact("a b.whl", b"new");
    let write = writer(&script);
    run(async {
        write.ensure_draft(&text()).await.expect("made");
        write.stage_asset("v1", &wanted, &at(&path)).await.expect("sent");
        let old = world.lock().expect("no panic inside").put(1, "a.b.whl", b"old");
        write.replace_asset("v1", &wanted, &at(&path), old, None).await.expect("replaced");
    });
    assert_eq!(asked(&script).iter().filter(|one| one.contains("?name=")).count(), 1);
    let assets = world.lock().expect("no panic inside").assets.clone();
    assert_eq!((assets.len(), &assets[0]["label"]), (1, &json!("a b.whl")), "{assets:?}");
}

#[test]
fn temporary_names_are_ours_and_survive_githubs_rewriting() {
    let asset = |name: &str| Asset {
        id: 1,
        name: name.into(),
        label: None,
        size_bytes: 1,
        uploaded: true,
        sha256: None,
        url: String::new(),
    };
    for name in ["a.whl", ".config", "a b~(c).tar.gz", "ä", "..x..", &"long".repeat(60)] {
        let Ok(file_name) = name.parse::<crate::model::artifact::FileName>() else { continue };
        let waiting = temporary_name(&artifact(file_name.as_str(), b"x"));
        assert!(asset(&waiting).is_temporary(), "{waiting}");
        assert!(!asset(name).is_temporary(), "{name}");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        assert!(
            waiting.chars().all(plain) && !waiting.contains("..") && !waiting.ends_with('.'),
            "{waiting}"
        );
        assert!(waiting.len() < 150);
        assert_ne!(waiting, temporary_name(&artifact(file_name.as_str(), b"y")));
    }
}
