//! What a run has to say in the end. The log, the step summary, the outputs and the report are views of it.

use std::collections::BTreeSet;

use super::outcome::Conclusion;
use super::platforms::RunsOn;
use super::redaction::Redaction;
use super::schema::{ModeName, is_output_of};
use crate::checks;
use crate::model::artifact::{Artifact, ArtifactKind, Distribution};
use crate::model::digest::Sha256;
use crate::plan::{OutputField, SeenFile};
use crate::report::{Finding, Place, Report, Severity};

/// The account of one run.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The mode that ran, as users call it.
    pub(crate) mode: &'static str,
    /// How it ended.
    pub(crate) conclusion: Conclusion,
    /// The first look's plan: waves of lines, each with its sign.
    pub(crate) plan: Vec<Vec<String>>,
    /// Steps that are known to be left, when the run did not come to its end.
    pub(crate) left: Vec<String>,
    /// The last look's findings.
    pub(crate) report: Report,
    /// The files of the release, sorted by name.
    pub(crate) files: Vec<FileRow>,
    /// The mode's outputs, without `outcome`.
    pub(crate) fields: Vec<OutputField>,
    /// Why the run did not come to its end.
    pub(crate) trouble: Option<Trouble>,
    /// Whether people want to hear every note about a file.
    pub(crate) verbose: bool,
}

/// One file of the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileRow {
    /// Its name.
    pub(crate) name: String,
    /// Its size in bytes.
    pub(crate) size_bytes: u64,
    /// The digest of its bytes.
    pub(crate) sha256: Sha256,
    /// `wheel`, `sdist`, `crate` or `other`.
    pub(crate) kind: &'static str,
    /// What a wheel's name says of where it runs.
    pub(crate) runs_on: Option<RunsOn>,
    /// The platform that the contents of a wheel ask for, where that was found out.
    pub(crate) actual_platform: Option<String>,
}

impl FileRow {
    /// What is told of a file.
    pub(crate) fn of(seen: &SeenFile) -> Self {
        let SeenFile { artifact, actual_platform } = seen;
        let Artifact { file_name, size_bytes, sha256, kind } = artifact;
        let (kind, runs_on) = match kind {
            ArtifactKind::Distribution(Distribution::Wheel(name)) => {
                ("wheel", Some(RunsOn::of_tags(name.python(), name.abi(), name.platform())))
            }
            ArtifactKind::Distribution(Distribution::Sdist(_)) => ("sdist", None),
            ArtifactKind::Crate(_) => ("crate", None),
            ArtifactKind::Other => ("other", None),
        };
        Self {
            name: file_name.to_string(),
            size_bytes: *size_bytes,
            sha256: *sha256,
            kind,
            runs_on,
            actual_platform: actual_platform.clone(),
        }
    }

    fn redacted(self, redaction: &Redaction) -> Self {
        let Self { name, size_bytes, sha256, kind, runs_on, actual_platform } = self;
        Self {
            name: redaction.apply(&name),
            size_bytes,
            sha256,
            kind,
            runs_on: runs_on.map(|RunsOn { interpreter, platform }| RunsOn {
                interpreter: redaction.apply(&interpreter),
                platform: redaction.apply(&platform),
            }),
            actual_platform: actual_platform.map(|platform| redaction.apply(&platform)),
        }
    }
}

/// An error, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What happened, then its cause, then the cause of that; at least one.
    pub(crate) chain: Vec<String>,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl Trouble {
    /// Takes an error and all its causes. A message that only repeats the one before it is left out.
    pub(crate) fn of(error: &dyn std::error::Error, hint: Option<String>) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let mut chain: Vec<_> = causes.map(ToString::to_string).collect();
        chain.dedup();
        Self { chain, hint }
    }
}

impl Account {
    /// The account of a run that saw nothing but an error.
    pub(crate) fn of_trouble(mode: &'static str, conclusion: Conclusion, trouble: Trouble) -> Self {
        Self {
            mode,
            conclusion,
            plan: Vec::new(),
            left: Vec::new(),
            report: Report::default(),
            files: Vec::new(),
            fields: Vec::new(),
            trouble: Some(trouble),
            verbose: true,
        }
    }

