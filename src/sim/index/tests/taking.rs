//! What is taken, and what becomes of it.

use super::*;

#[test]
fn a_wheel_and_its_sdist_are_stored_with_their_digests() {
    let mut world = World::new();
    for upload in [Upload::wheel(), Upload::sdist()] {
        let response = world.index.handle(&upload.request(&world.token));
        assert_eq!((response.status, response.body.len()), (200, 0), "{:?}", response.reason);
    }
    let sha256 = |upload: Upload| Hashes::of(&upload.content.expect("content").1).sha256.to_string();
    assert_eq!(
        world.listed("demo-kit"),
        [
            ("demo_kit-1.0-py3-none-any.whl".to_owned(), sha256(Upload::wheel())),
            ("demo_kit-1.0.tar.gz".to_owned(), sha256(Upload::sdist())),
        ]
    );
}

#[test]
fn the_form_is_kept_for_those_who_ask() {
    let mut world = World::new();
    let upload =
        Upload::wheel().add("classifiers", "Typing :: Typed").add("classifiers", "Topic :: Database");
    assert_eq!(world.upload(&upload).0, 200);
    let file = world.index.file("demo_kit-1.0-py3-none-any.whl").expect("it is there");
    assert_eq!(file.field("summary"), Some("A demonstration"));
    assert_eq!(file.form.iter().filter(|(name, _)| name == "classifiers").count(), 2);
}

#[test]
fn the_same_file_again_changes_nothing() {
    let mut world = World::new();
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    let at = world.index.file("demo_kit-1.0-py3-none-any.whl").expect("it is there").uploaded_at;
    world.clock.advance(60);
    assert_eq!(world.upload(&Upload::wheel().set("summary", "Another one")), (200, String::new()));
    let file = world.index.file("demo_kit-1.0-py3-none-any.whl").expect("it is there");
    assert_eq!((file.uploaded_at, file.field("summary")), (at, Some("A demonstration")));
}

#[test]
fn everything_optional_may_be_there() {
    let mut world = World::new();
    let mut upload = Upload::wheel();
    for (name, value) in [
        ("md5_digest", "0cc175b9c0f1b6a831c399e269772661"),
        ("comment", ""),
        ("description", "# Demo\n\nText"),
        ("description_content_type", "text/markdown; charset=UTF-8; variant=GFM"),
        ("keywords", "a, b"),
        ("home_page", "http://localhost/"),
        ("author_email", "Ada <ada@localhost.example>"),
        ("license_expression", "MIT"),
        ("license", ""),
        ("requires_python", ">=3.11,<4"),
        ("requires_dist", "foo[bar]>=1; extra == 'x'"),
        ("requires_dist", "baz (>=2)"),
        ("project_urls", "Source, http://localhost/source"),
        ("provides_extra", "x"),
        ("dynamic", "Description"),
        ("platform", "any"),
        ("unknown_field", "ignored"),
        ("maintainer", "UNKNOWN"),
    ] {
        upload = upload.add(name, value);
    }
    assert_eq!(world.upload(&upload), (200, String::new()));
    let file = world.index.files().next().expect("it is there");
    assert_eq!(file.field("maintainer"), None);
}

#[test]
fn a_file_without_content_type_counts_as_text_and_is_taken() {
    let upload = Upload::wheel().content_head("; filename=\"demo_kit-1.0-py3-none-any.whl\"");
    assert_eq!(World::new().upload(&upload), (200, String::new()));
}

#[test]
fn the_action_may_stand_in_the_query() {
    let mut world = World::new();
    let mut request = Upload::wheel().without(":action").request(&world.token);
    request.query = ":action=file_upload".into();
    assert_eq!(world.index.handle(&request).status, 200);
}

#[test]
fn one_good_digest_is_enough() {
    for left_out in ["sha256_digest", "blake2_256_digest"] {
        assert_eq!(World::new().upload(&Upload::wheel().without(left_out)).0, 200, "{left_out}");
    }
}

#[test]
fn a_broken_index_stores_other_bytes_and_lists_their_digest() {
    let mut world = World::new();
    world.index.corrupt(1);
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    let sent = Upload::wheel().content.expect("content").1;
    let file = world.index.file("demo_kit-1.0-py3-none-any.whl").expect("it is there");
    assert_eq!(file.bytes.len(), sent.len());
    assert_ne!(file.bytes, sent);
    let stored = Hashes::of(&file.bytes).sha256.to_string();
    assert_eq!(world.listed("demo-kit"), [("demo_kit-1.0-py3-none-any.whl".to_owned(), stored)]);
    // Only as many files as were asked for.
    assert_eq!(world.upload(&Upload::sdist()).0, 200);
    let sent = Upload::sdist().content.expect("content").1;
    assert_eq!(world.index.file("demo_kit-1.0.tar.gz").expect("it is there").bytes, sent);
}

#[test]
fn a_wheel_of_each_platform_in_its_name_is_taken() {
    let mut world = World::new();
    let upload =
        Upload::named_wheel("demo_kit-1.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl");
    assert_eq!(world.upload(&upload), (200, String::new()));
}
