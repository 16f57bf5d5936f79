use super::merge::merge;
use super::*;
use crate::model::artifact::{Artifact, ArtifactKind, Distribution, FileName};
use crate::model::collection::{CollectedFile, Source};
use crate::model::manifest::Origin;
use crate::remote::disk::manifest_v1;
use crate::report::Finding;

fn hex(bytes: &[u8]) -> String {
    Sha256::of(bytes).to_string()
}

/// An artifact of these files; all texts are given.
fn holding(name: &str, files: &[(&str, &[u8])]) -> Holding {
    let held = |(path, bytes): &(&str, &[u8])| Held {
        path: (*path).to_owned(),
        hashes: Hashes::of(bytes),
        text: if is_read(path) { Text::Read(bytes.to_vec()) } else { Text::Unasked },
    };
    Holding { name: name.to_owned(), sha256: None, files: files.iter().map(held).collect() }
}

fn told(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let member = finding.place.member.as_deref().map(|member| format!(" {member}")).unwrap_or_default();
        let file = finding.place.file.as_deref().unwrap_or("all");
        format!("{} {file}{member}: {}", finding.check, finding.message)
    };
    findings.iter().map(line).collect()
}

/// What is found in one artifact, and how many of its files are proven.
#[track_caller]
fn check(files: &[(&str, &[u8])], verified: usize, expected: &[&str]) {
    let custody = prove(&[holding("wheels", files)], false);
    assert_eq!(told(&custody.findings), expected);
    let proven =
        custody.verdicts[0].iter().filter(|verdict| !verdict.is_record && !verdict.proofs.is_empty());
    assert_eq!(proven.count(), verified, "{:?}", custody.verdicts);
}

#[test]
fn files_that_are_as_their_list_says_are_proven_wherever_the_list_was_written() {
    let line = |path: &str| format!("SHA2-256({path})= {}\r\n", hex(b"a"));
    for (list, listed, file) in [
        ("SHA256SUMS", "./a.whl", "a.whl"),
        ("dist/CHECKSUMS.sha256", "a.whl", "dist/a.whl"),
        ("release-manifest/SHA256SUMS", "a.whl", "dist/a.whl"),
        ("SHA256SUMS", "wheelhouse/a.whl", "a.whl"),
        ("SHA256SUMS.txt", "b/a.whl", "c/b/a.whl"),
    ] {
        check(&[(file, b"a"), (list, line(listed).as_bytes())], 1, &[]);
    }
    let (one, two) = (hex(b"1"), hex(b"2"));
    let both = format!("{one}  x/t\n{two}  y/t\n");
    check(&[("x/t", b"1"), ("y/t", b"2"), ("SHA256SUMS", both.as_bytes())], 2, &[]);
}

#[test]
fn a_flipped_digit_is_told_with_both_digests() {
    let stated = hex(b"a").replacen('c', "d", 1);
    let list = format!("# made by hand\n{stated}  a.whl\n");
    let message = format!(
        "collect/checksum-mismatch wheels a.whl: `wheels/SHA256SUMS`, line 2, states sha256 {stated}, and it has sha256 {}",
        hex(b"a")
    );
    check(&[("a.whl", b"a"), ("SHA256SUMS", list.as_bytes())], 0, &[&message]);
}

#[test]
fn what_is_listed_must_be_there_and_what_is_there_listed() {
    let list = format!("{}  a.whl\n{}  gone.whl\n", hex(b"a"), hex(b"x"));
    check(
        &[("a.whl", b"a"), ("more.whl", b"m"), ("SHA256SUMS", list.as_bytes()), ("VALIDATION.txt", b"fine")],
        1,
        &[
            "collect/listed-absent wheels SHA256SUMS: the artifact has no `gone.whl`",
            "collect/not-listed wheels more.whl: no list of the artifact names it",
        ],
    );
}

#[test]
fn a_list_may_name_itself_and_the_accounts_beside_it() {
    let list = format!("{}  SHA256SUMS\n{}  a.whl\n{}  build-info.txt\n", hex(b""), hex(b"a"), hex(b"b"));
    check(&[("a.whl", b"a"), ("build-info.txt", b"b"), ("SHA256SUMS", list.as_bytes())], 1, &[]);
}

#[test]
fn a_list_that_cannot_be_read_proves_nothing() {
    check(
        &[("a.whl", b"a"), ("SHA256SUMS", format!("{}  ../a.whl\n", hex(b"a")).as_bytes())],
        0,
        &[
            "collect/bad-checksum-file wheels SHA256SUMS: line 1: the path `../a.whl` leaves the folder of the list",
        ],
    );
    check(
        &[("a.whl", b"a"), ("SHA256SUMS", b"")],
        0,
        &["collect/bad-checksum-file wheels SHA256SUMS: it lists no file"],
    );
}