    /// The findings for people, and how many notes are left out of them: notes about files are many, and would hide
    /// what matters. What the modes note about a release is always told.
    pub(crate) fn told(&self) -> (Report, usize) {
        if self.verbose {
            return (self.report.clone(), 0);
        }
        let of_files: BTreeSet<_> = checks::all().map(|check| check.rule.id).collect();
        let is_told =
            |finding: &Finding| finding.severity != Severity::Info || !of_files.contains(finding.check);
        let told = self.report.clone().filtered(is_told);
        let left_out = self.report.count(Severity::Info) - told.count(Severity::Info);
        (told, left_out)
    }

    /// All outputs, `outcome` first.
    pub(crate) fn outputs(&self) -> Vec<OutputField> {
        debug_assert!(
            ModeName::ALL.iter().any(|mode| self.fields.iter().all(|(name, _)| is_output_of(*mode, name))),
            "`{}` sets an output that the schema does not have",
            self.mode,
        );
        let outcome = ("outcome".into(), self.conclusion.outcome.to_string());
        std::iter::once(outcome).chain(self.fields.iter().cloned()).collect()
    }

    /// The same account with `***` in place of every secret that a stranger's text may have repeated.
    pub(crate) fn redacted(self, redaction: &Redaction) -> Self {
        let Self { mode, conclusion, plan, left, report, files, fields, trouble, verbose } = self;
        let all = |texts: Vec<String>| texts.iter().map(|text| redaction.apply(text)).collect::<Vec<_>>();
        let maybe = |text: Option<String>| text.map(|text| redaction.apply(&text));
        Self {
            mode,
            conclusion,
            plan: plan.into_iter().map(all).collect(),
            left: all(left),
            report: report.map(|finding| redacted_finding(finding, redaction)),
            files: files.into_iter().map(|file| file.redacted(redaction)).collect(),
            fields: fields.into_iter().map(|(name, value)| (name, redaction.apply(&value))).collect(),
            trouble: trouble.map(|Trouble { chain, hint }| Trouble { chain: all(chain), hint: maybe(hint) }),
            verbose,
        }
    }
}

