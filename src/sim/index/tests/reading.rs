//! The simple index and the files, as clients see them.

use super::*;

const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn filled() -> World {
    let mut world = World::new();
    assert_eq!(world.upload(&Upload::wheel().add("requires_python", ">=3.11")).0, 200);
    assert_eq!(world.upload(&Upload::sdist()).0, 200);
    world
}

#[test]
fn the_json_listing_has_every_member_of_version_1_4() {
    let mut world = filled();
    world.index.yank("demo_kit-1.0.tar.gz", "broken").expect("it is there");
    let response = world.get("/simple/demo-kit/", JSON);
    assert_eq!((response.status, response.header("content-type")), (200, Some(JSON)));
    let body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(body["meta"]["api-version"], "1.4");
    assert_eq!((&body["name"], &body["versions"]), (&"demo-kit".into(), &serde_json::json!(["1.0"])));
    let wheel_bytes = wheel(&WHEEL);
    let hashes = Hashes::of(&wheel_bytes);
    let blake2b256 = Blake2b256::of(&wheel_bytes).to_string();
    let path = format!(
        "/files/{0:.2}/{1}/{2}/demo_kit-1.0-py3-none-any.whl",
        blake2b256,
        &blake2b256[2..4],
        &blake2b256[4..]
    );
    let metadata = serde_json::json!({ "sha256": Hashes::of(WHEEL[1].1.as_bytes()).sha256.to_string() });
    assert_eq!(
        body["files"][0],
        serde_json::json!({
            "core-metadata": metadata,
            "data-dist-info-metadata": metadata,
            "filename": "demo_kit-1.0-py3-none-any.whl",
            "hashes": { "sha256": hashes.sha256.to_string() },
            "provenance": null,
            "requires-python": ">=3.11",
            "size": wheel_bytes.len(),
            "upload-time": "2026-11-20T12:00:00.000000Z",
            "url": format!("http://127.0.0.1:1{path}"),
            "yanked": false,
        })
    );
    let second = &body["files"][1];
    assert_eq!((&second["yanked"], &second["core-metadata"]), (&"broken".into(), &false.into()));
    assert_eq!(second["requires-python"], serde_json::Value::Null);
    assert_eq!(world.get(&path, "*/*").body, wheel_bytes);
    assert_eq!(world.get(&format!("{path}.metadata"), "*/*").body, WHEEL[1].1);
}

#[test]
fn the_page_links_with_digests() {
    let mut world = filled();
    world.index.yank("demo_kit-1.0.tar.gz", "").expect("it is there");
    let response = world.get("/simple/demo-kit/", "text/html");
    assert_eq!(response.header("content-type"), Some("text/html"));
    let page = String::from_utf8(response.body.to_vec()).expect("text");
    let sha256 = Hashes::of(&wheel(&WHEEL)).sha256;
    assert!(page.contains(&format!("demo_kit-1.0-py3-none-any.whl#sha256={sha256}\"")), "{page}");
    assert!(page.contains("data-requires-python=\"&gt;=3.11\""), "{page}");
    assert!(page.contains("data-yanked=\"\""), "{page}");
}

#[test]
fn what_is_accepted_decides_between_page_and_json() {
    let mut world = filled();
    let pip =
        "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";
    for (accept, expected) in [
        (pip, JSON),
        ("*/*", "text/html"),
        ("", "text/html"),
        ("application/json", "text/html"),
        ("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"),
    ] {
        for path in ["/simple/", "/simple/demo-kit/"] {
            assert_eq!(world.get(path, accept).header("content-type"), Some(expected), "{path} {accept}");
        }
    }
}

#[test]
fn unknown_projects_files_and_paths_are_not_found() {
    let mut world = filled();
    let paths = [
        "/simple/other/",
        "/simple/-/",
        "/simple/other",
        "/files/00/00/00/x.whl",
        "/",
        "/pypi/demo-kit/json",
    ];
    for path in paths {
        assert_eq!(world.get(path, JSON).status, 404, "{path}");
    }
    assert_eq!(world.get("/legacy/", JSON).status, 405);
    assert_eq!(world.get("/_/oidc/mint-token", JSON).status, 405);
    assert_eq!(world.get("/integrity/demo-kit/1.0/demo_kit-1.0.tar.gz/provenance", JSON).status, 404);
}

