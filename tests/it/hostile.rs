//! Distributions made to hurt: the real program refuses each with exit code 1, within bounds of time and memory.

mod containers;
mod texts;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::program::Program;
use release_action::archive::Limits;
use release_action::archive::build::{SdistBuilder, TarEntry, WheelBuilder, ZipEntry, ZipImage};

/// What the whole process may hold, in KiB: its threads' stacks and everything it allocates.
const MEMORY_KIB: u64 = 120_000;

/// What the whole process may compute, in seconds; an unoptimised build needs some for millions of lines.
const CPU_SECONDS: u32 = 20;

/// How long that may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const DIST_INFO: &str = "sample-1.0.dist-info";

/// Runs `validate-wheels` on one file, which it must refuse, and answers what it said.
fn refused(what: &str, file: (String, Vec<u8>)) -> String {
    let (code, said) = ended(what, file);
    assert_eq!(code, 1, "{what}:\n{}", start(&said));
    said
}

/// Runs `validate-wheels` on one file, under the system's own bounds for memory and work, and answers how it ended
/// (with 0 or 1) and what it said.
fn ended(what: &str, (file_name, bytes): (String, Vec<u8>)) -> (i32, String) {
    let folder = place(what);
    std::fs::write(folder.join(&file_name), bytes).expect("written");
    let began = Instant::now();
    let output = under_limit(&folder, &file_name);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let code = output.status.code().filter(|code| [0, 1].contains(code));
    let code = code.unwrap_or_else(|| panic!("{what}: {:?}\n{}", output.status, start(&said)));
    assert!(!said.contains("panicked"), "{what}:\n{}", start(&said));
    assert!(began.elapsed() < PATIENCE, "{what} took {:?}", began.elapsed());
    assert!(said.len() < 1 << 20, "{what}: {} bytes of log", said.len());
    (code, said)
}

fn start(said: &str) -> String {
    said.chars().take(4000).collect()
}

/// A folder of its own, which stays for whoever wants to try the file by hand.
fn place(what: &str) -> std::path::PathBuf {
    let name: String = what.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name: String = name.trim_matches('-').to_owned();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).expect("target/tmp is ours");
    folder
}

fn under_limit(folder: &Path, file_name: &str) -> std::process::Output {
    // Writable memory is what `ulimit -d` counts on Linux; an allocation beyond it ends the program with a signal,
    // as does a second of work beyond `ulimit -t`.
    Command::new("sh")
        .args(["-c", "ulimit -d \"$0\" && ulimit -t \"$1\" && shift && exec \"$@\""])
        .args([MEMORY_KIB.to_string(), CPU_SECONDS.to_string()])
        .args([env!("CARGO_BIN_EXE_release-action"), "validate-wheels", file_name])
        .env_clear()
        .env("TOKIO_WORKER_THREADS", "2")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell")
}

fn wheel(edit: impl Fn(&mut ZipImage) + Send + Sync + 'static) -> (String, Vec<u8>) {
    let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
    builder.edit_zip(edit);
    let (file_name, bytes) = builder.build();
    (file_name.to_string(), bytes)
}

/// A wheel whose three texts are as long as they may be and consist of `piece` over and over.
fn wheel_of_texts(piece: &'static [u8]) -> (String, Vec<u8>) {
    wheel(move |zip| {
        let limits = Limits::default();
        for (file, limit) in
            [("METADATA", limits.text_bytes), ("WHEEL", limits.text_bytes), ("RECORD", limits.record_bytes)]
        {
            let path = format!("{DIST_INFO}/{file}");
            let length = usize::try_from(limit).expect("some megabytes");
            let text: Vec<u8> = piece.iter().copied().cycle().take(length).collect();
            zip.entries.retain(|entry| entry.central.name != path.as_bytes());
            zip.entries.push(ZipEntry::file(&path, &text, 0o644));
        }
    })
}

#[test]
fn texts_of_nothing_but_structure_take_no_more_memory_than_they_are_long() {
    let pieces: [&[u8]; 12] = [
        b"\n", b"a:\n", b"a\n", b",", b",,\n", b",,,\n", b"\"", b"\"\"\n", b"\xff", b"a: b\n ", b"\r",
        b"a,b,c\n",
    ];
    for (number, piece) in pieces.into_iter().enumerate() {
        let (file_name, bytes) = wheel_of_texts(piece);
        assert!(bytes.len() < 200_000, "a small file is enough: {}", bytes.len());
        refused(&format!("texts {number} of {:?}", String::from_utf8_lossy(piece)), (file_name, bytes));
    }
}

