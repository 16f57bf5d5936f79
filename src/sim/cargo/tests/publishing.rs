//! What is taken and what is refused.

use super::*;
use crate::sim::clock::http_date;

#[test]
fn a_crate_is_taken_indexed_and_given_out() {
    let mut world = World::new();
    let upload = Upload::of("demo-kit", "1.2.0");
    let response = world.send("PUT", "/api/v1/crates/new", upload.body());
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!((response.status, &body["crate"]["max_version"]), (200, &json!("1.2.0")), "{body}");
    assert_eq!(body["warnings"]["invalid_categories"], json!([]));
    let published = world.registry.published();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].sha256, Sha256::of(&upload.tarball()));
    assert_eq!((published[0].yanked, published[0].by), (false, PublishedBy::User));
    let download = world.send("GET", "/api/v1/crates/demo-kit/1.2.0/download", "");
    assert_eq!(
        (download.status, download.header("location")),
        (302, Some("/crates/demo-kit/1.2.0/download"))
    );
    let bytes = world.send("GET", "/crates/demo-kit/1.2.0/download", "").body;
    assert_eq!(bytes, upload.tarball());
}

#[test]
fn a_version_is_taken_once_whatever_its_build() {
    let mut world = World::new();
    world.takes(&Upload::of("demo", "1.0.0+one"));
    for again in ["1.0.0+one", "1.0.0+two", "1.0.0"] {
        let said = world.refusal(400, &Upload::of("demo", again));
        assert_eq!(said, "crate version `1.0.0` is already uploaded", "{again}");
    }
    world.takes(&Upload::of("demo", "1.0.0-rc.1"));
}

#[test]
fn a_name_is_spelt_as_it_was_first() {
    let mut world = World::new();
    world.takes(&Upload::of("Demo-Kit", "1.0.0"));
    for other in ["demo-kit", "Demo_Kit"] {
        let said = world.refusal(400, &Upload::of(other, "1.1.0"));
        assert_eq!(said, "crate was previously named `Demo-Kit`");
    }
    let said = world.refusal(400, &Upload::of("std", "1.0.0"));
    assert_eq!(said, "cannot upload a crate with a reserved name");
}

#[test]
fn clients_say_who_they_are() {
    let mut world = World::new();
    let headers = [("host", HOST), ("authorization", world.token.as_str())];
    let put = request("PUT", "/api/v1/crates/new", &headers, Upload::of("demo", "1.0.0").body());
    let response = world.registry.handle(&put);
    assert_eq!((response.status, response.header("content-type")), (403, Some("text/plain; charset=utf-8")));
    assert!(world.registry.published().is_empty());
    // The index and the files are no part of the API.
    assert_eq!(world.registry.handle(&request("GET", "/index/config.json", &headers, "")).status, 200);
}

#[test]
fn a_token_must_be_one_of_ours() {
    let mut world = World::new();
    let token = std::mem::take(&mut world.token);
    let upload = Upload::of("demo", "1.0.0");
    assert_eq!(world.refusal(403, &upload), "this action requires authentication");
    world.token = "cio0123".into();
    assert_eq!(world.refusal(403, &upload), "authentication failed");
    world.token = format!("Bearer {token}");
    world.takes(&upload);
    world.registry.revoke_token(&token);
    assert_eq!(world.refusal(403, &Upload::of("demo", "1.1.0")), "authentication failed");
}

#[test]
fn a_token_does_what_its_scope_says() {
    let mut world = World::new();
    world.registry.place_sample(&file("demo-core-0.1.0"));
    let refusal = "this token does not have the required permissions to perform this action";
    let scope = Scope { actions: vec![Action::PublishUpdate], crates: vec!["demo-*".into()] };
    world.token = world.registry.issue_token(scope);
    assert_eq!(world.refusal(403, &Upload::of("demo-new", "1.0.0")), refusal);
    world.takes(&Upload::of("demo-core", "1.0.0"));
    let response = world.send("DELETE", "/api/v1/crates/demo-core/1.0.0/yank", "");
    assert_eq!((response.status, detail(&response)), (403, refusal.to_owned()));
}

#[test]
fn others_crates_are_theirs() {
    let mut world = World::new();
    world.registry.create_foreign_crate(&name("theirs"));
    let said = world.refusal(403, &Upload::of("theirs", "1.0.0"));
    assert!(said.starts_with("this crate exists but you don't seem to be an owner."), "{said}");
    let response = world.send("DELETE", "/api/v1/crates/theirs/0.1.0/yank", "");
    assert_eq!(
        (response.status, detail(&response).as_str()),
        (403, "must already be an owner to yank or unyank")
    );
}

