//! From the inputs `strict`, `fail-on` and `ignore` to a policy.

use super::requests::Requests;
use crate::action::error::InputError;
use crate::action::nearest::nearest;
use crate::action::rules;
use crate::checks;
use crate::modes;
use crate::report::policy::{FileSizeLimit, Policy, Selector};
use crate::report::{Rule, Severity, family};

/// What people call the severities.
const SEVERITIES: [(&str, Severity); 3] =
    [("error", Severity::Error), ("warning", Severity::Warning), ("info", Severity::Info)];

/// Why a rule cannot be named by `ignore`.
const VITAL: &str = "nothing would be verified, or other files released than those that were declared";

impl Requests<'_> {
    /// How the findings about files are judged.
    ///
    /// # Errors
    /// When an input names what is no severity, no rule and no family, or a rule that cannot be ignored.
    pub(super) fn policy(&self) -> Result<Policy, InputError> {
        let mut fail_from = Severity::Error;
        let mut fail_on = Vec::new();
        for name in self.inputs.list("fail-on") {
            match SEVERITIES.iter().find(|(word, _)| *word == name) {
                // Several of them: the one that stops at most.
                Some((_, severity)) => fail_from = fail_from.max(*severity),
                None => fail_on.push(self.selector("fail-on", &name, &ids(of_files(), |_| true))?),
            }
        }
        if self.inputs.flag("strict")? {
            fail_from = fail_from.max(Severity::Warning);
        }
        self.inputs.flag("verbose")?;
        let mut ignore = Vec::new();
        for name in self.inputs.list("ignore") {
            let selector = self.selector("ignore", &name, &ids(of_files(), |rule| !is_vital(rule)))?;
            if fail_on.contains(&selector) {
                let why = format!("`{name}` stands in `fail-on` too, and only one of the two can hold");
                return Err(self.inputs.refused("ignore", why, Some("take it out of one of them")));
            }
            ignore.push(selector);
        }
        ignore.extend(self.guesses()?.into_iter().filter(|guess| !fail_on.contains(guess)));
        let file_size = self.inputs.parsed("file-size-limit")?.unwrap_or(FileSizeLimit::USUAL);
        Ok(Policy { fail_from, fail_on, ignore, file_size })
    }

    fn selector(&self, input: &str, name: &str, ids: &[&'static str]) -> Result<Selector, InputError> {
        Selector::find(name, ids.iter().copied()).ok_or_else(|| {
            let shown: String = name.chars().take(60).flat_map(char::escape_debug).collect();
            if of_files().any(|rule| rule.id == name) {
                let why = format!("`{shown}` cannot be ignored: {VITAL}");
                return self.inputs.refused(input, why, Some("mend what it found, or leave the file out"));
            }
            if rules::all().any(|rule| rule.id == name || family(rule.id) == name) {
                let why = format!("`{shown}` says nothing about the contents of files");
                let hint =
                    "a policy is about wheels, sdists and crates; `release-action explain` says what a rule is about";
                return self.inputs.refused(input, why, Some(hint));
            }
            let words = SEVERITIES.iter().map(|(word, _)| *word).filter(|_| input == "fail-on");
            let names = ids.iter().flat_map(|id| [*id, family(id)]).chain(words);
            let hint = nearest(name, names).map(|nearest| format!("did you mean `{nearest}`?"));
            let hint = hint.unwrap_or_else(|| "`release-action checks` lists them all".to_owned());
            let why = format!("`{shown}` is neither a rule nor a family of rules");
            self.inputs.refused(input, why, Some(&hint))
        })
    }
}

/// The rules that a look at files may report.
fn of_files() -> impl Iterator<Item = &'static Rule> {
    checks::all().map(|check| &check.rule).chain(modes::rules_of_files())
}

/// An error of the modes themselves: there is no file, or the files are not those of the release.
fn is_vital(rule: &Rule) -> bool {
    let is_of_mode = modes::rules_of_files().any(|of_mode| of_mode.id == rule.id);
    is_of_mode && rule.severity == Severity::Error
}

fn ids(rules: impl Iterator<Item = &'static Rule>, keep: impl Fn(&Rule) -> bool) -> Vec<&'static str> {
    rules.filter(|rule| keep(rule)).map(|rule| rule.id).collect()
}
