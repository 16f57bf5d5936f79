//! Where each file of the staged artifacts goes, and what it is called there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Component, Path, PathBuf};

use super::record::{Record, StagedFile};
use super::{Chosen, CollectArtifacts};
use crate::model::artifact::{Distribution, FileName};
use crate::model::digest::Sha256;
use crate::model::member_path::folded;
use crate::model::wanted::Target;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::Access;
use crate::remote::error::DiskError;
use crate::report::{Report, Rule, Severity};

pub(super) const CONFLICT: Rule = Rule {
    id: "collect/conflict",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Two artifacts hold different files of one name",
    explain: "Which of the two is meant cannot be known; nothing was placed. The same name with the same bytes is \
              kept once. Names that differ only in case or in the spelling of Unicode are one on many systems. \
              Executables for different platforms often share a name.",
    fix: "give them different names with `rename`, or leave one out with `artifacts`",
    sources: &[
        "incident: same-named files were merged byte by byte, and the wheels were damaged",
        "incident: of two files of one name, the second was dropped without a word",
    ],
    since: "0.1.0",
};

pub(super) const OCCUPIED: Rule = Rule {
    id: "collect/occupied",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The target folder already holds another file of this name",
    explain: "Something else wrote into the folder, or it holds files of an earlier release.",
    fix: "remove it, and run again",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

pub(super) const EMPTY: Rule = Rule {
    id: "collect/empty",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The artifacts hold no file",
    explain: "An empty result is never a success.",
    fix: "correct the paths that the producers upload, and run them again",
    sources: &["incident: an upload step matched no file, warned, and the release went out without it"],
    since: "0.1.0",
};

/// A file that belongs somewhere.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    /// Where it stands now.
    pub(super) staged: PathBuf,
    /// Where it belongs.
    pub(super) target: PathBuf,
    /// Its digest.
    pub(super) sha256: Sha256,
    /// What everybody may do with it.
    pub(super) access: Access,
    /// The artifact it comes from.
    artifact: String,
}

/// Where every file goes; two files that would meet with different bytes are a finding and go nowhere.
pub(super) fn of(
    request: &CollectArtifacts,
    staged: &[(&Chosen, Record)],
    report: &mut Report,
) -> Vec<Placement> {
    let mut by_place: BTreeMap<String, Placement> = BTreeMap::new();
    for (chosen, record) in staged {
        for (target, file) in targets(request, chosen, record, report) {
            let StagedFile { member: _, path, hashes, executable } = file;
            let placement = Placement {
                staged: path.clone(),
                target,
                sha256: hashes.sha256,
                access: if *executable { Access::Execute } else { Access::Read },
                artifact: chosen.artifact.name.clone(),
            };
            match by_place.entry(place(&placement.target)) {
                Entry::Vacant(room) => {
                    room.insert(placement);
                }
                Entry::Occupied(mut other) => other.get_mut().meet(&placement, report),
            }
        }
    }
    refuse_files_as_folders(&by_place, report);
    by_place.into_values().collect()
}

impl Placement {
    /// Another file belongs to the same place: it may be the same one, or it is a finding.
    fn meet(&mut self, other: &Self, report: &mut Report) {
        let (ours, theirs) = (&self.artifact, &other.artifact);
        let what = |one: &Self| match self.target == other.target {
            true => "it".to_owned(),
            false => format!("`{}`", one.target.display()),
        };
        if self.sha256 != other.sha256 || self.target != other.target {
            let message = format!(
                "artifact `{ours}` has {} with sha256 {}, artifact `{theirs}` {} with sha256 {}",
                what(self),
                self.sha256,
                what(other),
                other.sha256
            );
            report.push(CONFLICT.finding(message).in_file(other.target.display().to_string()));
        } else if other.access == Access::Execute {
            self.access = Access::Execute;
        }
    }
}

/// What is left of a path where neither case nor the spelling of Unicode counts. The parts are joined by what no path
/// holds and what is less than all else, so that what is below a path follows it at once in order.
fn place(target: &Path) -> String {
    let parts = target.components().filter(|part| *part != Component::CurDir);
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    folded(&parts.join("\0"))
}