#[test]
fn a_crate_may_take_workflows_only() {
    let mut world = World::new();
    world.registry.place_sample(&file("demo-0.1.0"));
    world.registry.set_trusted_publishing_only(&name("demo"), true).expect("it is there");
    let said = world.refusal(403, &Upload::of("demo", "1.0.0"));
    assert_eq!(said, "New versions of this crate can only be published using Trusted Publishing");
    assert_eq!(world.registry.set_trusted_publishing_only(&name("other"), true), None);
}

#[test]
fn description_and_licence_are_demanded() {
    let mut world = World::new();
    let bare = || Upload::of("demo", "1.0.0").replacing("license = \"MIT\"\n", "");
    let said = world.refusal(400, &bare().replacing("A crate.", " "));
    assert!(said.starts_with("missing or empty metadata fields: description, license."), "{said}");
    let said = world.refusal(400, &bare());
    assert!(said.starts_with("missing or empty metadata fields: license."), "{said}");
    world.takes(&bare().and("license-file = \"LICENSE\"\n"));
}

#[test]
fn other_rules_of_the_manifest_hold() {
    for (lines, refusal) in [
        ("homepage = \"example.invalid\"", "URL for field `homepage` must begin with http:// or https://"),
        ("keywords = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]", "expected at most 5 keywords per crate"),
        ("keywords = [\"two words\"]", "\"two words\" is an invalid keyword"),
        ("[dependencies]\nother = \"1\"", "no known crate named `other`"),
        ("[dependencies.there]\nversion = \"*\"", "wildcard (`*`) dependency constraints"),
        ("[dependencies.there]\nversion = \"one\"", "\"one\" is an invalid version requirement"),
        (
            "[dependencies.there]\nversion = \"1\"\nregistry-index = \"sparse+http://127.0.0.1:1/\"",
            "Dependency `there` is hosted on another registry.",
        ),
        ("[[dependencies]]", "failed to parse `Cargo.toml` manifest file"),
    ] {
        let mut world = World::new();
        world.registry.place_sample(&file("there-1.0.0"));
        let said = world.refusal(400, &Upload::of("demo", "1.0.0").and(lines));
        assert!(said.starts_with(refusal), "{lines}: {said}");
    }
}

#[test]
fn features_and_dependencies_are_counted() {
    let rows = |count: usize, row: fn(usize) -> String| (0..count).map(row).collect::<String>();
    let features = |count| format!("[features]\n{}", rows(count, |at| format!("f{at} = []\n")));
    let turned_on = |count| {
        let others = rows(count, |at| format!("\"there/f{at}\", "));
        format!("[dependencies]\nthere = \"1\"\n[features]\nall = [{others}]\n")
    };
    let dependencies = |count| {
        let row = |at| format!("d{at} = {{ package = \"there\", version = \"1\" }}\n");
        format!("[dependencies]\n{}", rows(count, row))
    };
    for (good, bad, refusal) in [
        (features(300), features(301), "a maximum number of 300 features, but"),
        (turned_on(300), turned_on(301), "a maximum number of 300 features or dependencies that"),
        (dependencies(500), dependencies(501), "a maximum number of 500 dependencies, but"),
    ] {
        let mut world = World::new();
        world.registry.place_sample(&file("there-1.0.0"));
        let said = world.refusal(400, &Upload::of("demo", "1.0.0").and(&bad));
        assert!(said.contains(refusal), "{said}");
        world.takes(&Upload::of("demo", "1.0.0").and(&good));
    }
}

#[test]
fn the_request_and_the_file_say_the_same() {
    let mut world = World::new();
    let differing = Upload::of("demo", "1.0.0").replacing("name = \"demo\"", "name = \"demo2\"");
    let said = world.refusal(400, &differing);
    assert_eq!(said, "metadata name `demo` does not match manifest name `demo2`");
    let differing = Upload::of("demo", "1.0.0").replacing("1.0.0", "1.0.1");
    let said = world.refusal(400, &differing);
    assert_eq!(said, "metadata version `1.0.0` does not match manifest version `1.0.1`");
    let elsewhere = Upload { folder: "demo-1.0.1".into(), ..Upload::of("demo", "1.0.0") };
    assert_eq!(world.refusal(400, &elsewhere), "invalid path found: demo-1.0.1/Cargo.toml");
}

