//! How files are called when they are placed, and when they are stored on a release page.

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
    #[error("`{{{word}}}` is no placeholder; there are {known}")]
    Placeholder { word: String, known: String },
    #[error("a brace is not closed")]
    Brace,
    #[error("it has neither {{name}} nor {{stem}}, so all files would have one name")]
    Constant,
    #[error("`{text}` is no pattern for names: {why}")]
    Glob { text: String, why: &'static str },
}

const PLACEHOLDERS: &[&str] = &["name", "stem", "ext", "artifact", "workflow"];

impl FromStr for Rename {
    type Err = RenameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        checked(text, PLACEHOLDERS).map(Self)
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
        let (stem, ext) = stem_and_ext(name);
        let workflow = workflow.trim_end_matches(".yml").trim_end_matches(".yaml");
        let word = |word: &str| match word {
            "name" => name,
            "stem" => stem,
            "ext" => ext,
            "artifact" => artifact,
            _ => workflow,
        };
        filled(&self.0, |text| Ok::<_, std::convert::Infallible>(word(text)))
            .unwrap_or_else(|never| match never {})
    }
}

/// A pattern for whole file names, with `*`, `?` and `[…]`; without any of them it is one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameGlob(glob::Pattern);

impl NameGlob {
    /// Whether a file of this name is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.0.matches(name)
    }
}

impl FromStr for NameGlob {
    type Err = RenameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern = glob::Pattern::new(text);
        pattern
            .map(Self)
            .map_err(|error| RenameError::Glob { text: text.chars().take(80).collect(), why: error.msg })
    }
}

impl fmt::Display for NameGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// One line about how files are called on a release page: `TEMPLATE` for all that are neither distributions nor
/// records, or `GLOB -> TEMPLATE` for those that the glob matches. A template is text with `{name}`, `{stem}`,
/// `{ext}`, `{os}`, `{arch}`, `{version}` and `{tag}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAs {
    glob: Option<NameGlob>,
    template: String,
}

const STORED_PLACEHOLDERS: &[&str] = &["name", "stem", "ext", "os", "arch", "version", "tag"];

/// What a template is filled with.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// The file's name.
    pub name: &'a str,
    /// The system that the file runs on, and the processor; of programs only.
    pub target: Option<(&'static str, &'static str)>,
    /// The version, as the tag spells it.
    pub version: &'a str,
    /// The tag.
    pub tag: &'a str,
}

/// A template asks for the system or the processor of a file that is no program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTarget;

impl StoredAs {
    /// Whether the line is about each file of its own accord, and not by a pattern.
    pub const fn is_for_all(&self) -> bool {
        self.glob.is_none()
    }

    /// Whether a line with a pattern is about the file called `name`.
    pub fn names(&self, name: &str) -> bool {
        self.glob.as_ref().is_some_and(|glob| glob.matches(name))
    }

    /// Whether it has to be known what the file runs on.
    pub fn asks_for_target(&self) -> bool {
        self.template.contains("{os}") || self.template.contains("{arch}")
    }

    /// What the file is called on the page.
    ///
    /// # Errors
    /// When it has to be a program for that, and is none.
    pub fn apply(&self, filling: Filling<'_>) -> Result<String, NoTarget> {
        let Filling { name, target, version, tag } = filling;
        let (stem, ext) = stem_and_ext(name);
        filled(&self.template, |word| {
            Ok(match word {
                "name" => name,
                "stem" => stem,
                "ext" => ext,
                "version" => version,
                "tag" => tag,
                "os" => target.ok_or(NoTarget)?.0,
                _ => target.ok_or(NoTarget)?.1,
            })
        })
    }
}

impl FromStr for StoredAs {
    type Err = RenameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (glob, template) = match text.split_once("->") {
            Some((glob, template)) => (Some(glob.trim().parse()?), template.trim()),
            None => (None, text.trim()),
        };
        Ok(Self { glob, template: checked(template, STORED_PLACEHOLDERS)? })
    }
}

impl fmt::Display for StoredAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(glob) = &self.glob {
            write!(f, "{glob} -> ")?;
        }
        f.write_str(&self.template)
    }
}

/// The template, if it has known words in closed braces only, and names a file by its own name.
fn checked(template: &str, known: &[&str]) -> Result<String, RenameError> {
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').ok_or(RenameError::Brace)?;
        if !known.contains(&word) {
            let word = word.chars().take(40).collect();
            let known = known.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(", ");
            return Err(RenameError::Placeholder { word, known });
        }
        rest = after;
    }
    if !template.contains("{name}") && !template.contains("{stem}") {
        return Err(RenameError::Constant);
    }
    Ok(template.to_owned())
}

/// The template with each word's text in its place. Filled in from left to right, so that a brace inside a file name
/// stays a brace.
fn filled<'a, E>(template: &str, text_of: impl Fn(&str) -> Result<&'a str, E>) -> Result<String, E> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').expect("the template was checked");
        filled.push_str(before);
        filled.push_str(text_of(word)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A name without its last ending, and that ending with its dot.
fn stem_and_ext(name: &str) -> (&str, &str) {
    name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at))
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
        for (pattern, error) in [("{name", RenameError::Brace), ("tool", RenameError::Constant)] {
            assert_eq!(pattern.parse::<Rename>(), Err(error), "{pattern}");
        }
        let error = "{os}-{name}".parse::<Rename>().expect_err("there is no `os`");
        assert!(
            error.to_string().starts_with("`{os}` is no placeholder; there are {name}, {stem}"),
            "{error}"
        );
        for bad in ["{artifact}{name}", "*.exe -> tool.exe", "[ -> {name}", "a** -> {name}", "*.exe -> {name"]
        {
            assert!(bad.parse::<StoredAs>().is_err(), "{bad}");
        }
    }

    #[test]
    fn files_are_stored_as_the_lines_say() {
        let stored = |line: &str, name: &str, target| {
            let line: StoredAs = line.parse().expect("good");
            assert!(line.is_for_all() || line.names(name), "{line} {name}");
            line.apply(Filling { name, target, version: "1.2.0", tag: "v1.2.0" })
        };
        let linux = Some(("linux", "x86_64"));
        for (line, name, target, expected) in [
            ("{stem}-{os}-{arch}{ext}", "games-collection", linux, "games-collection-linux-x86_64"),
            (
                "*.exe -> {stem}-{version}-{os}{ext}",
                "games.exe",
                Some(("windows", "aarch64")),
                "games-1.2.0-windows.exe",
            ),
            ("sbom.json->{tag}-{name}", "sbom.json", None, "v1.2.0-sbom.json"),
        ] {
            assert_eq!(stored(line, name, target).as_deref(), Ok(expected), "{line}");
        }
        assert_eq!(stored("{name}-{arch}", "notes.txt", None), Err(NoTarget));
        assert!(!"*.exe -> {name}".parse::<StoredAs>().expect("good").names("tool"));
    }
}
