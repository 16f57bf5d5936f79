//! What validate-wheels leaves for people beside the manifest: pure texts, in the manner of release pipelines that keep
//! a `VALIDATION.txt`, a `CHECKSUMS.sha256` and a `build-info.txt` with their wheels.
//!
//! The same files and the same findings give the same bytes: no time, no machine, no number of a run stands in them,
//! so that a second run has nothing to write.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use crate::model::artifact::{ArtifactKind, Distribution};
use crate::model::manifest::{Manifest, Origin};
use crate::plan::SeenFile;
use crate::report::{Finding, Report};

/// One of these texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Record {
    /// What was found in each file.
    Validation,
    /// The digest of each file, in the form of `sha256sum`.
    Checksums,
    /// Where the files come from, what they are, and the two others.
    BuildInfo,
}

/// A text that names no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of `validation`, `checksums` and `build-info`")]
pub(crate) struct UnknownRecord {
    text: String,
}

impl FromStr for Record {
    type Err = UnknownRecord;

    fn from_str(text: &str) -> Result<Self, UnknownRecord> {
        match text {
            "validation" => Ok(Self::Validation),
            "checksums" => Ok(Self::Checksums),
            "build-info" => Ok(Self::BuildInfo),
            _ => Err(UnknownRecord { text: text.chars().take(60).flat_map(char::escape_debug).collect() }),
        }
    }
}

/// What the records are about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// The files that were bound.
    pub(crate) manifest: &'a Manifest,
    /// All files, with what was seen in them.
    pub(crate) seen: &'a [SeenFile],
    /// What was found in them.
    pub(crate) report: &'a Report,
}

impl Record {
    /// What its file is called.
    pub(crate) const fn file_name(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION.txt",
            Self::Checksums => "CHECKSUMS.sha256",
            Self::BuildInfo => "build-info.txt",
        }
    }

    /// What its file holds, in a few words.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Validation => "what was found in each file",
            Self::Checksums => "SHA-256 of each file",
            Self::BuildInfo => "origin, files, checksums and findings",
        }
    }

    /// Its text.
    pub(crate) fn text(self, about: &About<'_>) -> String {
        match self {
            Self::Validation => format!("{}{}", head("Validation", about), validation(about)),
            Self::Checksums => about.manifest.sha256sums(),
            Self::BuildInfo => build_info(about),
        }
    }
}

const STRING: &str = "writing to a string cannot fail";

fn head(title: &str, about: &About<'_>) -> String {
    let About { manifest, seen: _, report: _ } = about;
    let Origin { tag, commit } = manifest.origin();
    let projects: Vec<_> = manifest.projects().iter().map(|name| name.normal().to_owned()).collect();
    let mut text = format!("{title} by release-action {}\n\n", env!("CARGO_PKG_VERSION"));
    let mut line = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            writeln!(text, "{key}: {value}").expect(STRING);
        }
    };
    line("projects", Some(projects.join(", ")));
    line("version", manifest.version().map(ToString::to_string));
    line("tag", tag.as_ref().map(ToString::to_string));
    line("commit", commit.as_ref().map(ToString::to_string));
    text
}

/// The verdict, and each file with what was found in it.
fn validation(about: &About<'_>) -> String {
    let About { manifest: _, seen, report } = about;
    let counts = report.counts();
    let mut text = format!(
        "verdict: passed\nerrors: {}\nwarnings: {}\nnotes: {}\nignored: {}\n",
        counts.errors, counts.warnings, counts.notes, counts.ignored
    );
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings() {
        by_file.entry(finding.place.file.as_deref().map_or("", base)).or_default().push(finding);
    }
    for SeenFile { artifact, .. } in *seen {
        let name = artifact.file_name.as_str();
        write!(text, "\n{} {name}\n", if artifact.is_package() { "OK " } else { "-- " }).expect(STRING);
        by_file.remove(name).into_iter().flatten().for_each(|finding| line(&mut text, finding));
    }
    if !by_file.is_empty() {
        text.push_str("\nabout other files and the whole set\n");
        by_file.into_values().flatten().for_each(|finding| line(&mut text, finding));
    }
    let ignored = report.ignored();
    if !ignored.is_empty() {
        text.push_str("\nignored\n");
        ignored.into_iter().for_each(|finding| line(&mut text, finding));
    }
    text
}

