use crate::remote::github::*;

fn release(id: u64, tag: &str, draft: bool) -> Release {
    Release {
        id,
        tag_name: tag.into(),
        name: String::new(),
        body: String::new(),
        draft,
        prerelease: false,
        immutable: false,
        html_url: String::new(),
        upload_url: String::new(),
    }
}

#[test]
fn published_comes_before_draft_and_the_lowest_draft_before_others() {
    let of = |releases: &[Release]| canonical(releases, "v1").map(|release| release.id);
    assert_eq!(of(&[release(1, "v2", false)]), None);
    assert_eq!(of(&[release(9, "v1", true), release(3, "v1", true), release(1, "v10", true)]), Some(3));
    assert_eq!(of(&[release(3, "v1", true), release(9, "v1", false)]), Some(9));
}

#[test]
fn what_a_failed_upload_left_is_no_file() {
    let mut asset = Asset {
        id: 1,
        name: "a.b.bin".into(),
        label: Some("a b.bin".into()),
        size_bytes: 3,
        uploaded: true,
        sha256: None,
        url: String::new(),
    };
    assert!(asset.is_called("a b.bin") && asset.is_called("a.b.bin") && !asset.is_called("b.bin"));
    assert_eq!(asset.remote_file().and_then(|file| file.size_bytes), Some(3));
    asset.uploaded = false;
    assert_eq!(asset.remote_file(), None);
}

#[test]
fn our_region_is_replaced_and_the_rest_is_kept() {
    let first = with_region("Read this first.\n", "notes 1");
    assert_eq!(first, format!("Read this first.\n\n{OPEN}\nnotes 1\n{CLOSE}"));
    let edited = format!("{first}\n\nThanks to all.");
    let second = with_region(&edited, "notes 2");
    assert_eq!(second, format!("Read this first.\n\n{OPEN}\nnotes 2\n{CLOSE}\n\nThanks to all."));
    assert_eq!(with_region(&second, "notes 2"), second);
    assert_eq!(with_region("", "x"), marked("x"));
}

#[test]
fn only_a_whole_region_is_ours() {
    assert!(is_ours(&marked("x")) && is_ours(&marked("")));
    for not in ["", "x", OPEN, CLOSE, &format!("{CLOSE} {OPEN}")] {
        assert!(!is_ours(not), "{not}");
    }
    // A text that holds the comments itself cannot end the region early.
    let tricky = marked(&format!("a {CLOSE} b {OPEN} c"));
    assert_eq!(region(&tricky), Some(0..tricky.len()));
}

#[test]
fn an_artifact_is_found_by_name_then_label_then_bytes() {
    let bytes = crate::model::digest::Hashes::of(b"abc");
    let artifact = |name: &str| {
        let kind = crate::model::artifact::ArtifactKind::Other;
        Artifact::new(name.parse().expect("good"), bytes, kind)
    };
    let asset = |id, name: &str, label: Option<&str>, uploaded| Asset {
        id,
        name: name.into(),
        label: label.map(str::to_owned),
        size_bytes: 3,
        uploaded,
        sha256: uploaded.then_some(bytes.sha256),
        url: String::new(),
    };
    let assets = [
        asset(1, "a.b.bin", None, false),
        asset(2, "a.b.bin", Some("a b.bin"), true),
        asset(3, "default.config", None, true),
        asset(4, "copy.of.config", None, true),
    ];
    let found = |name: &str| matching(&assets, &artifact(name)).map(|asset| asset.id);
    assert_eq!(found("a b.bin"), Some(2));
    assert_eq!(found("a.b.bin"), Some(2));
    assert_eq!(found("a~b.bin"), Some(2), "the same bytes under the name that GitHub made of it");
    assert_eq!(found(".config"), Some(3));
    assert_eq!(found("other"), None, "the same bytes under another name are another file");
}
