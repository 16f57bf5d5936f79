//! Rules about distributions and crates: contents in, findings out. No IO.
//!
//! Every rule is a row of its family's table and nothing else: documentation, tests and drills are derived from
//! the rows. To add one, write its function and its row in the family's file.

mod abi;
mod archive;
pub mod contents;
pub mod coverage;
mod description;
mod dist;
mod dist_info;
pub mod docs;
mod elf;
mod entry_points;
mod filename;
mod limits;
mod macho;
mod metadata;
mod native;
mod packed_crate;
mod pe;
mod record;
mod sdist;
mod set;
mod tags;
mod wheel_file;

pub use self::dist::{Candidate, Dist, Opener, judge};
pub use self::elf::actual_platform;

use std::fmt::Display;

use rayon::prelude::*;

use crate::archive::build::{CrateBuilder, SdistBuilder, SetBuilder, WheelBuilder};
use crate::archive::crate_file::PackedFile;
use crate::archive::sdist::SdistFile;
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::model::artifact::Artifact;
use crate::model::manifest::{Manifest, ManifestError, Origin};
use crate::report::policy::{FileSizeLimit, Policy};
use crate::report::{Finding, Report, Rule};

/// A rule about distributions, how to look, and a distribution that breaks it.
#[derive(Debug)]
pub struct Check {
    /// What a finding says and rests on.
    pub rule: Rule,
    /// How to look.
    pub run: Run,
}

