//! What is left of a collection beside its files: where each of them comes from, who vouches for it, and what their
//! producers wrote about them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use super::layout::Placement;
use super::record::{Record, StagedFile};
use super::{Chosen, CollectArtifacts};
use crate::model::artifact::{Artifact, ArtifactKind, Distribution};
use crate::model::collection::{CollectedFile, Collection, Source};
use crate::model::digest::Hashes;
use crate::model::manifest::Origin;
use crate::model::member_path::{MemberPath, folded};
use crate::model::revision::CommitSha;
use crate::modes::custody::{self, Custody, Held, Holding, Text, Verdict};
use crate::plan::SeenFile;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::disk::{collection_v1, manifest_v1};
use crate::remote::error::DiskError;
use crate::report::Report;

/// All texts that state digests together are no longer: they are held in memory.
const TEXTS_BYTES: u64 = 16 << 20;
/// So much of all accounts for people is told again in `build-info.txt`.
const TOLD_BYTES: u64 = 1 << 20;

const STRING: &str = "writing to a string cannot fail";

/// The staged artifacts, with what is known of their files.
pub(super) struct Examined<'a> {
    /// The files that are placed.
    pub(super) released: Vec<(&'a Chosen, Record)>,
    /// The files that are kept as records.
    kept: Vec<Kept>,
    /// Sources and proofs of released files, by where they are staged.
    known: HashMap<PathBuf, CollectedFile>,
    custody: Custody,
}

struct Kept {
    staged: PathBuf,
    file: CollectedFile,
}

/// Looks through the staged artifacts. What it finds is not told yet: see [`Examined::tell`].
pub(super) fn examine<'a>(
    request: &CollectArtifacts,
    staged: Vec<(&'a Chosen, Record)>,
    disk: &DiskRead,
) -> Result<Examined<'a>, DiskError> {
    let mut room = TEXTS_BYTES;
    let mut holdings = Vec::new();
    for (chosen, record) in &staged {
        let files = record.files.iter().map(|file| held(file, disk, &mut room)).collect::<Result<_, _>>()?;
        let (name, sha256) = (chosen.artifact.name.clone(), chosen.artifact.sha256);
        holdings.push(Holding { name, sha256, files });
    }
    let custody = custody::prove(&holdings, request.require_checksums);
    let labels = labels(&staged);
    let mut examined = Examined {
        released: Vec::new(),
        kept: Vec::new(),
        known: HashMap::new(),
        custody: Custody::default(),
    };
    let mut taken = HashSet::new();
    for (at, (chosen, record)) in staged.into_iter().enumerate() {
        let Record { files, refused } = record;
        let mut released = Vec::new();
        for ((staged, held), verdict) in files.into_iter().zip(&holdings[at].files).zip(&custody.verdicts[at])
        {
            let mut file = collected(chosen, held, verdict);
            if verdict.is_record {
                let path = format!("records/{}/{}", labels[at], held.path);
                let numbered = (2..).map(|number| format!("{path}-{number}"));
                let free =
                    std::iter::once(path.clone()).chain(numbered).find(|path| !taken.contains(&folded(path)));
                file.path = free.unwrap_or(path);
                taken.insert(folded(&file.path));
                examined.kept.push(Kept { staged: staged.path, file });
            } else {
                examined.known.insert(staged.path.clone(), file);
                released.push(staged);
            }
        }
        examined.released.push((chosen, Record { files: released, refused }));
    }
    examined.kept.sort_by(|a, b| a.file.path.cmp(&b.file.path));
    Ok(Examined { custody, ..examined })
}

/// What custody is told of a staged file. The one place that knows how staged files name their members.
fn held(file: &StagedFile, disk: &DiskRead, room: &mut u64) -> Result<Held, DiskError> {
    let path = file.member.to_string();
    let hashes = file.hashes;
    let text = if !custody::is_read(&path) {
        Text::Unasked
    } else if hashes.size_bytes > TEXTS_BYTES {
        Text::TooLong
    } else {
        // A stranger's file of such a name takes no room from those that state digests.
        match disk.head(&file.path, hashes.size_bytes)? {
            bytes if !custody::speaks(&path, &bytes) => Text::Unasked,
            _ if hashes.size_bytes > *room => Text::TooLong,
            bytes => {
                *room -= hashes.size_bytes;
                Text::Read(bytes)
            }
        }
    };
    Ok(Held { path, hashes, text })
}