fn refuse_files_as_folders(by_place: &BTreeMap<String, Placement>, report: &mut Report) {
    for ((place, file), (below, inner)) in by_place.iter().zip(by_place.iter().skip(1)) {
        if below.strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with('\0')) {
            let message = format!(
                "it is a file of artifact `{}`, and artifact `{}` has `{}` below it",
                file.artifact,
                inner.artifact,
                inner.target.display()
            );
            report.push(CONFLICT.finding(message).in_file(file.target.display().to_string()));
        }
    }
}

/// Where the files of one artifact go.
fn targets<'a>(
    request: &CollectArtifacts,
    chosen: &Chosen,
    record: &'a Record,
    report: &mut Report,
) -> Vec<(PathBuf, &'a StagedFile)> {
    let of = |file: &'a StagedFile| Some((target(request, chosen, file, report)?, file));
    record.files.iter().filter_map(of).collect()
}

/// Where the files of one artifact go, and their digests; what stands against it, [`of`] tells.
pub(super) fn files(request: &CollectArtifacts, chosen: &Chosen, record: &Record) -> Vec<(PathBuf, Sha256)> {
    let targets = targets(request, chosen, record, &mut Report::default());
    targets.into_iter().map(|(target, file)| (target, file.hashes.sha256)).collect()
}

/// A line of `artifacts` says where everything of its artifact goes. Otherwise packages keep their names, which say
/// what they are; everything else may be renamed.
fn target(
    request: &CollectArtifacts,
    chosen: &Chosen,
    file: &StagedFile,
    report: &mut Report,
) -> Option<PathBuf> {
    let name = file.member.file_name();
    let (folder, rename) = match &chosen.target {
        Some(Target::Tree(folder)) => return Some(file.member.below(&folder.below(&request.base_dir))),
        Some(Target::Flat(folder, rename)) => (folder.below(&request.base_dir), Some(rename)),
        None if is_package(name) => return Some(request.packages_dir.join(name)),
        None => (request.assets_dir.clone(), request.rename.as_ref()),
    };
    let Some(rename) = rename else { return Some(folder.join(name)) };
    match rename.apply(name, &chosen.artifact.name, &chosen.workflow).parse::<FileName>() {
        Ok(renamed) => Some(folder.join(renamed.as_str())),
        Err(error) => {
            report.push(
                CONFLICT
                    .finding(format!("`{rename}` makes a bad name of it: {error}"))
                    .in_file(name)
                    .hint("correct the pattern, which stands in `rename` or behind `->` in `artifacts`"),
            );
            None
        }
    }
}

fn is_package(name: &str) -> bool {
    let is_one = |name: FileName| Distribution::of_file_name(&name).is_some();
    name.ends_with(".whl") || name.ends_with(".crate") || name.parse().is_ok_and(is_one)
}

/// Whether the file already stands where it belongs; anything else that stands there is a finding.
pub(super) fn placed(placement: &Placement, disk: &DiskRead, report: &mut Report) -> Result<bool, DiskError> {
    let Placement { staged: _, target, sha256, access, artifact } = placement;
    let mut occupied = |message: String| {
        report.push(OCCUPIED.finding(message).in_file(target.display().to_string()));
    };
    if target.is_dir() {
        occupied(format!("it is a folder there, and a file in artifact `{artifact}`"));
        return Ok(false);
    }
    if !target.exists() {
        let in_the_way = target.ancestors().skip(1).find(|above| above.exists());
        if let Some(above) = in_the_way.filter(|above| !above.is_dir()) {
            let above = above.display();
            occupied(format!("`{above}` is no folder, and artifact `{artifact}` has files below it"));
        }
        return Ok(false);
    }
    let there = disk.hashes(target)?.sha256;
    if there != *sha256 {
        occupied(format!("it has sha256 {there} there, and sha256 {sha256} in artifact `{artifact}`"));
        return Ok(true);
    }
    Ok(*access == Access::Read || disk.is_executable(target))
}