#[test]
fn what_is_too_long_to_be_held_in_memory_is_no_record() {
    let list = format!("{}  a.whl\n", hex(b"a"));
    for name in ["SHA256SUMS.meta", "VALIDATION.txt", "manifest.json"] {
        let mut wheels = holding("wheels", &[("a.whl", b"a"), ("SHA256SUMS", list.as_bytes()), (name, b"")]);
        wheels.files[2].hashes.size_bytes = 2 << 30;
        wheels.files[2].text = if is_read(name) { Text::TooLong } else { Text::Unasked };
        let custody = prove(&[wheels], false);
        assert!(!custody.verdicts[0][2].is_record, "{name}");
        let expected = format!("collect/not-listed wheels {name}: no list of the artifact names it");
        assert_eq!(told(&custody.findings), [expected]);
    }
}

#[test]
fn what_the_texts_of_others_leave_no_room_for_is_told() {
    for (name, beside) in [("manifest.json", "a.whl"), ("w.tgz.meta", "w.tgz")] {
        let mut wheels = holding("wheels", &[(beside, b"a"), (name, b"")]);
        wheels.files[1].hashes.size_bytes = 1 << 20;
        wheels.files[1].text = Text::TooLong;
        let why = "all such files together are longer than they may be";
        assert_eq!(
            told(&prove(&[wheels], false).findings),
            [format!("collect/bad-checksum-file wheels {name}: {why}")]
        );
    }
}

