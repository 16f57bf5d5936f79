//! What a release is to hold: the files that were vetted, further ones, and the records about them, each under the
//! name that the page is to show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bytes::Bytes;

use super::assets;
use super::stored_name::stored_name;
use crate::model::artifact::{Artifact, ArtifactKind, FileName};
use crate::model::digest::{Hashes, Sha256};
use crate::model::rename::{Filling, NameGlob, NoTarget, StoredAs};
use crate::model::tag::Tag;
use crate::modes::release_set::checksums_of;
use crate::native::target::{HEAD_BYTES, Target};
use crate::remote::disk::bound::BoundManifest;
use crate::remote::disk::gather::Line;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::remote::github::upload::Content;
use crate::report::{Finding, Report, Rule, Severity};

/// What validate-wheels calls its list of digests, and the page too unless a line of `rename` says otherwise.
const CHECKSUMS: &str = "SHA256SUMS";

/// What signs or proves a file stands beside it under its name with one of these behind it, and is renamed with it.
const COMPANIONS: [&str; 10] = [
    ".asc",
    ".sig",
    ".minisig",
    ".sigstore",
    ".sigstore.json",
    ".pem",
    ".crt",
    ".sha256",
    ".intoto.jsonl",
    ".publish.attestation",
];

pub(super) const NO_FILE: Rule = Rule {
    id: "release/no-file",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A line of `files` names no file",
    explain: "A release without some of its files looks like a whole one, so each line has to match something. \
              Patterns pass over folders and hidden files; `*` stays within a folder, `**` does not.",
    fix: "correct the line, or find out why the build did not leave the file there",
    sources: &[
        "incident: a release went out without its files, because a pattern that matched nothing was no error",
    ],
    since: "0.1.0",
};

pub(super) const LINK: Rule = Rule {
    id: "release/link",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A line of `files` reaches a file through a link that leads out of its folder",
    explain: "What is on a release page is for everybody. A link that leads elsewhere could publish a key or a token \
              of the machine that releases; it takes one line in a pull request to make one.",
    fix: "copy the file to where the link is (`cp -L`), or name the file itself",
    sources: &["design: what is published was meant to be published"],
    since: "0.1.0",
};

pub(super) const NAME: Rule = Rule {
    id: "release/asset-name",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file cannot be stored under the name that it has or would get",
    explain: "A name that some system takes for a path, a device or a control sequence (`/`, `:`, `\\`, control \
              characters, a space or dot at its end) cannot be fetched everywhere. With `{os}` or `{arch}` in \
              its name a file has to be a program: ELF, Mach-O or PE.",
    fix: "rename the file, or correct the line of `rename` (`GLOB -> TEMPLATE` is about the files that the glob matches)",
    sources: &["Microsoft: naming files, paths and namespaces"],
    since: "0.1.0",
};

/// What the user wants a release to hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// Further files: paths and patterns.
    pub(crate) files: Vec<String>,
    /// What files are called on the page; the first line that is about a file counts.
    pub(crate) rename: Vec<StoredAs>,
    /// Which records of validate-wheels go there.
    pub(crate) attach: Vec<Attached>,
    /// Everything that has to be there before it is whole, whoever attaches it.
    pub(crate) expect: Vec<NameGlob>,
}

/// A record that may go to the release page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attached {
    /// The manifest.
    Manifest,
    /// The list of digests.
    Checksums,
    /// No record.
    None,
}

/// A text that names no record.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of `manifest`, `checksums` and `none`")]
pub(crate) struct AttachedError(String);

impl FromStr for Attached {
    type Err = AttachedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "manifest" => Ok(Self::Manifest),
            "checksums" => Ok(Self::Checksums),
            "none" => Ok(Self::None),
            _ => Err(AttachedError(text.chars().take(60).collect())),
        }
    }
}

impl fmt::Display for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manifest => "manifest",
            Self::Checksums => "checksums",
            Self::None => "none",
        })
    }
}

/// A file that the release is to hold: what it is called and how it reads, and where its bytes are.
#[derive(Clone, Debug)]
pub(super) struct Desired {
    /// The file, under the name that it is to have on the page.
    pub(super) artifact: Artifact,
    /// Its bytes.
    pub(super) content: Content,
}

impl Desired {
    /// A file on the disk.
    pub(super) const fn file(artifact: Artifact, path: PathBuf) -> Self {
        Self { artifact, content: Content::File(path) }
    }

    /// A text that was made here.
    pub(super) fn text(file_name: FileName, text: String) -> Self {
        let artifact = Artifact::new(file_name, Hashes::of(text.as_bytes()), ArtifactKind::Other);
        Self { artifact, content: Content::Bytes(Bytes::from(text)) }
    }

    /// Where it comes from, for people.
    pub(super) fn source(&self) -> String {
        match &self.content {
            Content::File(path) => path.display().to_string(),
            Content::Bytes(_) => format!("{} (made here)", self.artifact.file_name),
        }
    }
}

