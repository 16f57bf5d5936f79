//! Tags that move, releases that come back.

use serde_json::json;

use super::world::{Fault, Shared, publication, serve, text};
use super::{answer, asked, not_found, ok, run, writer};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::github::MakeLatest;
use crate::remote::http::script::Script;

const FAULTS: [Fault; 5] = [Fault::Refuse, Fault::Drop, Fault::Lost, Fault::Html, Fault::Slower];

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().expect("good")
}

fn world(tag: Option<char>) -> Shared {
    let world = Shared::default();
    if let Some(digit) = tag {
        let mut world = world.lock().expect("no panic inside");
        world.tags.insert("nightly".to_owned(), sha(digit).to_string());
    }
    world
}

fn count(world: &Shared) -> usize {
    world.lock().expect("no panic inside").count
}

fn fault(world: &Shared, at: usize, fault: Fault) {
    world.lock().expect("no panic inside").faults = vec![(at, fault)];
}

#[test]
fn a_tag_is_moved_or_made_and_stays_where_it_belongs() {
    for (there, change) in
        [(Some('1'), Some("PATCH /git/refs/tags/nightly")), (None, Some("POST /git/refs")), (Some('2'), None)]
    {
        let world = world(there);
        let script = serve(&world);
        run(writer(&script).move_tag("nightly", &sha('2'))).expect("moved");
        assert_eq!(world.lock().expect("no panic inside").tags["nightly"], sha('2').as_str());
        let changes: Vec<_> = asked(&script).into_iter().filter(|one| !one.starts_with("GET")).collect();
        assert_eq!(changes.first().map(String::as_str), change);
        assert!(changes.len() <= 1 && !changes.iter().any(|one| one.starts_with("DELETE")));
    }
}

#[test]
fn a_tag_is_moved_whatever_fails_on_the_way() {
    for there in [Some('1'), None] {
        let counted = world(there);
        run(writer(&serve(&counted)).move_tag("nightly", &sha('2'))).expect("moved");
        for at in 1..=count(&counted) {
            for kind in FAULTS {
                let world = world(there);
                fault(&world, at, kind);
                let moved = run(writer(&serve(&world)).move_tag("nightly", &sha('2')));
                if moved.is_err() {
                    assert_eq!(kind, Fault::Html, "{there:?} {at}");
                    run(writer(&serve(&world)).move_tag("nightly", &sha('2'))).expect("the second time");
                }
                assert_eq!(world.lock().expect("no panic inside").tags["nightly"], sha('2').as_str());
            }
        }
    }
}

#[test]
fn a_look_that_lags_behind_is_set_right_by_the_refusal() {
    let pointer = json!({"ref": "refs/tags/nightly", "object": {"type": "commit", "sha": sha('2').as_str()}});
    let repository = json!({"id": 1, "full_name": "owner/name"});
    let script = Script::of([
        not_found(),
        ok(&repository),
        answer(422, &json!({"message": "Reference already exists"})),
        not_found(),
        ok(&pointer),
    ]);
    run(writer(&script).move_tag("nightly", &sha('2'))).expect("moved");
    assert_eq!(asked(&script).last().map(String::as_str), Some("PATCH /git/refs/tags/nightly"));
}

#[test]
fn a_rule_against_moving_is_told_and_not_tried_again() {
    let world = world(Some('1'));
    let inner = serve(&world);
    drop(inner);
    let rule = "Repository rule violations found\n\nCannot change ref due to updates being restricted.\n\n";
    let pointer = json!({"ref": "refs/tags/nightly", "object": {"type": "commit", "sha": sha('1').as_str()}});
    let script = Script::answering(move |seen| match seen.method.as_str() {
        "GET" => ok(&pointer),
        _ => answer(422, &json!({"message": rule})),
    });
    let error = run(writer(&script).move_tag("nightly", &sha('2'))).expect_err("forbidden");
    assert!(
        error.to_string().contains("updates being restricted") && !error.to_string().contains('\n'),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("ruleset")), "{error:?}");
    assert_eq!(asked(&script).len(), 2);
}

#[test]
fn what_is_to_go_goes_once_and_is_not_missed() {
    for kind in [None, Some(Fault::Refuse), Some(Fault::Drop), Some(Fault::Lost), Some(Fault::Slower)] {
        let world = world(Some('1'));
        if let Some(kind) = kind {
            fault(&world, 1, kind);
        }
        let script = serve(&world);
        let write = writer(&script);
        run(async {
            write.delete_tag("nightly").await.expect("deleted");
            write.delete_tag("nightly").await.expect("gone already");
            write.delete_release(77).await.expect("was never there");
        });
        assert!(world.lock().expect("no panic inside").tags.is_empty(), "{kind:?}");
    }
}

#[test]
fn a_published_release_becomes_a_draft_with_its_tag_whatever_fails() {
    let published = || {
        let world = world(None);
        let script = serve(&world);
        let write = writer(&script);
        run(async {
            write.ensure_draft(&text()).await.expect("made");
            write.ensure_published("v1", &publication(false, MakeLatest::No)).await.expect("published");
        });
        world.lock().expect("no panic inside").count = 0;
        world
    };
    for at in 1..=2 {
        for kind in FAULTS {
            let world = published();
            fault(&world, at, kind);
            if let Err(error) = run(writer(&serve(&world)).redraft(1, "v1")) {
                assert!(matches!(error, RemoteError::Unexpected { .. }) && at == 1, "{kind:?}: {error}");
                run(writer(&serve(&world)).redraft(1, "v1")).expect("the second time");
            }
            let release = world.lock().expect("no panic inside").releases[0].clone();
            assert_eq!(
                (&release["draft"], &release["tag_name"]),
                (&json!(true), &json!("v1")),
                "{at} {kind:?}"
            );
        }
    }
    let world = published();
    let script = serve(&world);
    run(async {
        writer(&script).redraft(1, "v1").await.expect("back");
        writer(&script).redraft(1, "v1").await.expect("is a draft");
    });
    assert_eq!(asked(&script).iter().filter(|one| one.starts_with("PATCH")).count(), 1);
}
