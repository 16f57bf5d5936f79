//! Lists of checksums, against the tools of the machine: they write what we read, and read what we write.

use std::fs;
use std::path::Path;
use std::process::Command;

use release_action::archive::Limits;
use release_action::archive::checksums::{self, Format};
use release_action::model::digest::Sha256;

use crate::support::tools::or_skip;

const FILES: [&str; 4] = ["a.whl", "dist/b (1).tar.gz", "dist/c)= d", "dist/ä"];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("dist")).expect("made");
    for file in FILES {
        fs::write(folder.path().join(file), file).expect("written");
    }
    folder
}

/// Runs a tool in `folder`; nothing, said aloud, where the machine has none.
fn run(folder: &Path, tool: &str, arguments: &[&str]) -> Option<std::process::Output> {
    or_skip(tool, Command::new(tool).args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8").output())
}

/// What a tool writes about the files is read, whole and in its order.
fn check_written(tool: &str, arguments: &[&str], format: Format) {
    let folder = folder();
    let files = FILES.map(|file| format!("./{file}"));
    let arguments: Vec<_> = arguments.iter().copied().chain(files.iter().map(String::as_str)).collect();
    let Some(output) = run(folder.path(), tool, &arguments) else { return };
    assert!(output.status.success(), "{tool} {arguments:?}");
    let windows = String::from_utf8(output.stdout.clone()).expect("text").replace('\n', "\r\n");
    for text in [output.stdout, windows.into_bytes()] {
        let read = checksums::parse(&text, &Limits::default()).expect("it is a list");
        assert_eq!(read.format, format);
        let found: Vec<_> = read.lines.iter().map(|line| (line.path.as_str(), line.sha256)).collect();
        assert_eq!(found, FILES.map(|file| (file, Sha256::of(file.as_bytes()))), "{tool} {arguments:?}");
    }
}

/// What we write about the files is borne out by a tool, and one flipped digit is not.
fn check_read(tool: &str, arguments: &[&str], format: Format) {
    let folder = folder();
    let lines = FILES.map(|file| format.line(file, &Sha256::of(file.as_bytes())) + "\n");
    let list = lines.concat();
    let digit = list.find(&Sha256::of(FILES[0].as_bytes()).to_string()).expect("it is in the list");
    let flipped = if list.as_bytes()[digit] == b'0' { "1" } else { "0" };
    let mut wrong = list.clone();
    wrong.replace_range(digit..=digit, flipped);
    for (list, is_good) in [(list, true), (wrong, false)] {
        fs::write(folder.path().join("list"), &list).expect("written");
        let Some(output) = run(folder.path(), tool, &[arguments, &["list"]].concat()) else { return };
        assert_eq!(output.status.success(), is_good, "{tool} says of\n{list}{output:?}");
    }
}

#[test]
fn what_coreutils_writes_is_read_and_what_is_written_it_reads() {
    for arguments in [&["--text"][..], &["--binary"]] {
        check_written("sha256sum", arguments, Format::Coreutils);
    }
    check_written("sha256sum", &["--tag"], Format::Bsd);
    for format in [Format::Coreutils, Format::Bsd] {
        check_read("sha256sum", &["--check", "--strict"], format);
    }
}

#[test]
fn what_shasum_writes_is_read_and_what_is_written_it_reads() {
    for arguments in [&["-a", "256"][..], &["-a", "256", "-b"]] {
        check_written("shasum", arguments, Format::Coreutils);
    }
    check_read("shasum", &["-a", "256", "--check"], Format::Coreutils);
}

#[test]
fn what_openssl_writes_is_read() {
    check_written("openssl", &["dgst", "-sha256"], Format::OpenSsl);
    check_written("openssl", &["dgst", "-sha256", "-r"], Format::Coreutils);
}

#[test]
fn names_that_coreutils_escapes_are_understood_and_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = if cfg!(unix) { "a\\b\nc" } else { return };
    fs::write(folder.path().join(name), "x").expect("written");
    for arguments in [&[name][..], &["--tag", name]] {
        let Some(output) = run(folder.path(), "sha256sum", arguments) else { return };
        let error =
            checksums::parse(&output.stdout, &Limits::default()).expect_err("no member has this path");
        assert!(error.to_string().contains("the path `a\\\\b\\nc` has a backslash"), "{error}");
    }
}