/// Empty files, called by their numbers.
fn empty_entries(count: usize) -> Vec<ZipEntry> {
    (0..count).map(|number| ZipEntry::file(&number.to_string(), b"", 0o644)).collect()
}

#[test]
fn as_many_members_as_may_be_take_bounded_memory() {
    // More need the ZIP64 form, and are no cheaper.
    let count = 65_000;
    assert!(Limits::default().members < 2 * count);
    refused("empty members", wheel(move |zip| zip.entries.extend(empty_entries(count))));
}

#[test]
fn headers_as_long_as_may_be_take_bounded_memory() {
    // Fields of the one kind whose contents are kept, each as short as it can be.
    let extra = [0x75, 0x70, 0, 0].repeat(0xffff / 4);
    let count = usize::try_from(Limits::default().header_bytes).expect("megabytes") / (1 << 16) - 1;
    refused(
        "extra fields",
        wheel(move |zip| {
            let mut entries = empty_entries(count);
            entries.iter_mut().for_each(|entry| entry.both(|header| header.extra = extra.clone()));
            zip.entries.extend(entries);
        }),
    );
    // Names that are no UTF-8 take three bytes as text for each of theirs.
    refused(
        "long names",
        wheel(move |zip| {
            let mut entries = empty_entries(count);
            entries.iter_mut().for_each(|entry| entry.both(|header| header.name = vec![0xff; 0xfff0]));
            zip.entries.extend(entries);
        }),
    );
}

#[test]
fn members_that_all_share_one_header_are_refused_at_once() {
    refused(
        "one header",
        wheel(|zip| {
            let mut entries = empty_entries(50_000);
            entries.iter_mut().for_each(|entry| entry.offset = Some(0));
            zip.entries.extend(entries);
        }),
    );
}

fn sdist(entries: impl Fn() -> Vec<TarEntry> + Send + Sync + 'static) -> (String, Vec<u8>) {
    let mut builder = SdistBuilder::new("sample", "1.0");
    builder.edit_tar(move |tar| tar.entries.extend(entries()));
    let (file_name, bytes) = builder.build();
    (file_name.to_string(), bytes)
}

#[test]
fn a_hundred_thousand_top_level_folders_do_not_take_for_ever() {
    let said = refused(
        "folders",
        sdist(|| (0..99_000).map(|number| TarEntry::file(&format!("{number}/x"), "")).collect()),
    );
    assert!(said.contains("sdist/root"), "{said}");
}

#[test]
fn long_paths_of_an_sdist_take_bounded_memory() {
    let path = "\u{e9}".repeat(500_000);
    refused(
        "paths",
        sdist(move || {
            let member = |number: usize| {
                let path = format!("{number}/{path}");
                [
                    TarEntry::pax(&[("path", path.as_str()), ("linkpath", path.as_str())][..1]),
                    TarEntry::file("x", ""),
                ]
            };
            (0..15).flat_map(member).collect()
        }),
    );
}

#[test]
fn a_thousand_headers_in_a_row_are_read_once_each() {
    refused("headers", sdist(|| (0..100_000).map(|_| TarEntry::pax(&[("path", "x")])).collect()));
}

#[cfg(unix)]
#[test]
fn a_link_to_a_secret_never_becomes_a_file_of_the_release() {
    let folder = tempfile::tempdir().expect("a folder");
    let [assets, manifest] = ["assets", "manifest"].map(|name| folder.path().join(name));
    std::fs::create_dir(&assets).expect("made");
    std::fs::write(folder.path().join("credentials"), "secret").expect("written");
    std::os::unix::fs::symlink("../credentials", assets.join("NOTICE")).expect("linked");
    let packages = folder.path().join("packages");
    std::fs::create_dir(&packages).expect("made");
    let (file_name, bytes) = WheelBuilder::new("sample", "1.0", "py3", "none", "any").build();
    std::fs::write(packages.join(file_name.as_str()), bytes).expect("written");
    let outcome = Program::mode("validate-wheels")
        .flag("packages-dir", &packages)
        .flag("assets-dir", &assets)
        .flag("manifest-dir", &manifest)
        .run()
        .expect_code(1);
    assert!(outcome.finds("set/unsafe-asset", "NOTICE"), "{}", outcome.told());
    assert!(!manifest.join("manifest.json").exists());
}