/// A folder for the records of each artifact: its name, and its number too where others have that name, perhaps in
/// another case.
fn labels(staged: &[(&Chosen, Record)]) -> Vec<String> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    staged.iter().for_each(|(chosen, _)| *names.entry(folded(&chosen.artifact.name)).or_default() += 1);
    let label = |(chosen, _): &(&Chosen, Record)| {
        let (name, id) = (chosen.artifact.name.as_str(), chosen.artifact.id);
        match name.parse::<MemberPath>() {
            Ok(_) if names[&folded(name)] == 1 => name.to_owned(),
            Ok(_) => format!("{name}-{id}"),
            Err(_) => id.to_string(),
        }
    };
    staged.iter().map(label).collect()
}

fn collected(chosen: &Chosen, held: &Held, verdict: &Verdict) -> CollectedFile {
    let Chosen { workflow, run_id, run_attempt, artifact, .. } = chosen;
    let Hashes { size_bytes, sha256 } = held.hashes;
    let source = Source {
        workflow: workflow.clone(),
        run_id: *run_id,
        run_attempt: *run_attempt,
        artifact: artifact.name.clone(),
        artifact_id: artifact.id,
        artifact_sha256: artifact.sha256,
        member: held.path.clone(),
    };
    let proofs = verdict.proofs.iter().cloned().collect();
    CollectedFile { path: held.path.clone(), size_bytes, sha256, kind: ArtifactKind::Other, source, proofs }
}

/// Everything that is written into the folder of the collection.
pub(super) struct Outcome {
    /// What it all is about.
    pub(super) collection: Collection,
    /// Texts of our own, by their names in the folder.
    texts: Vec<(&'static str, String)>,
    /// Texts of the producers.
    records: Vec<Kept>,
}

impl Examined<'_> {
    /// Tells what does not hold, once all artifacts are there: a list may speak of one that is not fetched yet.
    pub(super) fn tell(&mut self, report: &mut Report) {
        report.extend(std::mem::take(&mut self.custody.findings));
    }

    /// What is left beside the files when they are placed like this.
    pub(super) fn outcome(
        self,
        request: &CollectArtifacts,
        commit: Option<&CommitSha>,
        layout: &[Placement],
        disk: &DiskRead,
        report: &mut Report,
    ) -> Result<Outcome, DiskError> {
        let Self { released, kept, mut known, custody } = self;
        let mut collection =
            Collection { tag: request.tag.clone(), commit: commit.cloned(), ..Collection::default() };
        for placement in layout {
            if let Some(mut file) = known.remove(&placement.staged) {
                file.path = placement.target.to_string_lossy().replace(MAIN_SEPARATOR, "/");
                file.kind = kind(&placement.target, &request.packages_dir);
                collection.files.push(file);
            }
        }
        collection.files.sort_by(|a, b| a.path.cmp(&b.path));
        let asked = Origin { tag: request.tag.clone(), commit: commit.cloned() };
        let merged = match custody::merge::merge(&custody.manifests, &asked, &collection.files) {
            Ok(merged) => merged,
            Err(findings) => {
                report.extend(findings);
                None
            }
        };
        collection.records = kept.iter().map(|kept| kept.file.clone()).collect();
        let build_info = build_info(&collection, &released, &kept, disk)?;
        let manifest = collection_v1::to_json(&collection);
        let mut texts = vec![
            ("manifest.json", manifest),
            ("SHA256SUMS", collection.sha256sums()),
            ("build-info.txt", build_info),
        ];
        texts.extend(merged.iter().map(|merged| ("release-manifest.json", manifest_v1::to_json(merged))));
        Ok(Outcome { collection, texts, records: kept })
    }
}

