//! From the inputs `expect` and `package-tree` to what the files are compared with.

use super::requests::Requests;
use crate::action::error::InputError;
use crate::action::files;
use crate::action::nearest::nearest;
use crate::model::expect::{ExpectError, Expected};
use crate::modes::validate_wheels::expected::GUESSES;
use crate::modes::validate_wheels::package_tree::PackageTree;
use crate::report::policy::Selector;

impl Requests<'_> {
    /// The wheels and the sdist that were asked for.
    ///
    /// # Errors
    /// When a line cannot be read. The message names it, the word and the one that was likely meant.
    pub(super) fn expect(&self) -> Result<Option<Expected>, InputError> {
        let Some(text) = self.inputs.text("expect") else { return Ok(None) };
        text.parse().map(Some).map_err(|error: ExpectError| {
            let candidates = error.candidates();
            let meant = error.word().and_then(|word| nearest(word, candidates.iter().map(String::as_str)));
            let hint = meant.map(|meant| format!("did you mean `{meant}`?"));
            let hint = hint.unwrap_or_else(|| "`docs/expect.md` says what a line may be".to_owned());
            self.inputs.refused("expect", error.to_string(), Some(&hint))
        })
    }

    /// The packages in the checkout.
    ///
    /// # Errors
    /// When a text names no package, or there is nothing at its path.
    pub(super) fn package_trees(&self) -> Result<Vec<PackageTree>, InputError> {
        let trees: Vec<PackageTree> = self.inputs.parsed_list("package-tree")?;
        match trees.iter().find(|tree| !files::is_there(&tree.path)) {
            Some(PackageTree { path, .. }) => {
                let why = format!("there is no folder `{}`", path.display());
                let hint =
                    "is the path relative to the folder the program runs in, and is the project checked out?";
                Err(self.inputs.refused("package-tree", why, Some(hint)))
            }
            None => Ok(trees),
        }
    }

    /// The rules that guess at what is missing: where it was said what has to be there, they are left aside.
    pub(super) fn guesses(&self) -> Result<Vec<Selector>, InputError> {
        let is_said = self.inputs.has("expect") && self.expect()?.is_some();
        let guesses = GUESSES.into_iter().filter(|_| is_said);
        Ok(guesses.filter_map(|id| Selector::find(id, GUESSES)).collect())
    }
}