#[test]
fn what_is_no_packed_crate_is_refused() {
    let mut world = World::new();
    let json = json!({ "name": "demo", "vers": "1.0.0" }).to_string();
    let lower = package::pack("demo-1.0.0", &[("cargo.toml", "")]);
    let empty = package::pack("demo-1.0.0", &[]);
    for (body, refusal) in [
        (Vec::new(), "invalid metadata length"),
        (vec![9, 0, 0, 0, 1], "invalid metadata length for remaining payload: 9"),
        ([&2_u32.to_le_bytes()[..], b"{}"].concat(), "invalid tarball length"),
        (framed(b"{}", b""), "invalid upload request: missing field `name`"),
        (framed(br#"{"name":"1a","vers":"1.0.0"}"#, b""), "invalid crate name:"),
        (framed(br#"{"name":"a","vers":"1.0"}"#, b""), "\"1.0\" is an invalid semver version"),
        (framed(json.as_bytes(), b"bytes"), "uploaded tarball is malformed"),
        (framed(json.as_bytes(), &empty), "uploaded tarball is missing a `Cargo.toml`"),
        (framed(json.as_bytes(), &lower), "uploaded tarball has an incorrectly cased"),
    ] {
        let response = world.send("PUT", "/api/v1/crates/new", body);
        let said = detail(&response);
        assert!(response.status == 400 && said.starts_with(refusal), "{refusal}: {said}");
        // The attempts themselves are counted, as they are there.
        world.clock.advance(600);
    }
    world.registry.set_crate_limit(10);
    assert_eq!(world.refusal(413, &Upload::of("demo", "1.0.0")), "max upload size is: 10");
}

#[test]
fn new_crates_and_new_versions_are_limited_apart() {
    let mut world = World::new();
    for number in 0..5 {
        world.takes(&Upload::of(&format!("demo{number}"), "1.0.0"));
    }
    let last = Upload::of("demo5", "1.0.0");
    let response = world.send("PUT", "/api/v1/crates/new", last.body());
    let again = http_date(world.clock.now() + 600);
    assert_eq!((response.status, response.header("retry-after")), (429, Some(again.as_str())));
    let said = detail(&response);
    assert!(
        said.contains("too many new crates") && said.contains(&format!("try again after {again}")),
        "{said}"
    );
    world.takes(&Upload::of("demo0", "1.1.0"));
    world.clock.advance(599);
    assert_eq!(world.upload(&last).0, 429);
    world.clock.advance(1);
    world.takes(&last);
    world.registry.set_bursts(5, 0);
    let said = world.refusal(429, &Upload::of("demo0", "1.2.0"));
    assert!(said.contains("too many updates"), "{said}");
}

#[test]
fn who_was_told_to_wait_waits() {
    let mut world = World::new();
    let again = http_date(world.clock.now() + LIMITED_S);
    assert_eq!(world.registry.limit().header("retry-after"), Some(again.as_str()));
    world.clock.advance(LIMITED_S - 1);
    let upload = Upload::of("demo", "1.0.0");
    assert_eq!(world.upload(&upload).0, 429);
    world.clock.advance(1);
    world.takes(&upload);
}

#[test]
fn yanking_hides_nothing_and_may_be_repeated() {
    let mut world = World::new();
    let upload = Upload::of("demo", "1.0.0");
    world.takes(&upload);
    for (method, path, yanked) in [
        ("DELETE", "/api/v1/crates/demo/1.0.0/yank", true),
        ("DELETE", "/api/v1/crates/demo/1.0.0/yank", true),
        ("PUT", "/api/v1/crates/demo/1.0.0/unyank", false),
    ] {
        let response = world.send(method, path, "");
        assert_eq!((response.status, &response.body[..]), (200, &br#"{"ok":true}"#[..]));
        assert_eq!(world.registry.published()[0].yanked, yanked);
        assert_eq!(world.index("de/mo/demo")[0]["yanked"], yanked);
    }
    let response = world.send("DELETE", "/api/v1/crates/demo/2.0.0/yank", "");
    assert_eq!(
        (response.status, detail(&response).as_str()),
        (404, "crate `demo` does not have a version `2.0.0`")
    );
    assert_eq!(world.send("POST", "/api/v1/crates/demo/1.0.0/yank", "").status, 405);
}