fn line(text: &mut String, finding: &Finding) {
    let Finding { check, severity, place, message, .. } = finding;
    let member = place.member.as_ref().map(|member| format!(" {member}:")).unwrap_or_default();
    let line = format!("    {severity} {check}:{member} {message}");
    // A stranger's text begins no line of its own.
    text.extend(line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
    text.push('\n');
}

/// The path's last part: a text that holds paths would differ from machine to machine.
fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn build_info(about: &About<'_>) -> String {
    let mut text = head("Build information", about);
    text.push_str("\n[files]\n");
    for SeenFile { artifact, actual_platform } in about.seen {
        let what = match &artifact.kind {
            ArtifactKind::Crate(_) => "crate".to_owned(),
            ArtifactKind::Other => "other".to_owned(),
            ArtifactKind::Distribution(Distribution::Sdist(_)) => "sdist".to_owned(),
            ArtifactKind::Distribution(Distribution::Wheel(name)) => {
                let tags = [name.python(), name.abi(), name.platform()].map(|set| set.join("."));
                let actual = actual_platform.as_ref().map(|actual| format!(", in fact {actual}"));
                format!("wheel {}{}", tags.join("-"), actual.unwrap_or_default())
            }
        };
        writeln!(text, "{} ({what}, {} bytes)", artifact.file_name, artifact.size_bytes).expect(STRING);
    }
    write!(text, "\n[{}]\n{}", Record::Checksums.file_name(), Record::Checksums.text(about)).expect(STRING);
    write!(text, "\n[{}]\n{}", Record::Validation.file_name(), validation(about)).expect(STRING);
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::model::artifact::{Artifact, FileName};
    use crate::model::digest::Hashes;
    use crate::report::Severity;
    use crate::report::policy::{Policy, Selector};

    fn seen(name: &str) -> SeenFile {
        let file_name: FileName = name.parse().expect("a file name");
        let kind = ArtifactKind::of_file_name(&file_name);
        SeenFile::of(Artifact::new(file_name, Hashes::of(name.as_bytes()), kind))
    }

    fn check(record: Record) -> String {
        let mut seen = ["demo-1.0-cp312-cp312-linux_x86_64.whl", "demo-1.0.tar.gz", "tool.exe"].map(seen);
        seen[0].actual_platform = Some("manylinux_2_17_x86_64".to_owned());
        let artifacts = seen.iter().map(|seen| seen.artifact.clone()).collect();
        let origin = Origin { tag: Some("v1.0".parse().expect("a tag")), commit: None };
        let manifest = Manifest::new(origin, artifacts).expect("a release");
        let rule = |id: &str| &crate::checks::all().find(|check| check.rule.id == id).expect("a rule").rule;
        let order = rule("filename/tag-order").finding("a\nb").in_file("some/where/demo-1.0.tar.gz").at("x");
        let set = rule("set/name-spelling").finding("spelled twice");
        let row = rule("record/no-size").finding("no size").in_file("demo-1.0-cp312-cp312-linux_x86_64.whl");
        let ignore = Selector::find("record", ["record/no-size"]).into_iter().collect();
        let policy = Policy { ignore, fail_from: Severity::Error, ..Policy::default() };
        let report = policy.apply([order, set, row].into_iter().collect(), |_| false);
        record.text(&About { manifest: &manifest, seen: &seen, report: &report })
    }

    #[test]
    fn a_validation_tells_of_every_file() {
        assert_snapshot!(check(Record::Validation), @"
        Validation by release-action 0.1.0

        projects: demo
        version: 1.0
        tag: v1.0
        verdict: passed
        errors: 0
        warnings: 1
        notes: 1
        ignored: 1

        OK  demo-1.0-cp312-cp312-linux_x86_64.whl

        OK  demo-1.0.tar.gz
            info filename/tag-order: x: a�b

        --  tool.exe

        about other files and the whole set
            warning set/name-spelling: spelled twice

        ignored
            warning record/no-size: no size
        ");
    }

    #[test]
    fn build_information_holds_the_two_others() {
        let text = check(Record::BuildInfo);
        assert!(text.contains(&check(Record::Checksums)), "{text}");
        let (_, validation) = check(Record::Validation)
            .split_once("verdict")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("a verdict");
        assert!(text.ends_with(&validation), "{text}");
        let (head, _) = text.split_once("\n[CHECKSUMS").expect("a section");
        assert_snapshot!(head, @"
        Build information by release-action 0.1.0

        projects: demo
        version: 1.0
        tag: v1.0

        [files]
        demo-1.0-cp312-cp312-linux_x86_64.whl (wheel cp312-cp312-linux_x86_64, in fact manylinux_2_17_x86_64, 37 bytes)
        demo-1.0.tar.gz (sdist, 15 bytes)
        tool.exe (other, 8 bytes)
        ");
    }

    #[test]
    fn names_of_records_are_exact() {
        assert_eq!("build-info".parse(), Ok(Record::BuildInfo));
        assert!("VALIDATION.txt".parse::<Record>().is_err());
    }
}