fn redacted_finding(finding: Finding, redaction: &Redaction) -> Finding {
    let Finding { check, severity, raised_from, place: Place { file, member }, message, hint, rejected_by } =
        finding;
    let maybe = |text: Option<String>| text.map(|text| redaction.apply(&text));
    Finding {
        check,
        severity,
        raised_from,
        place: Place { file: maybe(file), member: maybe(member) },
        message: redaction.apply(&message),
        hint: maybe(hint),
        rejected_by,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::artifact::FileName;
    use crate::model::digest::Hashes;
    use crate::plan::execute::Ending;
    use crate::report::Rule;
    use crate::report::policy::{Policy, Selector};

    const HASH_MISMATCH: Rule = Rule {
        id: "record/hash-mismatch",
        severity: Severity::Error,
        rejected_by: &["pip", "uv"],
        summary: "a member's digest is not the one in RECORD",
        explain: "",
        fix: "build the wheel again, and change nothing in it afterwards",
        sources: &["a specification"],
        since: "0.1.0",
    };

    const NO_SDIST: Rule = Rule {
        id: "set/no-sdist",
        severity: Severity::Warning,
        rejected_by: &[],
        fix: "build an sdist beside the wheels",
        ..HASH_MISMATCH
    };

    /// A file of this name.
    pub(crate) fn file_row(name: &str, size_bytes: u64) -> FileRow {
        let file_name: FileName = name.parse().expect("a file name");
        let kind =
            Distribution::of_file_name(&file_name).map_or(ArtifactKind::Other, ArtifactKind::Distribution);
        let artifact = Artifact::new(file_name, Hashes::of(name.as_bytes()), kind);
        FileRow { size_bytes, ..FileRow::of(&SeenFile::of(artifact)) }
    }

    /// The account that `docs/report.md` shows.
    pub(crate) fn blocked() -> Account {
        let mismatch = HASH_MISMATCH
            .finding("RECORD states another digest than the member has")
            .in_file("demo-1.2.0-py3-none-any.whl")
            .at("demo/__init__.py");
        Account {
            mode: "validate-wheels",
            conclusion: Conclusion::of_ending(Ending::Blocked, 0),
            plan: vec![vec!["+ write manifest.json".to_owned(), "+ write SHA256SUMS".to_owned()]],
            left: Vec::new(),
            report: [mismatch, NO_SDIST.finding("there is no sdist")].into_iter().collect(),
            files: vec![FileRow {
                sha256: Sha256::of(b"demo"),
                ..file_row("demo-1.2.0-py3-none-any.whl", 12_345)
            }],
            fields: vec![("wheels".into(), "1".to_owned()), ("sdists".into(), "0".to_owned())],
            trouble: None,
            verbose: true,
        }
    }

    /// Several findings of one rule, in two files, one of them with a hint of its own, and one of another rule.
    pub(crate) fn repeated() -> Report {
        let mismatch = |file: &str, member: &str| HASH_MISMATCH.finding("differs").in_file(file).at(member);
        let more = HASH_MISMATCH.finding("and 80 more of this kind").in_file("a.whl");
        let another = NO_SDIST.finding("another rule").in_file("a.whl").at("b.py");
        let signed = mismatch("a.whl", "b.so").hint("sign it before the wheel is packed");
        let first = ["a.py", "b.py", "c.py"].map(|member| mismatch("a.whl", member));
        let second = ["a.py", "b.py"].map(|member| mismatch("b.whl", member));
        first.into_iter().chain([more, another, signed]).chain(second).collect()
    }

    /// The account of a run that broke off.
    pub(crate) fn partial() -> Account {
        Account {
            mode: "publish",
            conclusion: Conclusion::unsure(1),
            plan: vec![vec!["! upload `a.whl`".to_owned()], vec!["! upload `b.whl`".to_owned()]],
            left: vec!["upload `b.whl`".to_owned()],
            report: Report::default(),
            files: Vec::new(),
            fields: Vec::new(),
            trouble: Some(Trouble {
                chain: vec![
                    "upload `b.whl` did not come about".to_owned(),
                    "the index answered 502 (upload)".to_owned(),
                ],
                hint: Some("is the index up?".to_owned()),
            }),
            verbose: true,
        }
    }

    #[test]
    fn no_part_of_an_account_keeps_a_secret() {
        let secret = "hunter2";
        let taint = |text: &str| format!("{text} {secret}");
        let mut account = blocked();
        account.plan[0][0] = taint("+");
        account.left = vec![taint("left")];
        account.fields = vec![("version".into(), taint("1"))];
        account.files[0].name = taint("file");
        account.files[0].actual_platform = Some(taint("platform"));
        account.files[0].runs_on =
            Some(RunsOn { interpreter: taint("interpreter"), platform: taint("platform") });
        account.trouble = Some(Trouble { chain: vec![taint("why")], hint: Some(taint("hint")) });
        let finding = NO_SDIST.finding(taint("message")).in_file(taint("file")).at(taint("member"));
        account.report.push(finding.hint(taint("hint")));
        let ignore = Selector::find("set", [NO_SDIST.id]).into_iter().collect();
        let policy = Policy { ignore, ..Policy::default() };
        let ignored = NO_SDIST.finding(taint("message")).in_file(taint("file"));
        account.report.merge(policy.apply([ignored].into_iter().collect(), |_| false));
        assert_eq!(format!("{account:?}").matches(secret).count(), 15);
        let redaction = Redaction::default();
        redaction.learn(secret);
        let shown = format!("{:?}", account.redacted(&redaction));
        assert_eq!((shown.matches(secret).count(), shown.matches("***").count()), (0, 15));
    }

    #[test]
    fn notes_about_files_are_left_out_and_those_about_the_release_are_told() {
        let rule = |id| &checks::all().find(|check| check.rule.id == id).expect("a rule").rule;
        let note = rule("filename/tag-order").finding("not sorted");
        let kept = Finding { check: "release/text-kept", ..note.clone() };
        let report: Report = [note, kept, NO_SDIST.finding("none")].into_iter().collect();
        let account = |verbose| Account { report: report.clone(), verbose, ..blocked() };
        let (told, left_out) = account(false).told();
        let ids: Vec<_> = told.findings().iter().map(|finding| finding.check).collect();
        assert_eq!((ids, left_out), (vec!["release/text-kept", "set/no-sdist"], 1));
        assert_eq!(account(true).told(), (report, 0));
    }

    #[test]
    fn causes_are_told_once_each() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        let trouble = Trouble::of(&Outer(std::io::Error::other("inner")), None);
        assert_eq!(trouble.chain, ["outer", "inner"]);
    }
}
