//! What the user makes of findings: which of them stop the run beside errors, and which are left aside.
//!
//! A policy is a value that is applied to a report. What may be named in one is decided where it is read; that a file
//! nobody could look into is never left aside is decided here.

use std::str::FromStr;

use super::{Finding, Report, Severity, family};

/// Families about the container itself, whose errors mean that tools read different contents out of one file, or that no
/// registry takes it. Naming
/// such a family leaves its warnings and notes aside; an error is named by its own id.
const CONTAINERS: &[&str] = &["archive", "sdist", "crate"];

/// One rule, or all rules of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selector(&'static str);

impl Selector {
    /// The rule or the family that is called `text`, where one of `ids` is or belongs to it.
    pub fn find(text: &str, ids: impl IntoIterator<Item = &'static str>) -> Option<Self> {
        let names = ids.into_iter().flat_map(|id| [id, family(id)]);
        names.into_iter().find(|name| *name == text).map(Self)
    }

    /// The name as the user wrote it.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether the rule `id` is the one, or belongs to the family.
    pub fn covers(self, id: &str) -> bool {
        self.0 == id || self.0 == family(id)
    }

    /// Whether it leaves a finding aside that it covers.
    fn lets_go(self, finding: &Finding) -> bool {
        let by_id = self.0 == finding.check;
        let is_container = CONTAINERS.contains(&family(finding.check)) && finding.severity == Severity::Error;
        by_id || (self.covers(finding.check) && !is_container)
    }
}

/// The user's policy. The default one changes nothing: errors stop the run, and nothing else does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Findings that weigh as much as this, or more, stop the run.
    pub fail_from: Severity,
    /// Findings of these stop the run too, whatever they weigh.
    pub fail_on: Vec<Selector>,
    /// Findings of these are counted and left aside; this stands above the others.
    pub ignore: Vec<Selector>,
    /// How large a file may be that the index takes.
    pub file_size: FileSizeLimit,
}

/// Most bytes of a file that an index takes of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSizeLimit(u64);

impl FileSizeLimit {
    /// What PyPI takes of a project that asked for no more.
    pub const USUAL: Self = Self(100 << 20);
    /// The most that PyPI ever grants, in MiB.
    const MOST_MEBIBYTES: u64 = 1024;

    /// The limit in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// Why a text is no limit for the size of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no whole number of MiB from 1 to {most}", most = FileSizeLimit::MOST_MEBIBYTES)]
pub struct FileSizeLimitError {
    text: String,
}

impl FromStr for FileSizeLimit {
    type Err = FileSizeLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok().filter(|number| (1..=Self::MOST_MEBIBYTES).contains(number));
        number
            .map(|number: u64| Self(number << 20))
            .ok_or_else(|| FileSizeLimitError { text: text.chars().take(60).collect() })
    }
}

impl Default for Policy {
    fn default() -> Self {
        let (fail_on, ignore) = (Vec::new(), Vec::new());
        Self { fail_from: Severity::Error, fail_on, ignore, file_size: FileSizeLimit::USUAL }
    }
}

impl Policy {
    /// The report by this policy: what stops the run weighs `error` and remembers what it weighed before, and what is
    /// left aside stands apart. Findings that are `vital` are never left aside: nothing is known about their file.
    #[must_use]
    pub fn apply(&self, report: Report, vital: impl Fn(&Finding) -> bool) -> Report {
        let Report { findings, mut ignored } = report;
        let mut kept = Vec::with_capacity(findings.len());
        for mut finding in findings {
            let is_ignored = self.ignore.iter().any(|selector| selector.lets_go(&finding));
            if is_ignored && !vital(&finding) {
                ignored.push(finding);
                continue;
            }
            let severity = finding.severity;
            if severity != Severity::Error && self.stops_at(&finding) {
                finding.severity = Severity::Error;
                finding.raised_from = Some(severity);
            }
            kept.push(finding);
        }
        Report { findings: kept, ignored }
    }

