//! How files are called when they are placed.

use std::fmt;
use std::str::FromStr;

/// A pattern for the names of files that are no distributions: text with `{name}`, `{stem}`, `{ext}`,
/// `{artifact}` and `{workflow}` in it. `{ext}` has its dot, `{workflow}` has no ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename(String);

/// Why a text is no pattern for names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RenameError {
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
    /// The name that a file called `name` gets; `workflow` is a file name.
    pub fn apply(&self, name: &str, artifact: &str, workflow: &str) -> String {
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
