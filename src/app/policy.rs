//! From the inputs `strict`, `fail-on` and `ignore` to a policy.

use super::requests::Requests;
use crate::action::error::InputError;
use crate::action::nearest::nearest;
use crate::action::rules;
use crate::checks;
use crate::modes::{self, verify_tag};
use crate::report::policy::{FileSizeLimit, Policy, Selector};
use crate::report::{Rule, Severity, family};

/// What people call the severities.
const SEVERITIES: [(&str, Severity); 3] =
    [("error", Severity::Error), ("warning", Severity::Warning), ("info", Severity::Info)];

/// What a policy is about.
struct Realm {
    /// The rules that can be named.
    rules: fn() -> Vec<&'static Rule>,
    /// Those that cannot be named by `ignore`.
    is_vital: fn(&Rule) -> bool,
    /// Why they cannot.
    why_vital: &'static str,
    /// What to do about what they found.
    instead: &'static str,
    /// What the rules of others say nothing about.
    subject: &'static str,
    /// What the policy is about.
    about: &'static str,
}

const FILES: Realm = Realm {
    rules: of_files,
    is_vital: is_vital_of_files,
    why_vital: "nothing would be verified, or other files released than those that were declared",
    instead: "mend what it found, or leave the file out",
    subject: "the contents of files",
    about: "wheels, sdists and crates",
};

const TAGS: Realm = Realm {
    rules: || verify_tag::RULES.iter().collect(),
    is_vital: |rule| verify_tag::is_vital(rule.id),
    why_vital: "there would be no version or no tag to release, or what another input demands would not hold",
    instead: "mend what it found, or take back the input that demands it",
    subject: "tags",
    about: "the tag and what it stands on",
};

impl Requests<'_> {
    /// How the findings about files are judged.
    ///
    /// # Errors
    /// When an input names what is no severity, no rule and no family, or a rule that cannot be ignored.
    pub(super) fn policy(&self) -> Result<Policy, InputError> {
        let mut policy = self.policy_about(&FILES)?;
        let guesses = self.guesses()?;
        policy.ignore.extend(guesses.into_iter().filter(|guess| !policy.fail_on.contains(guess)));
        policy.file_size = self.inputs.parsed("file-size-limit")?.unwrap_or(FileSizeLimit::USUAL);
        Ok(policy)
    }

    /// How the findings about a tag are judged.
    ///
    /// # Errors
    /// As [`Self::policy`].
    pub(super) fn policy_of_tag(&self) -> Result<Policy, InputError> {
        self.policy_about(&TAGS)
    }

    fn policy_about(&self, realm: &Realm) -> Result<Policy, InputError> {
        let all = (realm.rules)();
        let ids = |keep: fn(&Rule, &Realm) -> bool| -> Vec<&'static str> {
            all.iter().filter(|rule| keep(rule, realm)).map(|rule| rule.id).collect()
        };
        let mut fail_from = Severity::Error;
        let mut fail_on = Vec::new();
        for name in self.inputs.list("fail-on") {
            match SEVERITIES.iter().find(|(word, _)| *word == name) {
                // Several of them: the one that stops at most.
                Some((_, severity)) => fail_from = fail_from.max(*severity),
                None => fail_on.push(self.selector("fail-on", &name, &ids(|_, _| true), realm)?),
            }
        }
        if self.inputs.flag("strict")? {
            fail_from = fail_from.max(Severity::Warning);
        }
        self.inputs.flag("verbose")?;
        let mut ignore = Vec::new();
        for name in self.inputs.list("ignore") {
            let selector =
                self.selector("ignore", &name, &ids(|rule, realm| !(realm.is_vital)(rule)), realm)?;
            if fail_on.contains(&selector) {
                let why = format!("`{name}` stands in `fail-on` too, and only one of the two can hold");
                return Err(self.inputs.refused("ignore", why, Some("take it out of one of them")));
            }
            ignore.push(selector);
        }
        Ok(Policy { fail_from, fail_on, ignore, file_size: FileSizeLimit::USUAL })
    }

    fn selector(
        &self,
        input: &str,
        name: &str,
        ids: &[&'static str],
        realm: &Realm,
    ) -> Result<Selector, InputError> {
        Selector::find(name, ids.iter().copied()).ok_or_else(|| {
            let shown: String = name.chars().take(60).flat_map(char::escape_debug).collect();
            if (realm.rules)().iter().any(|rule| rule.id == name) {
                let why = format!("`{shown}` cannot be ignored: {}", realm.why_vital);
                return self.inputs.refused(input, why, Some(realm.instead));
            }
            if rules::all().any(|rule| rule.id == name || family(rule.id) == name) {
                let why = format!("`{shown}` says nothing about {}", realm.subject);
                let hint = format!(
                    "a policy is about {}; `release-action explain` says what a rule is about",
                    realm.about
                );
                return self.inputs.refused(input, why, Some(&hint));
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
fn of_files() -> Vec<&'static Rule> {
    checks::all().map(|check| &check.rule).chain(modes::rules_of_files()).collect()
}

/// An error of the modes themselves: there is no file, or the files are not those of the release.
fn is_vital_of_files(rule: &Rule) -> bool {
    let is_of_mode = modes::rules_of_files().any(|of_mode| of_mode.id == rule.id);
    is_of_mode && rule.severity == Severity::Error
}