/// What a check looks at. A specimen breaks the rule and as little else as possible.
#[derive(Debug)]
#[expect(missing_docs, reason = "each variant has the function that looks and the specimen it must notice")]
pub enum Run {
    /// One file, whatever it is.
    File { check: fn(&Dist, &mut Sink<'_>), specimen: fn() -> (String, Vec<u8>) },
    /// One wheel.
    Wheel { check: fn(&WheelFile, &mut Sink<'_>), specimen: fn(&mut WheelBuilder) },
    /// One sdist.
    Sdist { check: fn(&SdistFile, &mut Sink<'_>), specimen: fn(&mut SdistBuilder) },
    /// One packed crate.
    Crate { check: fn(&PackedFile, &mut Sink<'_>), specimen: fn(&mut CrateBuilder) },
    /// All files of the release together.
    Set { check: fn(&[Dist], &mut Sink<'_>), specimen: fn(&mut SetBuilder) },
}

impl Check {
    /// What it finds in `dists`.
    fn look(&self, policy: &Policy, dists: &[Dist]) -> Vec<Finding> {
        let collect = |dist: Option<&Dist>, check: &dyn Fn(&mut Sink<'_>)| {
            let mut sink = Sink::new(&self.rule, dist.map(Dist::file_name));
            sink.file_size = policy.file_size;
            check(&mut sink);
            sink.finish()
        };
        match self.run {
            Run::File { check, .. } => {
                dists.iter().flat_map(|dist| collect(Some(dist), &|sink| check(dist, sink))).collect()
            }
            Run::Wheel { check, .. } => {
                let wheels = dists.iter().filter_map(|dist| dist.wheel().map(|wheel| (dist, wheel)));
                wheels.flat_map(|(dist, wheel)| collect(Some(dist), &|sink| check(wheel, sink))).collect()
            }
            Run::Sdist { check, .. } => {
                let sdists = dists.iter().filter_map(|dist| dist.sdist().map(|sdist| (dist, sdist)));
                sdists.flat_map(|(dist, sdist)| collect(Some(dist), &|sink| check(sdist, sink))).collect()
            }
            Run::Crate { check, .. } => {
                let crates = dists.iter().filter_map(|dist| dist.packed().map(|packed| (dist, packed)));
                crates.flat_map(|(dist, packed)| collect(Some(dist), &|sink| check(packed, sink))).collect()
            }
            Run::Set { check, .. } => collect(None, &|sink| check(dists, sink)),
        }
    }
}

/// Each family's tables.
const FAMILIES: &[&[&[Check]]] = &[
    filename::TABLES,
    tags::TABLES,
    archive::TABLES,
    dist_info::TABLES,
    metadata::TABLES,
    description::TABLES,
    wheel_file::TABLES,
    native::TABLES,
    record::TABLES,
    entry_points::TABLES,
    elf::TABLES,
    macho::TABLES,
    pe::TABLES,
    abi::TABLES,
    contents::TABLES,
    sdist::TABLES,
    packed_crate::TABLES,
    set::TABLES,
];

/// All checks, family by family.
pub fn all() -> impl Iterator<Item = &'static Check> {
    FAMILIES.iter().copied().flatten().copied().flatten()
}

/// Where a check puts what it found; fills in the rule and the file.
pub struct Sink<'a> {
    rule: &'a Rule,
    file: Option<&'a str>,
    file_size: FileSizeLimit,
    findings: Vec<Finding>,
    left_out: usize,
}

/// So many findings of one rule in one file are told in full.
const MOST_FINDINGS: usize = 20;

impl<'a> Sink<'a> {
    const fn new(rule: &'a Rule, file: Option<&'a str>) -> Self {
        Self { rule, file, file_size: FileSizeLimit::USUAL, findings: Vec::new(), left_out: 0 }
    }

    /// How large a file may be that the index takes.
    pub const fn file_size(&self) -> FileSizeLimit {
        self.file_size
    }

    /// Something is wrong with the file.
    pub fn emit(&mut self, message: impl Display) {
        self.push(|rule, file| with_file(rule.finding(message.to_string()), file));
    }

    /// Something is wrong with a member of the file.
    pub fn at(&mut self, member: &str, message: impl Display) {
        self.push(|rule, file| with_file(rule.finding(message.to_string()).at(shown(member)), file));
    }

    /// Something is wrong with `file`, one of several that a check looks at together.
    pub fn in_file(&mut self, file: &str, message: impl Display) {
        self.push(|rule, _| rule.finding(message.to_string()).in_file(shown(file)));
    }

    fn push(&mut self, finding: impl FnOnce(&Rule, Option<&str>) -> Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding(self.rule, self.file));
        } else {
            self.left_out += 1;
        }
    }

    fn finish(mut self) -> Vec<Finding> {
        if self.left_out > 0 {
            let more = self.rule.finding(format!("and {} more of this kind", self.left_out));
            self.findings.push(with_file(more, self.file));
        }
        self.findings
    }
}

fn with_file(finding: Finding, file: Option<&str>) -> Finding {
    match file {
        Some(file) => finding.in_file(shown(file)),
        None => finding,
    }
}

/// What all checks together found, and the proof that nothing stands in the way.
#[derive(Debug)]
pub struct Verdict {
    /// The findings.
    pub report: Report,
    /// The files, when no finding blocks.
    pub vetted: Option<Vetted>,
}

/// Files that passed all checks. Only [`run_by`] makes one.
#[derive(Debug)]
pub struct Vetted {
    artifacts: Vec<Artifact>,
}

/// Runs every check on `dists`.
pub fn run(dists: &[Dist]) -> Verdict {
    run_by(&Policy::default(), dists)
}

/// Runs every check on `dists`, and judges what they found by `policy`.
pub fn run_by(policy: &Policy, dists: &[Dist]) -> Verdict {
    let checks: Vec<_> = all().collect();
    let found: Vec<_> =
        checks.into_par_iter().with_max_len(1).flat_map_iter(|check| check.look(policy, dists)).collect();
    let mut report = Report::default();
    report.extend(found);
    // A file that nobody could look into, or whose name says nothing, was not verified, whatever is ignored.
    let nameless = dists.iter().filter(|dist| artifact(dist).is_none());
    let unproven: Vec<_> = nameless.map(|dist| shown(dist.file_name())).collect();
    let report = policy.apply(report, |finding| {
        finding.place.file.as_ref().is_some_and(|file| unproven.iter().any(|name| name == file))
    });
    let artifacts = if report.blocks() { None } else { dists.iter().map(artifact).collect() };
    Verdict { report, vetted: artifacts.map(|artifacts| Vetted { artifacts }) }
}

/// A file that has a name and could be read.
fn artifact(dist: &Dist) -> Option<Artifact> {
    let (file_name, hashes) = match dist {
        Dist::Wheel(wheel) => (&wheel.file_name, wheel.hashes),
        Dist::Sdist(sdist) => (&sdist.file_name, sdist.hashes),
        Dist::Crate(packed) => (&packed.file_name, packed.hashes),
        Dist::Unreadable { .. } => return None,
    };
    Some(Artifact::new(file_name.clone(), hashes, dist.kind()?))
}

impl Vetted {
    /// Binds the vetted files and `others`, which no check looks into, to one release.
    ///
    /// # Errors
    /// When there is no file, or the files make no release: see [`Manifest::new`].
    pub fn manifest(self, origin: Origin, others: Vec<Artifact>) -> Result<Manifest, ManifestError> {
        let mut artifacts = self.artifacts;
        artifacts.extend(others);
        Manifest::new(origin, artifacts)
    }
}

/// A wheel for specimens of rules that look at any file.
fn specimen_wheel(edit: impl FnOnce(&mut WheelBuilder)) -> (String, Vec<u8>) {
    let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
    edit(&mut builder);
    let (file_name, bytes) = builder.build();
    (file_name.to_string(), bytes)
}

/// An sdist for specimens of rules that look at any file.
fn specimen_sdist(edit: impl FnOnce(&mut SdistBuilder)) -> (String, Vec<u8>) {
    let mut builder = SdistBuilder::new("sample", "1.0");
    edit(&mut builder);
    let (file_name, bytes) = builder.build();
    (file_name.to_string(), bytes)
}
