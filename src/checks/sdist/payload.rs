//! What an sdist carries that nobody needs to build from source.

use std::collections::BTreeSet;

use super::super::{Check, Run, Sink};
use crate::archive::sdist::SdistFile;
use crate::archive::shown;
use crate::archive::tar::{Kind, Member};
use crate::report::{Rule, Severity};

const SDIST: &str = "source distribution format";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "sdist/built-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the sdist holds what was built from it, or an environment",
            explain: "Wheels, shared libraries, object files, virtual environments and folders of packages belong to \
                      the machine that made them. They make the archive large, and a build may take them for its \
                      own. Files below folders for tests are not told.",
            fix: "exclude the file from the sdist, and build it from a clean checkout",
            sources: &[SDIST],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: built_file,
            specimen: |sdist| {
                sdist.member("dist/sample-1.0-py3-none-any.whl", "PK");
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/payload",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the sdist carries many megabytes of pictures, films or archives",
            explain: "Everybody who builds from source downloads them, on every build, and the index keeps them for \
                      good. What shows a project belongs to its site.",
            fix: "exclude the folder from the sdist, or keep the files outside the repository",
            sources: &["PyPI, limits of file and project size"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: payload,
            specimen: |sdist| {
                sdist.member("demo/film.mp4", vec![0; 6 << 20]);
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/agent-files",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the sdist holds working files of coding agents",
            explain: "Logs of conversations, audits and plans were written for one person's desk. They may quote what \
                      was never meant to be published, and no build reads them.",
            fix: "exclude the folder from the sdist, after a look at what it tells",
            sources: &[SDIST],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: agent_files,
            specimen: |sdist| {
                sdist.member(".ai/audit/2026-01-01.md", "# What was done\n");
            },
        },
    },
];

/// Files with their paths below the folder around everything.
fn files(sdist: &SdistFile) -> impl Iterator<Item = (&Member, &str)> {
    let files = sdist.tar.members.iter().filter(|member| member.kind == Kind::File);
    files.filter_map(|member| Some((member, member.path.split_once('/')?.1)))
}

fn is_for_tests(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.to_ascii_lowercase();
        part.starts_with("test") || part.ends_with("tests") || part == "fixtures"
    })
}

fn extension(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.rsplit_once('.').map(|(_, extension)| extension)
}

/// The environment or output folder that the path leads through, by what is known to lie below such a one.
fn made_folder(path: &str) -> Option<&'static str> {
    let (mut parts, top) = (path.split('/'), path.split('/').next()?);
    parts.next_back();
    if let Some(part) =
        parts.find(|part| matches!(*part, "node_modules" | ".venv" | ".tox" | ".nox" | ".eggs"))
    {
        return ["node_modules", ".venv", ".tox", ".nox", ".eggs"].into_iter().find(|known| *known == part);
    }
    let below = path.get(top.len() + 1..)?;
    match top {
        "build" if ["lib/", "lib.", "temp.", "bdist."].iter().any(|start| below.starts_with(start)) => {
            Some("build")
        }
        "target" if ["debug/", "release/", "wheels/"].iter().any(|start| below.starts_with(start)) => {
            Some("target")
        }
        "dist" if [".tar.gz", ".whl"].iter().any(|end| below.ends_with(end)) => Some("dist"),
        "venv" if below.starts_with("bin/") || below.starts_with("lib/") || below == "pyvenv.cfg" => {
            Some("venv")
        }
        _ => None,
    }
}

fn built_file(sdist: &SdistFile, sink: &mut Sink<'_>) {
    const BUILT: [&str; 13] =
        ["whl", "egg", "so", "pyd", "dll", "dylib", "o", "obj", "a", "lib", "exe", "class", "rlib"];
    let mut told = BTreeSet::new();
    for (member, path) in files(sdist).filter(|(_, path)| !is_for_tests(path)) {
        if let Some(folder) = made_folder(path) {
            if told.insert(folder) {
                sink.at(&member.path, format_args!("`{folder}` is what a tool made on one machine"));
            }
        } else if extension(path).is_some_and(|extension| BUILT.contains(&extension)) {
            sink.at(&member.path, "it was built, and is no source");
        }
    }
}

const MEDIA: [&str; 30] = [
    "mp4", "mov", "mkv", "webm", "avi", "gif", "png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "psd",
    "mp3", "wav", "ogg", "flac", "pdf", "pptx", "tar", "tgz", "gz", "bz2", "xz", "zst", "zip", "7z", "iso",
    "cast",
];
const MOST_MEDIA_BYTES: u64 = 5 << 20;

fn payload(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let media = files(sdist).filter(|(_, path)| {
        extension(path).is_some_and(|extension| MEDIA.contains(&extension.to_ascii_lowercase().as_str()))
    });
    // Pictures of a large project's documentation are no payload.
    let all_bytes: u64 = files(sdist).map(|(member, _)| member.size_bytes).fold(0, u64::saturating_add);
    let (mut bytes, mut count, mut largest) = (0_u64, 0, None::<&Member>);
    for (member, _) in media {
        bytes = bytes.saturating_add(member.size_bytes);
        count += 1;
        if largest.is_none_or(|largest| member.size_bytes > largest.size_bytes) {
            largest = Some(member);
        }
    }
    if let Some(largest) = largest.filter(|_| bytes > MOST_MEDIA_BYTES && bytes > all_bytes / 4) {
        let (megabytes, own) = (bytes / 1_000_000, largest.size_bytes / 1_000);
        sink.at(
            &largest.path,
            format_args!(
                "pictures, films and archives take {megabytes} MB in {count} files; this one takes {own} kB"
            ),
        );
    }
}

fn agent_files(sdist: &SdistFile, sink: &mut Sink<'_>) {
    const FOLDERS: [&str; 12] = [
        ".agents",
        ".ai",
        ".aider",
        ".audit",
        ".claude",
        ".codex",
        ".continue",
        ".cursor",
        ".gemini",
        ".opencode",
        ".specstory",
        ".windsurf",
    ];
    let mut told = BTreeSet::new();
    for (member, path) in files(sdist) {
        let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
        let own = folders.split('/').find(|folder| FOLDERS.contains(folder));
        let own = own.or_else(|| path.split('/').next().filter(|top| top.starts_with(".aider.")));
        if let Some(folder) = own
            && told.insert(folder)
        {
            sink.at(&member.path, format_args!("`{}` is the folder or file of an agent", shown(folder)));
        }
    }
}
