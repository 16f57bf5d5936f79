//! Reading the index.

use super::*;

#[tokio::test]
async fn versions_are_read_without_a_cache_and_without_a_credential() {
    let script = Script::of([ours()]);
    let found = reader(&script, http(), None).versions(&krate()).await.expect("listed");
    assert_eq!(
        found,
        [IndexedVersion { version: version(), sha256: Some(Sha256::of(BYTES)), yanked: false }]
    );
    let seen = &script.seen()[0];
    assert_eq!((seen.target.as_str(), script.seen().len()), (INDEX, 1));
    assert_eq!(seen.header("cache-control"), Some("no-cache"));
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
async fn a_crate_that_the_index_does_not_have_has_no_versions() {
    for status in [404, 410, 451] {
        let script = Script::of([Reply::of(status, "text/html", "<html>nothing here</html>")]);
        assert_eq!(reader(&script, http(), None).versions(&krate()).await.expect("an answer"), []);
    }
}

#[tokio::test]
async fn what_is_no_file_of_the_index_is_an_error_and_not_an_empty_list() {
    let huge = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{".to_owned();
    for (reply, told) in [
        (Reply::of(200, "text/html", "<!DOCTYPE html><title>Sign in</title>"), "a page of HTML"),
        (Reply::of(200, "text/plain", r#"{"name":"other","vers":"1.0.0"}"#), "`other`"),
        (Reply::of(200, "text/plain", "hello"), "line 1"),
        (Reply::Raw(huge.into_bytes()), "more than"),
        (Reply::of(403, "text/html", "no"), "403"),
    ] {
        let script = Script::of([reply]);
        let error = reader(&script, http(), None).versions(&krate()).await.expect_err("no file");
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn another_hosts_index_is_not_this_one() {
    let other = Script::answering(|_| ours());
    let script = Script::of([Reply::redirect(other.url(INDEX))]);
    let error = reader(&script, http(), None).versions(&krate()).await.expect_err("another host");
    assert!(error.to_string().contains("a redirect to `127.0.0.1:"), "{error}");
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_credential_is_shown_to_an_index_that_asks_for_it() {
    // One that is public, one that says so, and one that does not even show its `config.json` to strangers.
    for (flag, hidden, shown) in [("false", false, false), ("true", false, true), ("true", true, true)] {
        let script = Script::answering(move |seen| {
            if hidden && seen.header("authorization").is_none() {
                return Reply::status(401);
            }
            match seen.target.as_str() {
                "/index/config.json" => Reply::json(&format!(
                    r#"{{"dl":"x","api":"http://127.0.0.1:1/","auth-required":{flag}}}"#
                )),
                _ => ours(),
            }
        });
        let read = reader(&script, http(), Some("Basic aHVudGVy"));
        for _ in 0..2 {
            assert_eq!(read.versions(&krate()).await.expect("listed").len(), 1);
        }
        let seen = script.seen();
        let files: Vec<_> = seen.iter().filter(|seen| seen.target == INDEX).collect();
        assert!(files.iter().all(|seen| seen.header("authorization") == shown.then_some("Basic aHVudGVy")));
        assert_eq!((files.len(), seen.len()), (2, 3 + usize::from(hidden)), "`config.json` is read once");
    }
}

#[tokio::test]
async fn an_index_that_wants_a_credential_says_so() {
    let script = Script::answering(|_| Reply::status(401));
    let error = reader(&script, http(), None).versions(&krate()).await.expect_err("refused");
    assert!(error.hint().is_some_and(|hint| hint.contains("`credentials`")), "{error:?}");
    assert_eq!(script.seen().len(), 1);
}

#[tokio::test]
async fn the_api_is_where_the_config_says_if_it_is_of_this_registry() {
    let script = Script::answering(|_| config(None));
    let read = reader(&script, http(), None);
    assert_eq!(read.api().await.expect("an API").to_string(), "http://127.0.0.1:1/reg/");
    assert_eq!(read.clone().api().await.expect("an API").to_string(), "http://127.0.0.1:1/reg/");
    assert_eq!(script.seen().len(), 1);
    for (body, told) in [
        (r#"{"dl":"x"}"#, "names no API"),
        (r#"{"dl":"x","api":null}"#, "names no API"),
        (r#"{"dl":"x","api":"http://example.org/"}"#, "plain `http`"),
        (r#"{"dl":"x","api":"https://evil.example.org/"}"#, "which is another's"),
        (r#"{"dl":"x","api":"https://me:hunter2@localhost/"}"#, "user name or password"),
        (r#"{"dl":"x","api":"file:///etc"}"#, "no address"),
        ("<html>", "a page of HTML"),
        ("7", "something else"),
    ] {
        let script = Script::of([Reply::json(body)]);
        let error = reader(&script, http(), Some("hunter2")).api().await.expect_err(body);
        assert!(error.to_string().contains(told) && !error.to_string().contains("hunter2"), "{error}");
    }
    let huge = format!(r#"{{"api":"{}"}}"#, "x".repeat(100_000));
    let error = reader(&Script::of([Reply::json(&huge)]), http(), None).api().await.expect_err("huge");
    assert!(matches!(error, RemoteError::TooLarge { .. }), "{error:?}");
}
