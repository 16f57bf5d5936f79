//! The title of a release.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::TITLE;
use crate::model::name::PackageName;
use crate::model::tag::Tag;
use crate::report::Report;

/// A title with `{tag}`, `{version}` and `{name}` in it, where they are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Title(String);

/// Why a text is no title.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TitleError {
    #[error("`{{{word}}}` stands for nothing: there are `{{tag}}`, `{{version}}` and `{{name}}`")]
    Unknown { word: String },
    #[error("it is more than one line, or holds a control character")]
    Control,
}

const WORDS: [&str; 3] = ["tag", "version", "name"];

impl Title {
    /// The title of `tag`. Which project it is about has to be clear where it is asked for.
    pub(super) fn of(&self, tag: &Tag, projects: &BTreeSet<PackageName>, report: &mut Report) -> String {
        let mut projects = projects.iter();
        let name = match (projects.next(), projects.next()) {
            (Some(name), None) => name.to_string(),
            (found, _) => {
                if self.0.contains("{name}") {
                    let found = if found.is_some() { "of several projects" } else { "of no project" };
                    report.push(
                        TITLE.finding(format!("the title asks for `{{name}}`, and the files are {found}")),
                    );
                }
                String::new()
            }
        };
        // One pass: a name is a text and no template.
        let mut title = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            title.push_str(before);
            let word = WORDS
                .into_iter()
                .find_map(|word| Some((word, behind.strip_prefix(word)?.strip_prefix('}')?)));
            rest = match word {
                Some((word, behind)) => {
                    title.push_str(match word {
                        "tag" => tag.as_str(),
                        "version" => tag.written_version(),
                        _ => &name,
                    });
                    behind
                }
                None => {
                    title.push('{');
                    behind
                }
            };
        }
        title.push_str(rest);
        title
    }
}

impl FromStr for Title {
    type Err = TitleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(char::is_control) {
            return Err(TitleError::Control);
        }
        for piece in text.split('{').skip(1) {
            if let Some((word, _)) = piece.split_once('}')
                && !word.is_empty()
                && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
                && !WORDS.contains(&word)
            {
                return Err(TitleError::Unknown { word: word.chars().take(60).collect() });
            }
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(template: &str, projects: &[&str]) -> (String, usize) {
        let mut report = Report::default();
        let projects = projects.iter().map(|name| name.parse().expect("good")).collect();
        let title = template.parse::<Title>().expect("good");
        let text = title.of(&"v1.2.0-rc.1".parse().expect("good"), &projects, &mut report);
        (text, report.findings().len())
    }

    #[test]
    fn a_title_is_filled_in() {
        for (template, text) in [
            ("{name} {version}", "sample 1.2.0-rc.1"),
            ("Release {tag}", "Release v1.2.0-rc.1"),
            ("{ {} {tag", "{ {} {tag"),
            ("{{tag}}", "{v1.2.0-rc.1}"),
            ("😀 { \"a\": 1 }", "😀 { \"a\": 1 }"),
        ] {
            assert_eq!(title(template, &["sample"]), (text.to_owned(), 0), "{template}");
        }
    }

    #[test]
    fn a_name_that_is_not_clear_is_a_finding() {
        for projects in [&[][..], &["a", "b"]] {
            assert_eq!(title("{name}", projects).1, 1);
            assert_eq!(title("{tag}", projects).1, 0);
        }
    }

    #[test]
    fn what_stands_for_nothing_is_refused() {
        for text in ["{Tag}", "x {versoin}", "{project-name}", "a\nb", "a\u{7}"] {
            assert!(text.parse::<Title>().is_err(), "{text}");
        }
    }
}
