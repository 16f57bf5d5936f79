//! The index, the API's view of a crate, and what faults make of them.

use super::*;

#[test]
fn the_configuration_tells_where_all_is() {
    let mut world = World::new();
    let config = |world: &mut World| {
        let response = world.send("GET", "/index/config.json", "");
        (response.status, serde_json::from_slice::<Value>(&response.body).expect("JSON"))
    };
    let origin = format!("http://{HOST}");
    assert_eq!(config(&mut world), (200, json!({ "dl": format!("{origin}/crates"), "api": origin })));
    world.registry.set_auth_required(true);
    assert_eq!(config(&mut world).1["auth-required"], true);
    world.token.clear();
    for path in ["/index/config.json", "/index/1/a", "/crates/a/1.0.0/download", "/api/v1/crates/a"] {
        let response = world.send("GET", path, "");
        assert_eq!(response.status, 401, "{path}");
        assert!(response.header("www-authenticate").is_some_and(|value| value.starts_with("Cargo ")));
    }
}

#[test]
fn a_crates_file_stands_where_its_name_says() {
    let mut world = World::new();
    world.registry.set_bursts(10, 10);
    for (crate_name, path) in
        [("a", "1/a"), ("Ab", "2/ab"), ("abc", "3/a/abc"), ("Demo-Kit", "de/mo/demo-kit")]
    {
        world.takes(&Upload::of(crate_name, "1.0.0"));
        assert_eq!(world.index(path)[0]["name"], crate_name, "{path}");
    }
    for wrong in ["1/b", "Ab/cd", "2/Ab", "de/mo/demo_kit", "de/mo/Demo-Kit", "demo-kit", ""] {
        assert_eq!(world.send("GET", &format!("/index/{wrong}"), "").status, 404, "{wrong}");
    }
}

#[test]
fn a_line_says_what_cargo_needs() {
    let mut world = World::new();
    for there in ["core-one-1.0.0", "extra-0.3.0"] {
        world.registry.place_sample(&file(there));
    }
    let upload = Upload::of("demo", "1.0.0-rc.1+build.5").and(&format!(
        "links = \"demo\"\nrust-version = \"1.70\"\n\
         [features]\ndefault = [\"one\"]\nnew = [\"dep:extra\"]\nweak = [\"extra?/std\"]\n\
         [dependencies.one]\nversion = \"1\"\npackage = \"core-one\"\ndefault-features = false\nfeatures = [\"std\"]\n\
         registry-index = \"sparse+http://{HOST}/index/\"\n\
         [dev-dependencies]\ncore-one = \"=1.0.0\"\n\
         [target.'cfg(unix)'.build-dependencies]\nextra = {{ version = \">=0.2, <0.4\", optional = true }}\n"
    ));
    world.takes(&upload);
    let dependency = |name: &str, req: &str, kind: &str| {
        json!({ "name": name, "req": req, "features": [], "optional": false, "default_features": true,
                "target": null, "kind": kind })
    };
    let mut renamed = dependency("one", "^1", "normal");
    renamed["package"] = json!("core-one");
    renamed["default_features"] = json!(false);
    renamed["features"] = json!(["std"]);
    let mut conditional = dependency("extra", ">=0.2, <0.4", "build");
    conditional["target"] = json!("cfg(unix)");
    conditional["optional"] = json!(true);
    let expected = json!({
        "name": "demo",
        "vers": "1.0.0-rc.1+build.5",
        "deps": [renamed, dependency("core-one", "=1.0.0", "dev"), conditional],
        "cksum": Sha256::of(&upload.tarball()).to_string(),
        "features": { "default": ["one"] },
        "features2": { "new": ["dep:extra"], "weak": ["extra?/std"] },
        "v": 2,
        "yanked": false,
        "links": "demo",
        "rust_version": "1.70",
    });
    assert_eq!(world.index("de/mo/demo"), [expected]);
}