#[test]
fn other_spellings_are_led_to_the_normal_name() {
    let mut world = filled();
    for path in ["/simple/Demo_Kit/", "/simple/demo-kit", "/simple/demo.kit"] {
        let response = world.get(path, JSON);
        assert_eq!(
            (response.status, response.header("location")),
            (301, Some("/simple/demo-kit/")),
            "{path}"
        );
    }
}

#[test]
fn the_root_lists_projects() {
    let body: serde_json::Value = serde_json::from_slice(&filled().get("/simple/", JSON).body).expect("JSON");
    assert_eq!(body["projects"], serde_json::json!([{ "name": "demo-kit" }]));
}

#[test]
fn a_lagging_listing_shows_what_was_before_the_latest_upload() {
    let mut world = World::new();
    world.upload(&Upload::wheel());
    world.upload(&Upload::sdist());
    world.index.lag(2);
    assert_eq!(world.listed("demo-kit").len(), 1);
    assert_eq!(world.listed("demo-kit").len(), 1);
    assert_eq!(world.listed("demo-kit").len(), 2);
}

#[test]
fn a_lagging_listing_does_not_know_a_new_project() {
    let mut world = World::new();
    world.index.lag(1);
    world.upload(&Upload::wheel());
    assert_eq!(world.get("/simple/demo-kit/", JSON).status, 404);
    assert_eq!(world.get("/simple/demo-kit/", JSON).status, 200);
    // Uploads are never judged by a lagging view.
    world.index.lag(9);
    assert_eq!(world.upload(&Upload::wheel()), (200, String::new()));
    assert_eq!(world.index.files().count(), 1);
}

#[test]
fn pypiserver_knows_pages_only() {
    let mut world = World::new();
    world.index.set_flavour(Flavour::Pypiserver);
    assert_eq!(world.upload(&Upload::wheel().without("metadata_version").without("sha256_digest")).0, 200);
    let page = |world: &mut World| {
        let response = world.get("/simple/demo-kit/", JSON);
        assert_eq!(response.header("content-type"), Some("text/html; charset=UTF-8"));
        String::from_utf8(response.body.to_vec()).expect("text")
    };
    assert!(page(&mut world).contains("#sha256="));
    world.index.set_flavour(Flavour::PypiserverWithoutHashes);
    assert!(!page(&mut world).contains("sha256"));
    assert_eq!(world.get("/_/oidc/audience", JSON).status, 404);
}

#[test]
fn pypiserver_refuses_every_name_it_has() {
    let mut world = World::new();
    world.index.set_flavour(Flavour::Pypiserver);
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    assert_eq!(world.upload(&Upload::wheel()).0, 409);
    let mut request = Upload::wheel().request(&world.token);
    request.headers.push(("user-agent".into(), "twine/7.0.0 CPython".into()));
    assert_eq!(world.index.handle(&request).status, 400);
    world.token = "wrong".into();
    assert_eq!(world.upload(&Upload::wheel()).0, 403);
}

#[test]
fn an_index_without_pages_shows_none() {
    let mut world = World::new();
    world.index.set_flavour(Flavour::WarehouseWithoutPages);
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    for path in ["/simple/", "/simple/demo-kit/"] {
        for accept in ["text/html", "application/vnd.pypi.simple.v1+html"] {
            assert_eq!(world.get(path, accept).status, 406, "{path} {accept}");
        }
        let listing = world.get(path, "*/*");
        let media = listing.header("content-type");
        assert_eq!((listing.status, media), (200, Some("application/vnd.pypi.simple.v1+json")), "{path}");
    }
    assert_eq!(world.listed("demo-kit").len(), 1);
}
