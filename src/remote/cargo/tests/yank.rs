//! Yanking and un-yanking.

use super::*;

async fn course(
    yanked: bool,
    answers: Vec<Reply>,
    pages: Vec<Reply>,
) -> (Result<(), RemoteError>, Vec<(String, String)>) {
    let (mut answers, mut pages) = (answers.into_iter(), pages.into_iter());
    let mut last = ours();
    let script = Script::answering(move |seen| match seen.target.as_str() {
        "/index/config.json" => config(seen.header("host")),
        INDEX => {
            last = pages.next().unwrap_or_else(|| last.clone());
            last.clone()
        }
        _ => answers.next().unwrap_or_else(|| Reply::status(418)),
    });
    let outcome = writer(&script, http(), token()).ensure_yanked(&krate(), &version(), yanked).await;
    let changes = script.seen().into_iter().filter(|seen| seen.method != "GET");
    let changes = changes.inspect(|seen| assert_eq!(seen.header("authorization"), Some("cio-hunter2")));
    (outcome, changes.map(|seen| (seen.method, seen.target)).collect())
}

fn yanked() -> Reply {
    lists("1.2.0", BYTES, true)
}

fn ok() -> Reply {
    Reply::json(r#"{"ok":true}"#)
}

#[tokio::test]
async fn a_version_is_yanked_and_unyanked_and_the_index_proves_it() {
    let (outcome, changes) = course(true, vec![ok()], vec![ours(), ours(), yanked()]).await;
    outcome.expect("yanked");
    assert_eq!(changes, [("DELETE".to_owned(), "/reg/api/v1/crates/foo-bar/1.2.0/yank".to_owned())]);
    let (outcome, changes) = course(false, vec![ok()], vec![yanked(), ours()]).await;
    outcome.expect("un-yanked");
    assert_eq!(changes, [("PUT".to_owned(), "/reg/api/v1/crates/foo-bar/1.2.0/unyank".to_owned())]);
    let (outcome, _) = course(true, vec![ok()], vec![ours()]).await;
    assert!(outcome.expect_err("no proof").to_string().contains("does not show `foo-bar` 1.2.0 as yanked"));
}

#[tokio::test]
async fn an_index_that_lags_keeps_nobody_from_asking() {
    for (yank, stale) in [(true, yanked()), (false, ours())] {
        let (outcome, changes) = course(yank, vec![ok()], vec![stale]).await;
        assert_eq!((outcome.is_ok(), changes.len()), (true, 1));
    }
}

#[tokio::test]
async fn what_may_be_lost_is_sent_again_and_not_for_ever() {
    for lost in [Reply::Close, Reply::status(503)] {
        let (outcome, changes) = course(true, vec![lost, ok()], vec![yanked()]).await;
        assert_eq!((outcome.is_ok(), changes.len()), (true, 2));
    }
    let (outcome, changes) = course(true, vec![Reply::status(503); 9], vec![]).await;
    assert_eq!((outcome.is_err(), changes.len()), (true, 3));
    let slow = refusal(429, "slow").with("retry-after", "7");
    let (outcome, changes) = course(true, vec![slow, ok()], vec![yanked()]).await;
    assert_eq!((outcome.is_ok(), changes.len()), (true, 2));
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    for (reply, hint) in [
        (refusal(403, "must already be an owner to yank or unyank"), "an owner"),
        (refusal(403, "this token does not have the required permissions"), "may it yank"),
        (Reply::status(404), "this version"),
        (Reply::status(405), "can versions be yanked"),
    ] {
        let (outcome, changes) = course(true, vec![reply], vec![]).await;
        let error = outcome.expect_err("refused");
        assert!(error.hint().is_some_and(|text| text.contains(hint)), "{error:?}");
        assert_eq!(changes.len(), 1);
    }
}
