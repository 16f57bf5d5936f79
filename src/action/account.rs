//! What a run has to say in the end. The log, the step summary, the outputs and the report are views of it.

use super::outcome::Conclusion;
use super::redaction::Redaction;
use super::schema::OUTPUTS;
use crate::model::digest::Sha256;
use crate::plan::OutputField;
use crate::report::{Finding, Place, Report};

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
        }
    }

    /// All outputs, `outcome` first.
    pub(crate) fn outputs(&self) -> Vec<OutputField> {
        debug_assert!(
            self.fields.iter().all(|(name, _)| OUTPUTS.iter().any(|output| output.name == *name)),
            "`{}` sets an output that the schema does not have",
            self.mode,
        );
        let outcome = ("outcome", self.conclusion.outcome.to_string());
        std::iter::once(outcome).chain(self.fields.iter().cloned()).collect()
    }

    /// The same account with `***` in place of every secret that a stranger's text may have repeated.
    pub(crate) fn redacted(self, redaction: &Redaction) -> Self {
        let Self { mode, conclusion, plan, left, report, files, fields, trouble } = self;
        let all = |texts: Vec<String>| texts.iter().map(|text| redaction.apply(text)).collect::<Vec<_>>();
        let maybe = |text: Option<String>| text.map(|text| redaction.apply(&text));
        Self {
            mode,
            conclusion,
            plan: plan.into_iter().map(all).collect(),
            left: all(left),
            report: report.into_iter().map(|finding| redacted_finding(finding, redaction)).collect(),
            files: files
                .into_iter()
                .map(|FileRow { name, size_bytes, sha256 }| FileRow {
                    name: redaction.apply(&name),
                    size_bytes,
                    sha256,
                })
                .collect(),
            fields: fields.into_iter().map(|(name, value)| (name, redaction.apply(&value))).collect(),
            trouble: trouble.map(|Trouble { chain, hint }| Trouble { chain: all(chain), hint: maybe(hint) }),
        }
    }
}

fn redacted_finding(finding: Finding, redaction: &Redaction) -> Finding {
    let Finding { check, severity, place: Place { file, member }, message, hint, rejected_by } = finding;
    let maybe = |text: Option<String>| text.map(|text| redaction.apply(&text));
    Finding {
        check,
        severity,
        place: Place { file: maybe(file), member: maybe(member) },
        message: redaction.apply(&message),
        hint: maybe(hint),
        rejected_by,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::plan::execute::Ending;
    use crate::report::{Rule, Severity};

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
                name: "demo-1.2.0-py3-none-any.whl".to_owned(),
                size_bytes: 12_345,
                sha256: Sha256::of(b"demo"),
            }],
            fields: vec![("wheels", "1".to_owned()), ("sdists", "0".to_owned())],
            trouble: None,
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
        }
    }

    #[test]
    fn no_part_of_an_account_keeps_a_secret() {
        let secret = "hunter2";
        let taint = |text: &str| format!("{text} {secret}");
        let mut account = blocked();
        account.plan[0][0] = taint("+");
        account.left = vec![taint("left")];
        account.fields = vec![("version", taint("1"))];
        account.files[0].name = taint("file");
        account.trouble = Some(Trouble { chain: vec![taint("why")], hint: Some(taint("hint")) });
        let finding = NO_SDIST.finding(taint("message")).in_file(taint("file")).at(taint("member"));
        account.report.push(finding.hint(taint("hint")));
        assert_eq!(format!("{account:?}").matches(secret).count(), 10);
        let redaction = Redaction::default();
        redaction.learn(secret);
        let shown = format!("{:?}", account.redacted(&redaction));
        assert_eq!((shown.matches(secret).count(), shown.matches("***").count()), (0, 10));
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
