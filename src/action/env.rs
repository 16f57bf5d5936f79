//! The only reader of the process's environment and arguments. What it returns is a plain value, and everything
//! else is a pure function of that.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;

use super::schema::aliases::ALIASES;
use super::schema::{INPUTS, Kind, input_named, variable};
use crate::model::target::secrets_among;

/// Variables that hold a secret whenever they are set, beside the secret inputs.
const SECRET_VARIABLES: [&str; 3] =
    ["GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN"];

/// The environment of one run. `Debug` shows names only: values may be secrets.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    values: BTreeMap<String, String>,
    /// Variables whose values are no UTF-8.
    unreadable: BTreeSet<String>,
}

impl Environment {
    /// Takes the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub(crate) fn of_process() -> Self {
        Self::of_os(std::env::vars_os())
    }

    fn of_os(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => drop(environment.values.insert(name, value)),
                Err(_) => drop(environment.unreadable.insert(name)),
            }
        }
        environment
    }

    /// The value of a variable, without the space around it; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// All variables that are text, as they are.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names of all variables that begin with `prefix`, readable or not, sorted.
    pub(crate) fn names_with(&self, prefix: &str) -> Vec<&str> {
        let mut names: Vec<_> = self.values.keys().chain(&self.unreadable).map(String::as_str).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        names
    }

    /// Whether the variable is set to something that is no UTF-8.
    pub(crate) fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.contains(name)
    }

    /// Every secret that is known before anything else happens: mask them first of all.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let inputs = INPUTS.iter().filter(|input| input.kind == Kind::Secret);
        let of_inputs = inputs.flat_map(|input| {
            let text = self.get(&variable(input.name)).into_iter();
            text.flat_map(|text| secrets_of(input.name, text))
        });
        let is_secret = |name| input_named(name).is_some_and(|input| input.kind == Kind::Secret);
        let aliases = ALIASES.iter().filter(|alias| is_secret(alias.of));
        let of_aliases = aliases.filter_map(|alias| self.get(&variable(alias.name)));
        of_inputs
            .chain(of_aliases)
            .chain(SECRET_VARIABLES.into_iter().filter_map(|name| self.get(name)))
            .collect()
    }
}

/// What has to be hidden of a secret input: its text, and where it holds several secrets each of them, since people and
/// services repeat them one by one.
pub(crate) fn secrets_of<'a>(name: &str, text: &'a str) -> Vec<&'a str> {
    let mut secrets = vec![text];
    if name == "credentials" {
        secrets.extend(secrets_among(text));
    }
    secrets
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let values = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, unreadable: BTreeSet::new() }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// The arguments of this process without its own name.
pub(crate) fn arguments() -> Vec<OsString> {
    std::env::args_os().skip(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_count_as_not_set_and_space_is_dropped() {
        let environment = Environment::from_iter([("A", ""), ("B", " \n"), ("C", " x\n")]);
        assert_eq!((environment.get("A"), environment.get("B"), environment.get("D")), (None, None, None));
        assert_eq!(environment.get("C"), Some("x"));
    }

    #[test]
    fn all_secrets_are_known_at_once_and_none_is_shown() {
        let environment = Environment::from_iter([
            ("INPUT_PASSWORD", "hunter2"),
            ("INPUT_CREDENTIALS", "pypi = one\nshelf = me two"),
            ("INPUT_GITHUB-TOKEN", "ghs_one"),
            ("GITHUB_TOKEN", "ghs_two"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "jwt"),
            ("INPUT_TAG", "v1.0.0"),
        ]);
        let several = "pypi = one\nshelf = me two";
        assert_eq!(environment.secrets(), ["ghs_one", several, "one", "two", "hunter2", "ghs_two", "jwt"]);
        assert!(!format!("{environment:?}").contains("hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn values_that_are_no_text_are_told_apart_from_missing_ones() {
        use std::os::unix::ffi::OsStringExt as _;
        let environment = Environment::of_os([("INPUT_TAG".into(), OsString::from_vec(vec![0xff]))]);
        assert!(environment.is_unreadable("INPUT_TAG") && environment.get("INPUT_TAG").is_none());
        assert_eq!(environment.names_with("INPUT_"), ["INPUT_TAG"]);
    }
}