#[test]
fn an_unchanged_file_is_not_sent_again() {
    let mut world = World::new();
    world.takes(&Upload::of("demo", "1.0.0"));
    let etag = |world: &mut World| {
        world.send("GET", "/index/de/mo/demo", "").header("etag").map(str::to_owned).expect("an etag")
    };
    let first = etag(&mut world);
    let again = |tag: &str| request("GET", "/index/de/mo/demo", &[("if-none-match", tag)], "");
    assert_eq!(world.registry.handle(&again(&first)).status, 304);
    world.takes(&Upload::of("demo", "1.1.0"));
    assert_ne!(etag(&mut world), first);
    assert_eq!(world.registry.handle(&again(&first)).status, 200);
}

#[test]
fn the_index_lags_and_the_api_does_not() {
    let mut world = World::new();
    world.takes(&Upload::of("demo", "1.0.0"));
    world.takes(&Upload::of("demo", "1.1.0"));
    world.registry.lag(2);
    assert_eq!(world.index("de/mo/demo").len(), 1);
    let api = world.send("GET", "/api/v1/crates/demo", "");
    let api: Value = serde_json::from_slice(&api.body).expect("JSON");
    assert_eq!(
        (&api["crate"]["max_version"], &api["versions"][0]["num"]),
        (&json!("1.1.0"), &json!("1.1.0"))
    );
    assert_eq!(world.index("de/mo/demo").len(), 1);
    assert_eq!(world.index("de/mo/demo").len(), 2);
}

#[test]
fn a_broken_registry_stores_other_bytes() {
    let mut world = World::new();
    world.registry.corrupt(1);
    let upload = Upload::of("demo", "1.0.0");
    world.takes(&upload);
    let stored = world.registry.bytes(&name("demo"), &Version::new(1, 0, 0)).expect("it is there");
    assert_ne!(stored, upload.tarball());
    assert_eq!(world.index("de/mo/demo")[0]["cksum"], Sha256::of(&stored).to_string());
    let next = Upload::of("demo", "1.1.0");
    world.takes(&next);
    assert_eq!(world.index("de/mo/demo")[1]["cksum"], Sha256::of(&next.tarball()).to_string());
}

#[test]
fn the_api_knows_a_crate_by_any_spelling() {
    let mut world = World::new();
    world.takes(&Upload::of("Demo-Kit", "1.0.0"));
    world.takes(&Upload::of("Demo-Kit", "2.0.0-rc.1"));
    let body = |world: &mut World, path: &str| {
        let response = world.send("GET", path, "");
        (response.status, serde_json::from_slice::<Value>(&response.body).expect("JSON"))
    };
    let (status, found) = body(&mut world, "/api/v1/crates/demo_kit");
    assert_eq!((status, &found["crate"]["name"]), (200, &json!("Demo-Kit")));
    assert_eq!(found["crate"]["max_stable_version"], "1.0.0");
    assert_eq!(found["crate"]["newest_version"], "2.0.0-rc.1");
    let (_, version) = body(&mut world, "/api/v1/crates/demo_kit/1.0.0");
    assert_eq!((&version["version"]["num"], &version["version"]["yanked"]), (&json!("1.0.0"), &json!(false)));
    for (path, said) in [
        ("/api/v1/crates/nobody", "crate `nobody` does not exist"),
        ("/api/v1/crates/demo-kit/3.0.0", "crate `Demo-Kit` does not have a version `3.0.0`"),
        ("/api/v1/other", "Not Found"),
        ("/other", "Not Found"),
    ] {
        let (status, found) = body(&mut world, path);
        assert_eq!((status, &found["errors"][0]["detail"]), (404, &json!(said)), "{path}");
    }
}

#[test]
fn a_crate_can_be_placed_as_long_there() {
    let mut world = World::new();
    let upload = Upload::of("demo", "0.9.0");
    world.registry.place(&file("demo-0.9.0"), upload.tarball()).expect("a packed crate");
    assert_eq!(world.index("de/mo/demo")[0]["vers"], "0.9.0");
    let wrong = world.registry.place(&file("demo-0.9.1"), upload.tarball());
    assert!(wrong.is_err_and(|why| why.starts_with("invalid path found")));
    world.registry.set_yanked(&name("demo"), &Version::new(0, 9, 0), true).expect("it is there");
    assert_eq!(world.index("de/mo/demo")[0]["yanked"], true);
    assert_eq!(world.registry.set_yanked(&name("demo"), &Version::new(1, 0, 0), true), None);
}
