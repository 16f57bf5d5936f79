//! `compare-with`: a second build, compared file by file and member by member by the real program.

use std::fs;
use std::path::Path;

use release_action::archive::build::{SdistBuilder, WheelBuilder, ZipEntry, ZipImage};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::program::{Outcome, Program};
use crate::support::world::{ReleaseFile, write_files};

const CONTENTS: &str = "reproducible/other-contents";
const PACKING: &str = "reproducible/other-packing";
const ONE_SIDED: &str = "reproducible/only-in-one";
const SUMMARY: &str = "reproducible/compared";
const NOTHING: &str = "reproducible/nothing-compared";

const WHEEL: &str = "sample-1.0-py3-none-any.whl";
const SDIST: &str = "sample-1.0.tar.gz";

fn wheel(edit: impl FnOnce(&mut WheelBuilder)) -> ReleaseFile {
    let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
    edit(&mut builder);
    let (name, bytes) = builder.build();
    (name.to_string(), bytes)
}

fn sdist(edit: impl FnOnce(&mut SdistBuilder)) -> ReleaseFile {
    let mut builder = SdistBuilder::new("sample", "1.0");
    edit(&mut builder);
    let (name, bytes) = builder.build();
    (name.to_string(), bytes)
}

/// The same wheel, with this done to its container.
fn repacked(edit: impl Fn(&mut ZipImage) + Send + Sync + 'static) -> ReleaseFile {
    wheel(|wheel| {
        wheel.edit_zip(edit);
    })
}

fn good() -> Vec<ReleaseFile> {
    vec![wheel(|_| {}), sdist(|_| {})]
}

/// Two builds in folders of their own.
fn builds(first: &[ReleaseFile], second: &[ReleaseFile]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_files(&folder.path().join("dist"), first);
    write_files(&folder.path().join("again"), second);
    folder
}

fn program(folder: &Path) -> Program {
    Program::mode("validate-wheels").current_dir(folder).input("compare-with", "again")
}

fn compared(first: &[ReleaseFile], second: &[ReleaseFile], code: i32) -> Outcome {
    program(builds(first, second).path()).run().expect_code(code)
}

/// Rule, file, member, message and hint of what was found about reproducibility.
fn found(outcome: &Outcome) -> Vec<[String; 5]> {
    let findings = outcome.report["findings"].as_array().expect("a list");
    let of = |finding: &Value| {
        ["check", "file", "member", "message", "hint"]
            .map(|key| finding[key].as_str().unwrap_or_default().to_owned())
    };
    findings.iter().map(of).filter(|[check, ..]| check.starts_with("reproducible/")).collect()
}

/// The one finding about the wheel, when its second build is `second`.
#[track_caller]
fn about(second: ReleaseFile) -> [String; 5] {
    let outcome = compared(&good(), &[second, sdist(|_| {})], 0);
    let mut found = found(&outcome);
    assert_eq!(found.len(), 2, "{}", outcome.told());
    assert_eq!(
        (found[0][0].as_str(), found[0][3].as_str()),
        (SUMMARY, "1 of 2 files are the same in both builds, byte for byte")
    );
    let finding = found.swap_remove(1);
    assert_eq!(finding[1], format!("dist/{WHEEL}"));
    finding
}

#[test]
fn the_same_bytes_are_a_note_and_no_warning() {
    let outcome = compared(&good(), &good(), 0);
    let found = found(&outcome);
    assert_eq!(found.len(), 1, "{}", outcome.told());
    assert_eq!(
        (found[0][0].as_str(), found[0][3].as_str()),
        (SUMMARY, "2 of 2 files are the same in both builds, byte for byte")
    );
    assert_eq!(outcome.output("warnings"), "0");
    let alone =
        Program::mode("validate-wheels").current_dir(builds(&good(), &[]).path()).run().expect_code(0);
    assert!(self::found(&alone).is_empty(), "nothing is compared unless it was asked for: {}", alone.told());
}

#[test]
fn other_contents_are_told_with_their_members() {
    let [rule, _, member, message, hint] = about(wheel(|wheel| {
        wheel.member("sample/built.py", "AT = 1\n").member("sample/__init__.py", "AT = 2\n");
    }));
    assert_eq!((rule.as_str(), member.as_str()), (CONTENTS, "sample/built.py"));
    assert_eq!(
        message,
        format!(
            "it is not the same in `again/{WHEEL}`: `sample/built.py` is in the second build only; `sample/__init__.py` has other contents"
        )
    );
    assert!(hint.contains("diffoscope"), "{hint}");
}

#[test]
fn times_alone_are_told_as_such_with_the_variable_that_helps() {
    let [rule, _, member, message, hint] = about(repacked(|image| {
        image.entries.iter_mut().for_each(|entry| entry.both(|header| header.modified += 32));
    }));
    assert_eq!(rule, PACKING);
    assert!(message.contains("members have other times (`sample/__init__.py`"), "{message}");
    assert!(!message.contains("contents"), "{message}");
    assert_eq!(member, "sample/__init__.py");
    assert!(hint.contains("`SOURCE_DATE_EPOCH`"), "{hint}");
}