/// What the release is called where files are named after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called<'a> {
    /// Its tag.
    pub(super) tag: &'a str,
    /// The version, as the tag spells it; empty where a tag names none.
    pub(super) version: &'a str,
}

impl<'a> Called<'a> {
    /// As the tag of a version has it.
    pub(super) fn of(tag: &'a Tag) -> Self {
        Self { tag: tag.as_str(), version: tag.written_version() }
    }
}

/// What this run is to attach.
#[derive(Debug)]
pub(super) struct Declared {
    /// The files, and the manifest where it goes along.
    pub(super) files: Vec<Desired>,
    /// The list of their digests, where it goes along. It is made when it is known what is kept of what the page has.
    pub(super) checksums: Option<Checksums>,
}

/// The list of digests that goes along.
#[derive(Debug)]
pub(super) struct Checksums {
    file_name: FileName,
    /// The one that validate-wheels left.
    path: PathBuf,
    /// The files that it is about, by number in [`Declared::files`].
    about: usize,
}

impl Checksums {
    /// The list about these files: the one that validate-wheels left if that says it all, else a new one with the names as
    /// they are stored. Of a file that the page keeps it has the digest that is there.
    pub(super) fn of(
        self,
        files: &[Desired],
        kept: &BTreeMap<FileName, Sha256>,
        disk: &DiskRead,
    ) -> Result<Desired, DiskError> {
        let Self { file_name, path, about } = self;
        let rows: BTreeMap<_, _> = files[..about]
            .iter()
            .map(|Desired { artifact, .. }| {
                let digest = kept.get(&artifact.file_name).copied().unwrap_or(artifact.sha256);
                (stored_name(artifact.file_name.as_str()), digest)
            })
            .collect();
        let mut text = String::new();
        for (name, digest) in rows {
            writeln!(text, "{digest}  {name}").expect("writing to a string cannot fail");
        }
        let left = disk.hashes(&path)?;
        if left == Hashes::of(text.as_bytes()) {
            return Ok(Desired::file(Artifact::new(file_name, left, ArtifactKind::Other), path));
        }
        Ok(Desired::text(file_name, text))
    }
}

/// A file before it is known what the page is to call it.
struct Named {
    artifact: Artifact,
    path: PathBuf,
}

impl Contents {
    /// The files that were vetted, and those that this adds to them. What stands against it goes to the report.
    pub(super) fn declared<'b>(
        &self,
        bound: impl Into<Option<&'b BoundManifest>>,
        manifest: Option<&Path>,
        release: Called<'_>,
        disk: &DiskRead,
        report: &mut Report,
    ) -> Result<Declared, DiskError> {
        let vetted = bound.into().into_iter().flat_map(BoundManifest::files);
        let mut all: Vec<_> = vetted
            .map(|(artifact, path)| Named { artifact: artifact.clone(), path: path.to_owned() })
            .collect();
        self.add_further(&mut all, disk, report)?;
        let about = all.len();
        let namer = Namer { rename: &self.rename, release, disk };
        let mut declared = Declared { files: namer.all(all, report)?, checksums: None };
        // A file that could not be named is told, and the list is not sent then.
        let about = about.min(declared.files.len());
        for attached in &self.attach {
            let (record, path) = match (attached, manifest) {
                (Attached::Manifest, Some(path)) => ("manifest.json", path.to_owned()),
                (Attached::Checksums, Some(path)) => (CHECKSUMS, checksums_of(path)),
                (Attached::None, _) | (_, None) => continue,
            };
            if !path.is_file() {
                continue;
            }
            let name = self.rename.iter().find(|line| line.names(record));
            let Some(file_name) = namer.name(name, record, &path, report)? else { continue };
            match attached {
                Attached::Checksums => declared.checksums = Some(Checksums { file_name, path, about }),
                _ => {
                    let artifact = Artifact::new(file_name, disk.hashes(&path)?, ArtifactKind::Other);
                    declared.files.push(Desired::file(artifact, path));
                }
            }
        }
        Ok(declared)
    }

    /// The files that the user names beside the vetted ones. One that is among those already is not added again.
    fn add_further(
        &self,
        all: &mut Vec<Named>,
        disk: &DiskRead,
        report: &mut Report,
    ) -> Result<(), DiskError> {
        let mut known: BTreeSet<_> = all.iter().map(|file| disk.resolved(&file.path)).collect();
        for line in &self.files {
            let paths = match disk.single_files(line)? {
                Line::Files(paths) => paths,
                Line::Folder => {
                    let hint = format!("name the files in it: `{}/*`", line.trim_end_matches(['/', '\\']));
                    report.push(NO_FILE.finding("it is a folder").in_file(line).hint(hint));
                    continue;
                }
                Line::Bad(why) => {
                    report.push(NO_FILE.finding(format!("it is no pattern: {why}")).in_file(line));
                    continue;
                }
            };
            if paths.is_empty() {
                report.push(NO_FILE.finding("nothing is there that it matches").in_file(line));
            }
            for path in paths {
                // A page has no room for more, which is found out anyway: nobody waits until all are read.
                if all.len() > assets::MOST_FILES {
                    return Ok(());
                }
                let resolved = disk.resolved(&path);
                if known.contains(&resolved) {
                    continue;
                }
                if disk.leads_out(&path)? || disk.leads_out_of_here(&path) {
                    let message = format!("it leads to `{}`", resolved.display());
                    report.push(LINK.finding(message).in_file(path.display().to_string()));
                    continue;
                }
                known.insert(resolved);
                all.extend(further(path, disk, report)?);
            }
        }
        Ok(())
    }
}

