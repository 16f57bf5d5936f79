//! How fast is written, and how long a refusal of the pace is waited out.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::world::{Clocked, Shared, artifact, at, file, serve, text, writer_in};
use super::{answer, asked, ok, run};
use crate::remote::http::script::{Reply, Script};
use crate::remote::surroundings::Surroundings;

fn surroundings() -> (Arc<Clocked>, Surroundings) {
    let pace = Arc::new(Clocked::default());
    let surroundings = Surroundings { pace: Arc::clone(&pace) as _, ..Surroundings::silent() };
    (pace, surroundings)
}

/// A server that refuses every draft by `reply`, `times` times.
fn refusing(reply: Reply, times: usize) -> Script {
    let left = std::sync::Mutex::new(times);
    Script::answering(move |seen| match seen.method.as_str() {
        "GET" => ok(
            &json!([{"id": 9, "tag_name": "other", "draft": true}, {"id": 1, "tag_name": "v0", "draft": true}]),
        ),
        _ => {
            let mut left = left.lock().expect("no panic inside");
            if *left == 0 {
                return answer(201, &json!({"id": 9, "tag_name": "v1", "draft": true}));
            }
            *left -= 1;
            reply.clone()
        }
    })
}

fn posts(script: &Script) -> usize {
    asked(script).iter().filter(|one| one.starts_with("POST")).count()
}

fn too_fast() -> Reply {
    answer(403, &json!({"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}))
}

#[test]
fn after_twenty_writes_each_takes_a_second_and_a_minute_has_no_more_than_eighty() {
    let world = Shared::default();
    let script = serve(&world);
    let (pace, surroundings) = surroundings();
    let write = writer_in(&surroundings, &script);
    let (_folder, path) = file(b"x");
    run(async {
        write.ensure_draft(&text()).await.expect("made");
        for count in 1..20 {
            write.ensure_asset("v1", &artifact(&format!("{count}"), b"x"), &at(&path)).await.expect("sent");
        }
        assert_eq!(pace.waited(), Duration::ZERO);
        for count in 20..23 {
            write.ensure_asset("v1", &artifact(&format!("{count}"), b"x"), &at(&path)).await.expect("sent");
        }
    });
    assert_eq!(pace.waited(), Duration::from_secs(3));
}

#[test]
fn a_limit_without_a_time_is_waited_out_for_twice_as_long_each_time() {
    let script = refusing(too_fast(), 3);
    let (pace, surroundings) = surroundings();
    assert_eq!(run(writer_in(&surroundings, &script).ensure_draft(&text())).expect("at last").id, 9);
    assert_eq!(posts(&script), 4);
    assert_eq!(pace.waited(), Duration::from_secs(60 + 120 + 240));
}

#[test]
fn a_time_that_github_names_is_never_cut_short() {
    for header in ["retry-after", "x-ratelimit-reset"] {
        let reply = too_fast().with("x-ratelimit-remaining", "0").with(header, "30");
        let script = refusing(reply, 1);
        let (pace, surroundings) = surroundings();
        run(writer_in(&surroundings, &script).ensure_draft(&text())).expect("the second time");
        assert!((30..=31).contains(&pace.waited().as_secs()), "{header}: {:?}", pace.waited());
    }
}

#[test]
fn the_patience_of_a_run_ends_and_the_message_says_how_to_go_on() {
    let script = refusing(too_fast(), 99);
    let (pace, surroundings) = surroundings();
    let write = writer_in(&surroundings, &script);
    let error = run(write.ensure_draft(&text())).expect_err("given up");
    assert_eq!((posts(&script), pace.waited().as_secs()), (5, 15 * 60));
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("run again in") && hint.contains("where it stopped"), "{hint}");
    run(write.ensure_draft(&text())).expect_err("no patience is left");
    assert_eq!((posts(&script), pace.waited().as_secs()), (6, 15 * 60));
}

#[test]
fn a_wait_of_an_hour_is_told_and_not_waited_out() {
    let script = refusing(too_fast().with("retry-after", "3600"), 99);
    let (pace, surroundings) = surroundings();
    let error = run(writer_in(&surroundings, &script).ensure_draft(&text())).expect_err("too long");
    assert!(error.hint().is_some_and(|hint| hint.contains("run again in 60 minutes")), "{error:?}");
    assert_eq!((asked(&script).len(), pace.waited()), (2, Duration::ZERO));
}

#[test]
fn a_signal_ends_the_wait_for_ones_turn_and_nothing_is_sent() {
    let world = Shared::default();
    let script = serve(&world);
    let (_pace, surroundings) = surroundings();
    let write = writer_in(&surroundings, &script);
    let (_folder, path) = file(b"x");
    run(async {
        write.ensure_draft(&text()).await.expect("made");
        for count in 1..20 {
            write.ensure_asset("v1", &artifact(&format!("{count}"), b"x"), &at(&path)).await.expect("sent");
        }
        surroundings.stop.request();
        let before = posts(&script);
        let error = write.ensure_asset("v1", &artifact("late", b"x"), &at(&path)).await.expect_err("stopped");
        assert!(error.to_string().contains("a signal"), "{error}");
        assert_eq!(posts(&script), before);
    });
}