#[test]
fn other_packing_is_told_by_its_kind() {
    let kind = |edit: fn(&mut ZipImage), said: &str, advised: &str| {
        let [rule, _, _, message, hint] = about(repacked(edit));
        assert!(rule == PACKING && message.contains(said) && hint.contains(advised), "{message}\n{hint}");
    };
    let mode = |image: &mut ZipImage| image.entry("sample/__init__.py").attributes |= 0o20 << 16;
    kind(mode, "`sample/__init__.py` has other permissions", "umask");
    kind(|image| image.entries.reverse(), "stand in another order", "sort");
    kind(|image| image.comment = b"built by me".to_vec(), "the bytes around them are not", "");
    let stored = |image: &mut ZipImage| {
        let metadata = image.entry("sample-1.0.dist-info/METADATA");
        let plain = ZipEntry::file("x", b"", 0o644);
        assert_eq!((plain.data.len(), metadata.central.method), (0, 8), "the text is deflated");
        metadata.data.extend([0; 3]);
        let packed_bytes = metadata.central.packed_bytes + 3;
        metadata.both(|header| header.packed_bytes = packed_bytes);
    };
    kind(stored, "`sample-1.0.dist-info/METADATA` is compressed otherwise", "zlib");
}

#[test]
fn sdists_are_compared_member_by_member_too() {
    let second = [
        wheel(|_| {}),
        sdist(|sdist| {
            sdist.edit_tar(|tar| tar.entries.iter_mut().for_each(|entry| entry.modified += 1));
        }),
    ];
    let outcome = compared(&good(), &second, 0);
    let found = found(&outcome);
    let [rule, file, _, message, hint] = &found[1];
    assert_eq!((rule.as_str(), file.as_str()), (PACKING, &*format!("dist/{SDIST}")));
    assert!(message.contains("have other times") && hint.contains("SOURCE_DATE_EPOCH"), "{message} {hint}");
}

#[test]
fn files_of_one_build_only_are_told_on_both_sides() {
    let other = WheelBuilder::new("sample", "1.0", "cp312", "none", "any").build();
    let second = [wheel(|_| {}), (other.0.to_string(), other.1)];
    let outcome = compared(&good(), &second, 0);
    let one_sided: Vec<_> = found(&outcome).into_iter().filter(|[check, ..]| check == ONE_SIDED).collect();
    let files: Vec<_> = one_sided.iter().map(|[_, file, ..]| file.as_str()).collect();
    assert_eq!(
        files,
        ["again/sample-1.0-cp312-none-any.whl", &format!("dist/{SDIST}")],
        "{}",
        outcome.told()
    );
}

#[test]
fn a_policy_makes_the_difference_stop_the_run() {
    let folder = builds(
        &good(),
        &[wheel(|wheel| {
            wheel.member("sample/built.py", "");
        })],
    );
    let manifest = folder.path().join("release-manifest");
    for (input, value) in [("fail-on", "reproducible"), ("fail-on", CONTENTS), ("strict", "true")] {
        program(folder.path()).input(input, value).run().expect_code(1);
        assert!(!manifest.exists(), "{input}");
    }
    let ignored =
        program(folder.path()).input("strict", "true").input("ignore", "reproducible").run().expect_code(0);
    assert!(manifest.exists() && found(&ignored).is_empty(), "{}", ignored.told());
}

#[test]
fn a_second_build_without_anything_to_compare_is_no_success() {
    for second in
        [&[][..], &[("sample-2.0.tar.gz".to_owned(), b"x".to_vec())], &[("notes.txt".into(), b"x".to_vec())]]
    {
        let outcome = compared(&good(), second, 1);
        assert!(outcome.finds(NOTHING, ""), "{}", outcome.told());
    }
    let folder = builds(&good(), &[]);
    let outcome = program(folder.path()).input("ignore", "reproducible").run().expect_code(1);
    assert!(outcome.finds(NOTHING, ""), "it cannot be ignored: {}", outcome.told());
}

#[test]
fn folders_that_cannot_be_compared_are_typed_wrong() {
    let folder = builds(&good(), &good());
    for (given, said) in [
        ("nowhere", "a folder that does not exist"),
        ("dist", "compared with itself"),
        ("again/../dist/.", "compared with itself"),
    ] {
        let outcome = program(folder.path()).input("compare-with", given).run().expect_code(64);
        assert!(outcome.stderr.contains(said), "{given}: {}", outcome.told());
    }
}

#[test]
fn a_hostile_second_build_is_told_and_costs_no_time() {
    let bomb = repacked(|image| {
        let mut entry = ZipEntry::file("sample/zeros", &vec![0; 1 << 20], 0o644);
        entry.both(|header| header.size_bytes = u32::MAX - 1);
        image.entries.push(entry);
    });
    for (second, said) in [
        (bomb.1, "in the second build: "),
        (b"PK\x03\x04 no archive".to_vec(), "in the second build: "),
        (Vec::new(), "in the second build: "),
    ] {
        let [rule, _, _, message, _] = about((WHEEL.to_owned(), second));
        assert!(rule == CONTENTS && message.contains(said), "{message}");
    }
    let evil = "sample/\u{1b}[31m\n::error::x.py";
    let [rule, _, _, message, _] = about(wheel(|wheel| {
        wheel.member(evil, "");
    }));
    assert_eq!(rule, CONTENTS);
    assert!(!message.contains(['\u{1b}', '\n']), "{message:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_second_folder_is_an_error_and_is_not_waited_for() {
    let folder = builds(&good(), &[sdist(|_| {})]);
    let path = folder.path().join("again").join(WHEEL);
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("it is part of every Unix");
    assert!(made.success());
    let outcome = program(folder.path()).run().expect_code(2);
    assert!(outcome.told().contains("cannot be read"), "{}", outcome.told());
    fs::remove_file(&path).expect("it is there");
}
