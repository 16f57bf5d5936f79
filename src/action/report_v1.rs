//! The report in JSON, version 1. `docs/report.md` describes it; this is the one place that writes it.

use serde::{Serialize, Serializer};

use super::account::{Account, FileRow, Trouble};
use crate::plan::OutputField;
use crate::report::{Counts, Finding, Place};

/// The form's name. A form that breaks readers gets another one.
const SCHEMA: &str = "release-action/report/v1";

#[derive(Serialize)]
struct ReportV1<'a> {
    schema: &'static str,
    mode: &'static str,
    ending: &'static str,
    applied: usize,
    error: Option<ErrorV1<'a>>,
    counts: CountsV1,
    findings: Vec<FindingV1<'a>>,
    ignored: Vec<FindingV1<'a>>,
    files: Vec<FileV1<'a>>,
    #[serde(serialize_with = "in_order")]
    outputs: Vec<OutputField>,
}

#[derive(Serialize)]
struct ErrorV1<'a> {
    messages: &'a [String],
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct CountsV1 {
    errors: usize,
    warnings: usize,
    notes: usize,
    ignored: usize,
}

#[derive(Serialize)]
struct FileV1<'a> {
    name: &'a str,
    kind: &'static str,
    size_bytes: u64,
    sha256: String,
    interpreter: Option<&'a str>,
    platform: Option<&'a str>,
    actual_platform: Option<&'a str>,
}

#[derive(Serialize)]
struct FindingV1<'a> {
    check: &'static str,
    severity: String,
    raised_from: Option<String>,
    file: Option<&'a str>,
    member: Option<&'a str>,
    message: &'a str,
    hint: Option<&'a str>,
    rejected_by: &'static [&'static str],
}

fn in_order<S: Serializer>(fields: &[OutputField], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

/// The report's text, with the end of its last line.
pub(crate) fn report_v1(account: &Account) -> String {
    let report = ReportV1 {
        schema: SCHEMA,
        mode: account.mode,
        ending: account.conclusion.ending,
        applied: account.conclusion.applied,
        error: account
            .trouble
            .as_ref()
            .map(|Trouble { chain, hint }| ErrorV1 { messages: chain, hint: hint.as_deref() }),
        counts: counts_v1(account.report.counts()),
        findings: account.report.findings().into_iter().map(finding_v1).collect(),
        ignored: account.report.ignored().into_iter().map(finding_v1).collect(),
        files: account.files.iter().map(file_v1).collect(),
        outputs: account.outputs(),
    };
    let text = serde_json::to_string_pretty(&report).expect("texts and numbers can be written as JSON");
    format!("{text}\n")
}

const fn counts_v1(counts: Counts) -> CountsV1 {
    let Counts { errors, warnings, notes, ignored } = counts;
    CountsV1 { errors, warnings, notes, ignored }
}

fn file_v1(file: &FileRow) -> FileV1<'_> {
    let FileRow { name, size_bytes, sha256, kind, runs_on, actual_platform } = file;
    FileV1 {
        name,
        kind,
        size_bytes: *size_bytes,
        sha256: sha256.to_string(),
        interpreter: runs_on.as_ref().map(|runs_on| runs_on.interpreter.as_str()),
        platform: runs_on.as_ref().map(|runs_on| runs_on.platform.as_str()),
        actual_platform: actual_platform.as_deref(),
    }
}

fn finding_v1(finding: &Finding) -> FindingV1<'_> {
    let Finding { check, severity, raised_from, place: Place { file, member }, message, hint, rejected_by } =
        finding;
    FindingV1 {
        check,
        severity: severity.to_string(),
        raised_from: raised_from.map(|severity| severity.to_string()),
        file: file.as_deref(),
        member: member.as_deref(),
        message,
        hint: hint.as_deref(),
        rejected_by,
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::tests::{blocked, partial};
    use super::*;

    const PAGE: &str = include_str!("../../docs/report.md");

    fn json(account: &Account) -> serde_json::Value {
        serde_json::from_str(&report_v1(account)).expect("JSON")
    }

    #[test]
    fn the_page_shows_a_real_report() {
        let example = PAGE.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
        assert_eq!(example.expect("an example"), report_v1(&documented()));
    }

    /// A run over a wheel with a changed member and a file that is no package.
    fn documented() -> Account {
        let rule = |id: &str| &crate::checks::all().find(|check| check.rule.id == id).expect("a rule").rule;
        let digest = rule("record/digest-mismatch")
            .finding(
                "line 1 of RECORD states `sha256=1n4ulEmUSWyNjsdu7Qz58JZ5RI1YS1Mr6_lBhSo39e0`, and the file's digest \
                 is `47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU`",
            )
            .in_file("dist/demo-1.2.0-py3-none-any.whl")
            .at("demo/__init__.py");
        let kind = rule("filename/extension")
            .finding("it is no wheel (`.whl`), no sdist (`.tar.gz`) and no packed crate (`.crate`)")
            .in_file("dist/demo.zip");
        let fields = [("wheels", "1"), ("sdists", "0"), ("files", "2")];
        Account {
            report: [digest, kind].into_iter().collect(),
            fields: fields.map(|(name, value)| (name.into(), value.to_owned())).to_vec(),
            ..blocked()
        }
    }

    #[test]
    fn the_page_describes_every_key() {
        let report = json(&blocked());
        let keys = report.as_object().expect("an object").keys().cloned();
        let of = |part: &'static str, value: &serde_json::Value| {
            let keys = value.as_object().expect("an object").keys().cloned();
            keys.map(|key| format!("{part}.{key}")).collect::<Vec<_>>()
        };
        let of_finding = of("findings[]", &report["findings"][0]);
        let of_file = of("files[]", &report["files"][0]);
        let of_counts = of("counts", &report["counts"]);
        for key in keys.chain(of_finding).chain(of_file).chain(of_counts) {
            assert!(PAGE.contains(&format!("| `{key}` |")), "{key}");
        }
    }

    #[test]
    fn outputs_are_texts_and_the_outcome_is_one() {
        let report = json(&partial());
        assert_eq!(report["outputs"], serde_json::json!({ "outcome": "partial" }));
        assert_eq!((&report["ending"], &report["applied"]), (&"error".into(), &1.into()));
    }

    #[test]
    fn hostile_text_stays_inside_its_string() {
        let mut account = blocked();
        let text = "\"}],\n\u{1b}\u{0}\u{202e}";
        account.fields = vec![("version".into(), text.to_owned())];
        assert_eq!(json(&account)["outputs"]["version"], text);
        assert!(!report_v1(&account).contains('\u{1b}'));
    }
}