    fn stops_at(&self, finding: &Finding) -> bool {
        // The heaviest comes first.
        finding.severity <= self.fail_from
            || self.fail_on.iter().any(|selector| selector.covers(finding.check))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rule;
    use super::*;

    const IDS: [&str; 4] = ["archive/size", "record/path", "record/no-size", "filename/tag-order"];

    const fn rule(id: &'static str, severity: Severity) -> Rule {
        Rule {
            id,
            severity,
            rejected_by: &[],
            summary: "x",
            explain: "x",
            fix: "x",
            sources: &["x"],
            since: "0.1.0",
        }
    }

    fn report() -> Report {
        [
            rule(IDS[0], Severity::Error),
            rule(IDS[1], Severity::Error),
            rule(IDS[2], Severity::Warning),
            rule(IDS[3], Severity::Info),
        ]
        .iter()
        .map(|rule| rule.finding("x"))
        .collect()
    }

    fn selectors(names: &[&str]) -> Vec<Selector> {
        names.iter().map(|name| Selector::find(name, IDS).expect("known")).collect()
    }

    /// Each finding's id and severity, what it weighed before in brackets, and what was left aside behind a bar.
    fn check(policy: &Policy, vital: &str, expected: &str) {
        let report = policy.apply(report(), |finding| finding.check == vital);
        let shown = |finding: &&Finding| {
            let raised = finding.raised_from.map(|from| format!("[{from}]")).unwrap_or_default();
            format!("{} {}{raised}", finding.check, finding.severity)
        };
        let kept: Vec<_> = report.findings().iter().map(shown).collect();
        let ignored: Vec<_> = report.ignored().iter().map(shown).collect();
        assert_eq!(format!("{} | {}", kept.join(", "), ignored.join(", ")), expected);
        assert_eq!(report.blocks(), report.findings().iter().any(|found| found.severity == Severity::Error));
    }

    #[test]
    fn the_default_changes_nothing() {
        assert_eq!(Policy::default().apply(report(), |_| false), report());
    }

    #[test]
    fn a_lower_bar_stops_at_more() {
        let from = |fail_from| Policy { fail_from, ..Policy::default() };
        check(
            &from(Severity::Warning),
            "",
            "archive/size error, filename/tag-order info, record/no-size error[warning], record/path error | ",
        );
        check(
            &from(Severity::Info),
            "",
            "archive/size error, filename/tag-order error[info], record/no-size error[warning], record/path error | ",
        );
    }

    #[test]
    fn a_rule_or_family_stops_the_run_whatever_it_weighs() {
        let policy = Policy { fail_on: selectors(&["filename", "record/no-size"]), ..Policy::default() };
        check(
            &policy,
            "",
            "archive/size error, filename/tag-order error[info], record/no-size error[warning], record/path error | ",
        );
    }

    #[test]
    fn what_is_ignored_stops_nothing_and_is_kept_apart() {
        let policy = Policy {
            fail_from: Severity::Info,
            fail_on: selectors(&["record"]),
            ignore: selectors(&["record", "filename/tag-order"]),
            ..Policy::default()
        };
        check(
            &policy,
            "",
            "archive/size error | filename/tag-order info, record/no-size warning, record/path error",
        );
        check(
            &policy,
            "record/path",
            "archive/size error, record/path error | filename/tag-order info, record/no-size warning",
        );
    }

    #[test]
    fn an_error_of_a_container_is_ignored_by_its_id_only() {
        let ignore = |name| Policy { ignore: selectors(&[name]), ..Policy::default() };
        let rest = "filename/tag-order info, record/no-size warning, record/path error";
        check(&ignore("archive"), "", &format!("archive/size error, {rest} | "));
        check(&ignore("archive/size"), "", &format!("{rest} | archive/size error"));
    }

    #[test]
    fn names_are_whole_ids_and_whole_families() {
        assert_eq!(Selector::find("record", IDS).map(Selector::as_str), Some("record"));
        assert_eq!(Selector::find("record/path", IDS).map(Selector::as_str), Some("record/path"));
        for name in ["rec", "record/", "path", "", "record/path/x", "/"] {
            assert_eq!(Selector::find(name, IDS), None, "{name}");
        }
    }
}