#[test]
fn a_long_list_that_is_named_often_is_hashed_once() {
    let named: String =
        (0..2_000).map(|number| format!("{}  {number}/CHECKSUMS.sha256\n", hex(b"x"))).collect();
    let long = "# a long line of a list\r\n".repeat(150_000);
    let begun = std::time::Instant::now();
    let files = [("CHECKSUMS.sha256", long.as_bytes()), ("SHA256SUMS", named.as_bytes()), ("a.whl", b"a")];
    let custody = prove(&[holding("lists", &files)], false);
    assert_eq!(custody.findings.len(), 2 + MOST_NAMES, "{:?}", told(&custody.findings));
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_wheelhouse_is_held_to_its_meta_file() {
    let meta = format!("name=w.tgz\nsha256={}\nsize=2\n", hex(b"tg"));
    check(&[("w.tgz", b"tg"), ("w.tgz.meta", meta.as_bytes())], 1, &[]);
    let message = "collect/checksum-mismatch wheels w.tgz: `wheels/w.tgz.meta` states 3 bytes, and it has 2";
    check(&[("w.tgz", b"tg"), ("w.tgz.meta", meta.replace("size=2", "size=3").as_bytes())], 0, &[message]);
    check(&[("w.tgz.meta", meta.as_bytes())], 0, &[]);
    check(&[("x.png", b"x"), ("x.png.meta", b"guid: 1")], 0, &[]);
}

#[test]
fn the_list_is_held_to_the_artifacts_name_and_its_own_meta_file() {
    let list = format!("SHA256(./a.whl)= {}\n", hex(b"a"));
    let windows = list.replace('\n', "\r\n");
    let digest = hex(list.as_bytes());
    let judge = |name: &str, list: &str, meta: &str| {
        let list: (&str, &[u8]) = ("CHECKSUMS.sha256", list.as_bytes());
        let files = [("a.whl", &b"a"[..]), list, ("CHECKSUMS.sha256.meta", meta.as_bytes())];
        let custody = prove(&[holding(name, &files)], true);
        assert!(custody.verdicts[0][1].is_record && custody.verdicts[0][2].is_record);
        custody.findings.iter().map(|finding| finding.check).collect::<Vec<_>>()
    };
    let good = format!("wheels-{digest}");
    assert!(judge(&good, &list, &format!("{digest}\n")).is_empty());
    assert!(judge(&good, &windows, &digest).is_empty(), "line ends of Windows do not count");
    let other = hex(b"other");
    assert_eq!(judge(&format!("wheels-{other}"), &list, &digest), ["collect/meta-checksum"]);
    assert_eq!(judge(&good, &list, &other), ["collect/meta-checksum"]);
    assert_eq!(judge(&good, &list, "short"), ["collect/bad-checksum-file"]);
}

#[test]
fn every_file_needs_a_proof_where_that_is_asked_for() {
    let list = format!("{}  a.whl\n", hex(b"a"));
    let listed = holding("wheels", &[("a.whl", b"a"), ("SHA256SUMS", list.as_bytes())]);
    let bare = holding("docs", &[("index.html", b"i"), ("logo.png", b"l")]);
    assert!(prove(&[listed.clone(), bare.clone()], false).findings.is_empty());
    assert_eq!(
        told(&prove(&[listed, bare.clone()], true).findings),
        ["collect/no-checksum docs: no text of its producer states a digest of `index.html`, `logo.png`"]
    );
    let found = told(&prove(std::slice::from_ref(&bare), true).findings);
    assert_eq!(found, ["collect/nothing-verified all: no file of `docs` has one"]);
    // One file that is no archive: GitHub's digest is its own.
    let mut raw = holding("tool", &[("tool", b"t")]);
    raw.sha256 = Some(Sha256::of(b"t"));
    assert!(prove(&[raw], true).findings.is_empty());
}

fn artifact(name: &str) -> Artifact {
    let file_name: FileName = name.parse().expect("a file name");
    let kind = Distribution::of_file_name(&file_name).map_or(ArtifactKind::Other, ArtifactKind::Distribution);
    Artifact::new(file_name, Hashes::of(name.as_bytes()), kind)
}

fn manifest(tag: &str, names: &[&str]) -> Manifest {
    let origin = Origin { tag: Some(tag.parse().expect("a tag")), commit: None };
    Manifest::new(origin, names.iter().map(|name| artifact(name)).collect()).expect("a release")
}

const LINUX: &str = "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl";
const MACOS: &str = "a-1.0-cp312-cp312-macosx_11_0_arm64.whl";

#[test]
fn a_manifest_alone_in_its_artifact_speaks_of_the_others() {
    let text = manifest_v1::to_json(&manifest("v1.0", &[LINUX, MACOS]));
    let alone = holding("manifest", &[("manifest.json", text.as_bytes())]);
    let files = |name, file: &str| holding(name, &[(file, file.as_bytes())]);
    let (linux, macos) = (files("linux", LINUX), files("macos", MACOS));
    let custody = prove(&[linux.clone(), alone.clone(), macos], true);
    assert_eq!(told(&custody.findings), [""; 0]);
    assert_eq!(custody.manifests.len(), 1);
    let found = told(&prove(&[linux, alone], false).findings);
    assert_eq!(
        found,
        [format!("collect/listed-absent manifest manifest.json: the artifacts have no `{MACOS}`")]
    );
}

#[test]
fn a_manifest_of_another_program_is_a_file_like_others() {
    let custody =
        prove(&[holding("docs", &[("manifest.json", br#"{"name": "app", "schema": "x"}"#)])], false);
    assert!(custody.findings.is_empty() && !custody.verdicts[0][0].is_record);
    let bad = br#"{"schema": "release-action/manifest/v1", "tag": 1}"#;
    let custody = prove(&[holding("docs", &[("manifest.json", bad)])], false);
    assert!(custody.verdicts[0][0].is_record);
    assert!(
        told(&custody.findings)[0]
            .starts_with("collect/bad-checksum-file docs manifest.json: it is not JSON")
    );
}

fn placed(names: &[&str]) -> Vec<CollectedFile> {
    let source = Source {
        workflow: "w.yml".into(),
        run_id: 1,
        run_attempt: None,
        artifact: "a".into(),
        artifact_id: 1,
        artifact_sha256: None,
        member: String::new(),
    };
    let file = |name: &&str| {
        let Artifact { size_bytes, sha256, kind, .. } = artifact(name);
        let path = format!("dist/{name}");
        CollectedFile { path, size_bytes, sha256, kind, source: source.clone(), proofs: Vec::new() }
    };
    names.iter().map(file).collect()
}

#[test]
fn manifests_of_a_matrix_become_one() {
    let parts = [
        ("linux/m".to_owned(), manifest("v1.0", &[LINUX])),
        ("macos/m".to_owned(), manifest("v1.0", &[MACOS])),
    ];
    let asked = Origin::default();
    let merged = merge(&parts, &asked, &placed(&[LINUX, MACOS])).expect("they agree").expect("one");
    assert_eq!(merged, manifest("v1.0", &[LINUX, MACOS]));
    for other in [&[LINUX][..], &[LINUX, MACOS, "a-1.0.tar.gz"]] {
        assert_eq!(merge(&parts, &asked, &placed(other)), Ok(None), "{other:?}");
    }
}

#[test]
fn manifests_of_two_releases_are_told_apart() {
    let (one, two) = (manifest("v1.0", &[LINUX]), manifest("v1.1", &["a-1.1.tar.gz"]));
    let parts = [("linux/m".to_owned(), one), ("macos/m".to_owned(), two)];
    let asked = Origin { tag: Some("v1.0".parse().expect("a tag")), commit: None };
    let findings = merge(&parts, &asked, &placed(&[LINUX])).expect_err("they differ");
    assert_eq!(
        told(&findings),
        [
            "collect/manifests-differ macos/m: its tag is `v1.1`, and that of this run is `v1.0`",
            "collect/manifests-differ macos/m: its version is `1.1`, and that of linux/m is `1.0`",
        ]
    );
}