impl Outcome {
    /// Whether `folder` holds all of it.
    pub(super) fn is_written(&self, folder: &Path, disk: &DiskRead) -> Result<bool, DiskError> {
        let texts = self.texts.iter().map(|(name, text)| (*name, Hashes::of(text.as_bytes()).sha256));
        let records = self.records.iter().map(|Kept { file, .. }| (file.path.as_str(), file.sha256));
        for (path, sha256) in texts.chain(records) {
            let path = folder.join(path);
            let is_there = path.symlink_metadata().is_ok_and(|found| found.is_file());
            if !is_there || disk.hashes(&path)?.sha256 != sha256 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes what a killed run left half-written beside these files and in `folder`. The staging folder is this
    /// process's alone, so nobody is at work there.
    pub(super) fn sweep(
        &self,
        layout: &[Placement],
        folder: &Path,
        disk: DiskWrite,
    ) -> Result<(), DiskError> {
        let placed = layout.iter().map(|placement| placement.target.clone());
        let texts = self.texts.iter().map(|(name, _)| folder.join(name));
        let records = self.records.iter().map(|Kept { file, .. }| folder.join(&file.path));
        let files: Vec<PathBuf> = placed.chain(texts).chain(records).collect();
        let folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
        folders.into_iter().try_for_each(|folder| disk.sweep(folder))
    }

    /// Writes all of it into `folder`. The document comes last: where it stands, everything that it names stands too.
    pub(super) fn write(&self, folder: &Path, read: &DiskRead, disk: DiskWrite) -> Result<(), DiskError> {
        for Kept { staged, file } in &self.records {
            disk.ensure_file(&folder.join(&file.path), &read.head(staged, file.size_bytes)?)?;
        }
        let mut texts = self.texts.iter().rev();
        texts.try_for_each(|(name, text)| disk.ensure_file(&folder.join(name), text.as_bytes()))
    }

    /// The files, as people see them.
    pub(super) fn seen(&self) -> Vec<SeenFile> {
        let files = self.collection.files.iter().filter_map(|file| {
            let CollectedFile { size_bytes, sha256, kind, .. } = file;
            let file_name = file.brief().0.parse().ok()?;
            let artifact =
                Artifact { file_name, size_bytes: *size_bytes, sha256: *sha256, kind: kind.clone() };
            Some(SeenFile::of(artifact))
        });
        let mut files: Vec<_> = files.collect();
        files.sort_by(|a, b| a.artifact.file_name.cmp(&b.artifact.file_name));
        files
    }
}

/// Where a file is placed says what it is meant to be, and its name whether it is that.
fn kind(target: &Path, packages_dir: &Path) -> ArtifactKind {
    let name = target.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    let among_packages = name.filter(|_| target.parent() == Some(packages_dir));
    among_packages.as_ref().map_or(ArtifactKind::Other, ArtifactKind::of_file_name)
}

/// What was collected, for people, and what producers wrote about it.
fn build_info(
    collection: &Collection,
    released: &[(&Chosen, Record)],
    kept: &[Kept],
    disk: &DiskRead,
) -> Result<String, DiskError> {
    let mut text = format!("Collection by release-action {}\n\n", env!("CARGO_PKG_VERSION"));
    let Collection { tag, commit, files, records: _ } = collection;
    tag.iter().for_each(|tag| writeln!(text, "tag: {tag}").expect(STRING));
    commit.iter().for_each(|commit| writeln!(text, "commit: {commit}").expect(STRING));
    write!(text, "files: {}\nverified: {}\n", files.len(), collection.verified()).expect(STRING);
    text.push_str("\n[artifacts]\n");
    for (Chosen { workflow, run_id, run_attempt, artifact, .. }, _) in released {
        let attempt = run_attempt.map(|attempt| format!(", attempt {attempt}")).unwrap_or_default();
        let digest =
            artifact.sha256.map_or_else(|| "no digest".to_owned(), |sha256| format!("sha256 {sha256}"));
        let name = plain(&artifact.name);
        writeln!(
            text,
            "{name} of {}: run {run_id}{attempt}, artifact {}, {digest}",
            plain(workflow),
            artifact.id
        )
        .expect(STRING);
    }
    text.push_str("\n[files]\n");
    for CollectedFile { path, size_bytes, kind, proofs, .. } in files {
        let what = match kind {
            ArtifactKind::Crate(_) => "crate".to_owned(),
            ArtifactKind::Other => "other".to_owned(),
            ArtifactKind::Distribution(Distribution::Sdist(_)) => "sdist".to_owned(),
            ArtifactKind::Distribution(Distribution::Wheel(name)) => {
                let tags = [name.python(), name.abi(), name.platform()].map(|set| set.join("."));
                format!("wheel {}", tags.join("-"))
            }
        };
        let by = match &**proofs {
            [] => "not verified".to_owned(),
            proofs => format!("verified by {}", plain(&proofs.join(", "))),
        };
        writeln!(text, "{} ({what}, {size_bytes} bytes, {by})", plain(path)).expect(STRING);
    }
    let mut room = TOLD_BYTES;
    for Kept { staged, file } in kept.iter().filter(|kept| custody::is_told(&kept.file.source.member)) {
        writeln!(text, "\n[{}]", plain(&file.path)).expect(STRING);
        let bytes = disk.head(staged, room)?;
        // A stranger's text begins no line like ours.
        for line in String::from_utf8_lossy(&bytes).lines() {
            writeln!(text, "    {}", plain(line).trim_end()).expect(STRING);
        }
        let is_cut = file.size_bytes > room;
        room -= bytes.len() as u64;
        if is_cut {
            writeln!(text, "    … the rest stands in {}", plain(&file.path)).expect(STRING);
        }
    }
    Ok(text)
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}
