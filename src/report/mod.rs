//! Findings: rules that did not hold. A finding is data; that we could not tell is an error and no finding.

pub mod policy;

use std::fmt;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Stops the run: a registry or an installer refuses it, it is unsafe, or the release would not be the one declared.
    Error,
    /// Likely a mistake that everybody tolerates.
    Warning,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// One rule, as its page in `docs/checks.md` tells it.
#[derive(Debug)]
pub struct Rule {
    /// `family/slug`, for ever.
    pub id: &'static str,
    /// What a finding of this rule weighs unless a policy says otherwise.
    pub severity: Severity,
    /// Who refuses such a file or such a step today.
    pub rejected_by: &'static [&'static str],
    /// One line: what was found. No full stop.
    pub summary: &'static str,
    /// Markdown: why it matters and where it comes from.
    pub explain: &'static str,
    /// What to do: one short imperative sentence. No full stop.
    pub fix: &'static str,
    /// What the rule stands on: a specification, an interface, an incident.
    pub sources: &'static [&'static str],
    /// The version of this program that first had the rule.
    pub since: &'static str,
}

/// Where a rule did not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user knows it; empty when the finding is about the whole set.
    pub file: Option<String>,
    /// The member inside the file.
    pub member: Option<String>,
}

/// A rule that did not hold, at one place.
///
/// The texts may hold strangers' bytes: whoever prints them neutralises them (`action::annotate`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub check: &'static str,
    /// What it weighs, after the policy.
    pub severity: Severity,
    /// What it weighed before a policy made it stop the run.
    pub raised_from: Option<Severity>,
    /// Where.
    pub place: Place,
    /// What was found: both sides of a mismatch, and where each came from.
    pub message: String,
    /// What to do: the rule's `fix`, unless more is known.
    pub hint: Option<String>,
    /// Who refuses it today.
    pub rejected_by: &'static [&'static str],
}

impl Rule {
    /// A finding of this rule about no file in particular. Its hint is the rule's `fix`, until a better one is known.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        Finding {
            check: self.id,
            severity: self.severity,
            raised_from: None,
            place: Place::default(),
            message: message.into(),
            hint: Some(self.fix.to_owned()),
            rejected_by: self.rejected_by,
        }
    }
}

impl Finding {
    /// What findings of one group have in common.
    fn kind(&self) -> (Option<&str>, &'static str, Option<&str>) {
        (self.place.file.as_deref(), self.check, self.hint.as_deref())
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.place.file = Some(file.into());
        self
    }

    /// Names the member inside the file.
    #[must_use]
    pub fn at(mut self, member: impl Into<String>) -> Self {
        self.place.member = Some(member.into());
        self
    }

    /// Says what to do where more is known than the rule's `fix` says.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// All findings of one look, in a stable order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
    ignored: Vec<Finding>,
}

/// How many findings there are of each weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What stops the run.
    pub errors: usize,
    /// What is likely a mistake.
    pub warnings: usize,
    /// What is worth knowing.
    pub notes: usize,
    /// What a policy left aside.
    pub ignored: usize,
}

/// The family of a rule: what stands before the slash of its id.
pub fn family(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}

fn sorted(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by(|a, b| (&a.place, a.check, &a.message).cmp(&(&b.place, b.check, &b.message)));
    sorted
}

impl Report {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The findings, sorted by place, then by rule, then by message.
    pub fn findings(&self) -> Vec<&Finding> {
        sorted(&self.findings)
    }

    /// What a policy left aside, in the same order.
    pub fn ignored(&self) -> Vec<&Finding> {
        sorted(&self.ignored)
    }

    /// How many findings a policy made stop the run.
    pub fn raised(&self) -> usize {
        self.findings.iter().filter(|finding| finding.raised_from.is_some()).count()
    }

    /// Takes in all of another report.
    pub fn merge(&mut self, other: Self) {
        let Self { findings, ignored } = other;
        self.findings.extend(findings);
        self.ignored.extend(ignored);
    }

    /// The same report, every finding changed by `change`.
    #[must_use]
    pub fn map(self, change: impl Fn(Finding) -> Finding) -> Self {
        let Self { findings, ignored } = self;
        let all = |findings: Vec<Finding>| findings.into_iter().map(&change).collect();
        Self { findings: all(findings), ignored: all(ignored) }
    }

    /// The same report with those findings only that `keep` says yes to; what was left aside stays so.
    #[must_use]
    pub fn filtered(mut self, keep: impl Fn(&Finding) -> bool) -> Self {
        self.findings.retain(keep);
        self
    }

    /// The findings for people: those of one file, rule and hint stand together, so that the hint is told once for
    /// all of them. What is about the whole file comes last in its group.
    pub fn groups(&self) -> Vec<Vec<&Finding>> {
        let mut sorted = self.findings();
        // A stable sort: the order inside a group is kept.
        sorted.sort_by_key(|finding| (finding.kind(), finding.place.member.is_none()));
        sorted.chunk_by(|a, b| a.kind() == b.kind()).map(<[_]>::to_vec).collect()
    }

    /// Whether anything was found that stops the run.
    pub fn blocks(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// The findings that stop the run.
    pub fn blockers(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// The same findings, those of rule `check` for information only.
    #[must_use]
    pub fn softened(mut self, check: &str) -> Self {
        for finding in self.findings.iter_mut().filter(|finding| finding.check == check) {
            finding.severity = Severity::Info;
        }
        self
    }

    /// How many findings there are of each weight.
    pub fn counts(&self) -> Counts {
        Counts {
            errors: self.count(Severity::Error),
            warnings: self.count(Severity::Warning),
            notes: self.count(Severity::Info),
            ignored: self.ignored.len(),
        }
    }

    /// How many findings weigh `severity`.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Extend<Finding> for Report {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        self.findings.extend(findings);
    }
}

impl FromIterator<Finding> for Report {
    fn from_iter<I: IntoIterator<Item = Finding>>(findings: I) -> Self {
        Self { findings: findings.into_iter().collect(), ignored: Vec::new() }
    }
}
