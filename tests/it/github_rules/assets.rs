//! R17 to R27: the files of releases.

use release_action::model::digest::Sha256;
use release_action::sim::Service;
use serde_json::{Value, json};

use super::desk::{Desk, READER, STRANGER};

fn stated(bytes: &str) -> Value {
    format!("sha256:{}", Sha256::of(bytes.as_bytes())).into()
}

#[test]
fn r17_the_upload_address_is_a_template_on_a_host_of_its_own() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let address = desk.get(&format!("/releases/{id}")).json()["upload_url"].clone();
    let expected =
        format!("http://uploads.localhost:2/repos/octo-org/sample/releases/{id}/assets{{?name,label}}");
    assert_eq!(address, expected);
}

#[test]
fn r17_an_upload_without_a_length_is_refused() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let chunked = ("transfer-encoding".to_owned(), "chunked".to_owned());
    for length in [None, Some(chunked)] {
        let refused = desk.upload_with(id, "name=a", "bytes", length);
        assert_eq!((refused.status(), refused.message().as_str()), (400, "Bad Content-Length: "));
    }
    assert!(desk.github().releases()[0].assets.is_empty());
}

#[test]
fn r18_an_empty_file_is_refused() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let refused = desk.upload(id, "name=a", "");
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.reasons(), [("custom".to_owned(), "size".to_owned())]);
    assert!(refused.text().contains("size must be greater than or equal to 1"), "{refused:?}");
}

#[test]
fn r19_a_release_has_a_limit_of_files_and_a_file_a_limit_of_bytes() {
    let mut desk = Desk::new();
    assert_eq!(desk.github().settings.assets_per_release, 1_000);
    assert_eq!(desk.github().settings.asset_limit_bytes, 2_147_483_648);
    desk.github().settings.assets_per_release = 1;
    desk.github().settings.asset_limit_bytes = 4;
    let id = desk.draft("v1");
    assert_eq!(desk.upload(id, "name=a", "four").status(), 500, "exactly the limit is too much");
    assert_eq!(desk.upload(id, "name=a", "abc").status(), 201);
    assert_eq!(desk.upload(id, "name=b", "abc").status(), 422);
}

#[test]
fn r20_a_name_is_taken_after_it_was_changed() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    assert_eq!(desk.upload(id, "name=a%20b.whl", "one").status(), 201);
    assert_eq!(desk.upload(id, "name=a%20b.whl", "two").status(), 422);
    let refused = desk.upload(id, "name=a.b.whl", "two");
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.reasons(), [("already_exists".to_owned(), "name".to_owned())]);
    let body = refused.json();
    assert!(body["request_id"].is_string() && body.get("status").is_none(), "the upload host's form: {body}");
}

#[test]
fn r21_names_are_changed_and_the_label_is_not() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let reply = desk.upload(id, "name=d%C3%A9mo%20(1)+x.whl&label=d%C3%A9mo%20(1)", "bytes").json();
    assert_eq!((&reply["name"], &reply["label"]), (&json!("demo.1.x.whl"), &json!("démo (1)")));
    let plus = desk.upload(id, "name=demo-1.0%2Bcu12.whl&label=", "bytes").json();
    assert_eq!((&plus["name"], &plus["label"]), (&json!("demo-1.0+cu12.whl"), &json!("")));
    assert_eq!(desk.upload(id, "name=.config", "bytes").json()["name"], "default.config");
}

#[test]
fn r22_a_failed_upload_leaves_a_row_that_blocks_the_name() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    desk.github().troubles.failing_uploads = 1;
    assert_eq!(desk.upload(id, "name=a.whl", "bytes").status(), 502);
    let rows = desk.get(&format!("/releases/{id}/assets")).json();
    let row = &rows[0];
    assert_eq!((&row["state"], &row["size"], &row["digest"]), (&json!("starter"), &json!(0), &Value::Null));
    assert_eq!(desk.upload(id, "name=a.whl", "bytes").reasons()[0].0, "already_exists");
    assert_eq!(desk.delete(&format!("/releases/assets/{}", row["id"])).status(), 204);
    assert_eq!(desk.upload(id, "name=a.whl", "bytes").status(), 201);
}

#[test]
fn r22_a_failed_row_shows_to_those_who_may_push_only() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    let asset = desk.github().add_starter(id, "a.whl");
    let at = format!("/releases/{id}/assets");
    assert_eq!(desk.get(&at).each("state"), ["starter"]);
    for token in [READER, STRANGER] {
        assert!(desk.send(token, "GET", &at, &json!(null)).each("id").is_empty(), "{token:?}");
    }
    let bytes = desk.accepting("application/octet-stream", &format!("/releases/assets/{asset}"));
    assert_eq!(bytes.status(), 404, "there is nothing to fetch");
}

