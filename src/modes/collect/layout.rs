//! Where each file of the staged artifacts goes, and what it is called there.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::record::Record;
use super::{Chosen, CollectArtifacts};
use crate::model::artifact::{Distribution, FileName};
use crate::model::digest::Sha256;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::report::{Report, Rule, Severity};

pub(super) const CONFLICT: Rule = Rule {
    id: "collect/conflict",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Two artifacts hold different files of one name",
    explain: "Which of the two is meant cannot be known; nothing was placed. The same name with the same bytes is \
              kept once. Executables for different platforms often share a name.",
    fix: "give them different names with `rename`, or leave one out with `artifacts`",
    sources: &["incident: same-named files were merged byte by byte, and the wheels were damaged"],
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
    /// The artifact it comes from.
    artifact: String,
}

/// A pattern for the names of files that are no distributions: text with `{name}`, `{stem}`, `{ext}`,
/// `{artifact}` and `{workflow}` in it. `{ext}` has its dot, `{workflow}` has no ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rename(String);

/// Why a text is no pattern for names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RenameError {
    #[error(
        "`{{{word}}}` is no placeholder; there are {{name}}, {{stem}}, {{ext}}, {{artifact}} and {{workflow}}"
    )]
    Placeholder { word: String },
    #[error("a brace is not closed")]
    Brace,
    #[error("it has neither {{name}} nor {{stem}}, so all files would have one name")]
    Constant,
}

const PLACEHOLDERS: [&str; 5] = ["name", "stem", "ext", "artifact", "workflow"];

impl FromStr for Rename {
    type Err = RenameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}').ok_or(RenameError::Brace)?;
            if !PLACEHOLDERS.contains(&word) {
                return Err(RenameError::Placeholder { word: word.to_owned() });
            }
            rest = after;
        }
        if !text.contains("{name}") && !text.contains("{stem}") {
            return Err(RenameError::Constant);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Rename {
    fn apply(&self, name: &str, artifact: &str, workflow: &str) -> String {
        let (stem, ext) = name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at));
        let workflow = workflow.trim_end_matches(".yml").trim_end_matches(".yaml");
        // Filled in from left to right, so that a brace inside a file name stays a brace.
        let mut filled = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}').expect("the pattern was checked");
            filled.push_str(before);
            filled.push_str(match word {
                "name" => name,
                "stem" => stem,
                "ext" => ext,
                "artifact" => artifact,
                _ => workflow,
            });
            rest = after;
        }
        filled + rest
    }
}

/// Where every file goes; two files that would meet with different bytes are a finding and go nowhere.
pub(super) fn of(
    request: &CollectArtifacts,
    staged: &[(&Chosen, Record)],
    report: &mut Report,
) -> Vec<Placement> {
    let mut by_target: BTreeMap<PathBuf, Placement> = BTreeMap::new();
    for (chosen, record) in staged {
        for file in &record.files {
            let Some(target) = target(request, chosen, &file.name, report) else { continue };
            let artifact = chosen.artifact.name.clone();
            match by_target.get(&target) {
                Some(other) if other.sha256 != file.sha256 => {
                    let message = format!(
                        "artifact `{}` has it with sha256 {}, artifact `{artifact}` with sha256 {}",
                        other.artifact, other.sha256, file.sha256
                    );
                    report.push(CONFLICT.finding(message).in_file(target.display().to_string()));
                }
                Some(_) => {}
                None => {
                    let (staged, sha256) = (file.path.clone(), file.sha256);
                    by_target.insert(target.clone(), Placement { staged, target, sha256, artifact });
                }
            }
        }
    }
    by_target.into_values().collect()
}

/// Distributions keep their names, which say what they are; everything else may be renamed.
fn target(
    request: &CollectArtifacts,
    chosen: &Chosen,
    name: &FileName,
    report: &mut Report,
) -> Option<PathBuf> {
    if Distribution::of_file_name(name).is_some() || name.as_str().ends_with(".whl") {
        return Some(request.packages_dir.join(name.as_str()));
    }
    let Some(rename) = &request.rename else { return Some(request.assets_dir.join(name.as_str())) };
    let renamed = rename.apply(name.as_str(), &chosen.artifact.name, &chosen.workflow);
    match renamed.parse::<FileName>() {
        Ok(renamed) => Some(request.assets_dir.join(renamed.as_str())),
        Err(error) => {
            report.push(
                CONFLICT
                    .finding(format!("`rename` makes a bad name of it: {error}"))
                    .in_file(name.as_str())
                    .hint("correct the pattern of `rename`"),
            );
            None
        }
    }
}

/// Whether the file already stands where it belongs; other bytes there are a finding.
pub(super) fn placed(placement: &Placement, disk: &DiskRead, report: &mut Report) -> Result<bool, DiskError> {
    if !placement.target.exists() {
        return Ok(false);
    }
    let there = disk.hashes(&placement.target)?.sha256;
    if there != placement.sha256 {
        let message = format!(
            "it has sha256 {there} there, and sha256 {} in artifact `{}`",
            placement.sha256, placement.artifact
        );
        report.push(OCCUPIED.finding(message).in_file(placement.target.display().to_string()));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(pattern: &str, name: &str) -> String {
        pattern.parse::<Rename>().expect("good").apply(name, "tool-linux", "build.yml")
    }

    #[test]
    fn patterns_are_filled_in() {
        assert_eq!(renamed("{stem}-{artifact}{ext}", "games.exe"), "games-tool-linux.exe");
        assert_eq!(renamed("{artifact}-{name}", "games"), "tool-linux-games");
        assert_eq!(renamed("{workflow}-{stem}{ext}", ".config"), "build-.config");
        assert_eq!(renamed("{name}", "{artifact}"), "{artifact}");
    }

    #[test]
    fn bad_patterns_are_refused() {
        for (pattern, error) in [
            ("{os}-{name}", RenameError::Placeholder { word: "os".into() }),
            ("{name", RenameError::Brace),
            ("tool", RenameError::Constant),
        ] {
            assert_eq!(pattern.parse::<Rename>(), Err(error), "{pattern}");
        }
    }
}