/// A further file, unless it cannot be sent.
fn further(path: PathBuf, disk: &DiskRead, report: &mut Report) -> Result<Option<Named>, DiskError> {
    let place = path.display().to_string();
    // Not worth reading: a file of 2 GiB takes a while.
    let size_bytes = disk.size_bytes(&path);
    if assets::is_too_large(size_bytes) {
        report.push(assets::SIZE.finding(format!("it has {size_bytes} bytes")).in_file(place));
        return Ok(None);
    }
    let hashes = disk.hashes(&path)?;
    let name = path.file_name().unwrap_or_default();
    match name.to_str().map(str::parse::<FileName>) {
        Some(Ok(name)) => {
            Ok(Some(Named { artifact: Artifact::new(name, hashes, ArtifactKind::Other), path }))
        }
        Some(Err(error)) => {
            report.push(NAME.finding(error.to_string()).in_file(place));
            Ok(None)
        }
        None => {
            report.push(NAME.finding("its name is no text in UTF-8").in_file(place));
            Ok(None)
        }
    }
}

/// Gives files the names that the page is to show.
struct Namer<'a> {
    rename: &'a [StoredAs],
    release: Called<'a>,
    disk: &'a DiskRead,
}

impl Namer<'_> {
    fn all(&self, files: Vec<Named>, report: &mut Report) -> Result<Vec<Desired>, DiskError> {
        let mut names = Vec::new();
        for Named { artifact, path } in &files {
            let name = artifact.file_name.as_str();
            // Installers and registries read the names of packages.
            let line = match artifact.is_package() {
                true => None,
                false => self.rename.iter().find(|line| line.is_for_all() || line.names(name)),
            };
            let of = files.iter().find(|other| is_companion(&artifact.file_name, path, other));
            let stored = match (line, of) {
                // It is called like what it is about.
                (line, Some(of)) if line.is_none_or(|line| !line.names(name)) => {
                    let its = of.artifact.file_name.as_str();
                    let line = self.rename.iter().find(|line| line.is_for_all() || line.names(its));
                    let line = line.filter(|_| !of.artifact.is_package());
                    let ending = &name[its.len()..];
                    let named = self.name(line, its, &of.path, &mut Report::default())?;
                    named.and_then(|named| format!("{named}{ending}").parse().ok())
                }
                (line, _) => self.name(line, name, path, report)?,
            };
            names.push(stored);
        }
        let named = names.into_iter().zip(files).filter_map(|(name, Named { artifact, path })| {
            Some(Desired::file(Artifact { file_name: name?, ..artifact }, path))
        });
        Ok(named.collect())
    }

    /// What `line` makes of a name; nothing, and a finding, where that is no name.
    fn name(
        &self,
        line: Option<&StoredAs>,
        name: &str,
        path: &Path,
        report: &mut Report,
    ) -> Result<Option<FileName>, DiskError> {
        let Some(line) = line else { return Ok(name.parse().ok()) };
        let target = match line.asks_for_target() {
            true => Target::of(&self.disk.head(path, HEAD_BYTES)?),
            false => None,
        };
        let filling = Filling {
            name,
            target: target.map(|Target { os, arch }| (os, arch)),
            version: self.release.version,
            tag: self.release.tag,
        };
        let refused =
            |message: String| -> Finding { NAME.finding(message).in_file(path.display().to_string()) };
        match line.apply(filling).map(|stored| stored.parse::<FileName>()) {
            Ok(Ok(stored)) => return Ok(Some(stored)),
            Ok(Err(error)) => report.push(refused(format!("by `{line}`: {error}"))),
            Err(NoTarget) => report.push(refused(format!(
                "`{line}` asks what it runs on, and it is no program for a system and processor that are known here"
            ))),
        }
        Ok(None)
    }
}

/// Whether a file is a signature or another proof of the other one: beside it, and called like it.
fn is_companion(name: &FileName, path: &Path, of: &Named) -> bool {
    let ending = name.as_str().strip_prefix(of.artifact.file_name.as_str());
    ending.is_some_and(|ending| COMPANIONS.contains(&ending)) && path.parent() == of.path.parent()
}