#[test]
fn r23_a_failed_answer_may_hide_a_success() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    desk.github().troubles.ambiguous_uploads = 1;
    assert_eq!(desk.upload(id, "name=a.whl", "bytes").status(), 502);
    let rows = desk.get(&format!("/releases/{id}/assets"));
    assert_eq!((rows.each("state"), rows.each("digest")), (vec![json!("uploaded")], vec![stated("bytes")]));
}

#[test]
fn r24_the_digest_is_of_what_is_stored() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    assert_eq!(desk.upload(id, "name=a.whl", "bytes").json()["digest"], stated("bytes"));
    desk.api().corrupt(1);
    let other = desk.upload(id, "name=b.whl", "bytes").json();
    assert_ne!(other["digest"], stated("bytes"));
    let kept = desk.github().releases()[0].assets[1].bytes.clone();
    assert_eq!(other["digest"], format!("sha256:{}", Sha256::of(&kept)));
    assert_eq!(desk.upload(id, "name=c.whl", "bytes").json()["digest"], stated("bytes"), "one file only");
}

#[test]
fn r24_old_files_may_have_no_digest() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    desk.github().add_asset(id, "a.whl", "bytes");
    desk.github().releases_mut()[0].assets[0].sha256 = None;
    assert_eq!(desk.get(&format!("/releases/{id}/assets")).each("digest"), [Value::Null]);
}

#[test]
fn r25_a_patch_renames_and_relabels_and_never_replaces() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    let asset = desk.upload(id, "name=new.whl", "bytes").json()["id"].clone();
    let other = desk.upload(id, "name=old.whl", "other").json()["id"].clone();
    let rename = json!({ "name": "old.whl", "label": "Old" });
    assert_eq!(desk.patch(&format!("/releases/assets/{asset}"), &rename).status(), 422, "the name is taken");
    desk.delete(&format!("/releases/assets/{other}"));
    let renamed = desk.patch(&format!("/releases/assets/{asset}"), &rename).json();
    assert_eq!((&renamed["name"], &renamed["label"]), (&json!("old.whl"), &json!("Old")));
    assert_eq!(renamed["digest"], stated("bytes"));
}

#[test]
fn r25_a_name_that_was_freed_a_moment_ago_may_still_be_refused() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    let new = desk.upload(id, "name=new.whl", "bytes").json()["id"].clone();
    desk.github().troubles.lingering_names = 1;
    let at = format!("/releases/assets/{new}");
    assert_eq!(desk.patch(&at, &json!({ "label": "New" })).status(), 200, "no name is asked for");
    let refused = desk.patch(&at, &json!({ "name": "free.whl" }));
    assert_eq!(refused.reasons(), [("already_exists".to_owned(), "name".to_owned())]);
    assert_eq!(desk.patch(&at, &json!({ "name": "free.whl" })).json()["name"], "free.whl");
}

#[test]
fn r26_bytes_come_by_redirection_or_at_once() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    let at = format!("/releases/assets/{}", desk.upload(id, "name=a.whl", "bytes").json()["id"]);
    assert_eq!(desk.get(&at).json()["name"], "a.whl", "without the media type it is the row");
    let redirection = desk.accepting("application/octet-stream", &at);
    assert_eq!(redirection.status(), 302);
    let fetched = desk.fetch(&redirection.location(), STRANGER);
    assert_eq!((fetched.status(), fetched.text().as_str()), (200, "bytes"));
    desk.github().settings.direct_downloads = true;
    let direct = desk.accepting("application/octet-stream", &at);
    assert_eq!((direct.status(), direct.text().as_str()), (200, "bytes"));
}

#[test]
fn r26_a_web_page_may_come_in_place_of_the_bytes() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    let at = format!("/releases/assets/{}", desk.upload(id, "name=a.whl", "bytes").json()["id"]);
    desk.github().troubles.unicorn_downloads = 1;
    let page = desk.accepting("application/octet-stream", &at);
    assert_eq!((page.status(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(desk.accepting("application/octet-stream", &at).status(), 302);
}

#[test]
fn r27_assets_come_in_pages_and_the_embedded_list_is_cut() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    for number in 0..45 {
        desk.github().add_asset(id, &format!("a{number}.whl"), "bytes");
    }
    let at = format!("/releases/{id}/assets");
    assert_eq!(desk.get(&at).each("id").len(), 30);
    assert_eq!(desk.get(&format!("{at}?page=2")).each("id").len(), 15);
    assert_eq!(desk.get(&format!("{at}?per_page=100")).each("id").len(), 45);
    let embedded = desk.get(&format!("/releases/{id}")).json()["assets"].as_array().map(Vec::len);
    assert_eq!(embedded, Some(30), "nobody may rely on it");
}
