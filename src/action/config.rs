//! The configuration file, `release.toml`: the inputs of the schema as keys, for all modes, for one, and for one project of
//! several.
//!
//! What is in it stands below flags and inputs, and above the defaults. [`mod@read`] knows the form; here is which file is
//! read, which project holds, and what a key then says.

pub(crate) mod read;

use std::path::Path;
use std::sync::Arc;

use self::read::{Entry, Layer, read};
use super::error::InputError;
use super::files;
use super::nearest::nearest;
use super::resolve::{Given, Source, Value};
use super::schema::ModeName;
use crate::model::tag::Tag;

/// The file that is read when nobody names one; it may be missing.
pub(crate) const FILE: &str = "release.toml";

/// What `config` is told to read no file at all.
pub(crate) const NO_FILE: &str = "none";

/// The key of a project that tells its tags from those of the others.
const TAG_PREFIX: &str = "tag-prefix";

/// The key of a project that says where it lies.
const PROJECT_DIR: &str = "project-dir";

/// A file as it is written: each key with its line, judged as far as the schema goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// What holds for every project.
    pub(crate) common: Layer,
    /// The projects, in the order of their names.
    pub(crate) projects: Vec<Project>,
}

/// A table `[project.NAME]`, with the tables in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its name.
    pub(crate) name: String,
    /// What holds for it.
    pub(crate) layer: Layer,
}

/// A file, and the project whose tables hold.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    file: Arc<str>,
    document: Document,
    /// The project's place among the document's, and why it was chosen.
    project: Option<(usize, String)>,
}

/// Reads the file that was named, or the usual one where there is one, and chooses the project.
///
/// # Errors
/// When the file cannot be used, or the project is not in it.
pub(super) fn load(given: &Given) -> Result<Option<Config>, InputError> {
    let named = given.value("config");
    let file: Arc<str> = named.map_or(FILE, |value| value.text.as_str()).into();
    let path = Path::new(&*file);
    let is_wanted = &*file != NO_FILE && (named.is_some() || files::is_there(path));
    if !is_wanted {
        return match given.value("project") {
            None => Ok(None),
            Some(project) => Err(InputError::Refused {
                place: project.place("project"),
                why: "there is no configuration file that could have a table for it".to_owned(),
                hint: Some(format!(
                    "write `[project.NAME]` tables into `{FILE}`, or name the file by `config`"
                )),
            }),
        };
    }
    if !files::is_file(path) {
        let place = named.map_or_else(|| "`config` (its default)".to_owned(), |value| value.place("config"));
        let path = file.chars().take(300).collect();
        return Err(if files::is_there(Path::new(&*file)) {
            InputError::OfOtherKind { place, what: "file", path }
        } else {
            InputError::NotThere { place, what: "file", path }
        });
    }
    let unusable = |why: String, hint: Option<String>| InputError::Config {
        file: file.to_string(),
        line: None,
        why,
        hint,
    };
    let bytes = match files::config(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let hint = "is it the file that was meant?".to_owned();
            return Err(unusable(
                "it is larger than 1 MiB, which no configuration is".to_owned(),
                Some(hint),
            ));
        }
        Err(error) => return Err(InputError::File(error)),
    };
    let text = text(&bytes).map_err(|why| unusable(why.to_owned(), Some("write it in UTF-8".to_owned())))?;
    let document = read(&file, text)?;
    let project = document.choose(given)?;
    Ok(Some(Config { file, document, project }))
}

/// The text of a file, without a byte order mark.
fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err("it is written in UTF-16, and TOML is UTF-8"),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(_not_text) => Err("it is no text in UTF-8"),
        },
    }
}

impl Document {
    /// The project that was named, else the one whose `tag-prefix` the tag begins with.
    fn choose(&self, given: &Given) -> Result<Option<(usize, String)>, InputError> {
        if let Some(named) = given.value("project") {
            if let Some(at) = self.projects.iter().position(|project| project.name == named.text) {
                return Ok(Some((at, format!("named by {}", named.place("project")))));
            }
            let names: Vec<_> = self.projects.iter().map(|project| project.name.as_str()).collect();
            let hint = match (nearest(&named.text, names.iter().copied()), &names[..]) {
                (Some(nearest), _) => format!("did you mean `{nearest}`?"),
                (None, []) => "it has no table `[project.NAME]` at all".to_owned(),
                (None, names) => format!("there are {}", quoted(names)),
            };
            return Err(InputError::Refused {
                place: named.place("project"),
                why: "the configuration file has no table for this project".to_owned(),
                hint: Some(hint),
            });
        }
        let Some(tag) = &given.tag else { return Ok(None) };
        let prefix_of =
            |project: &Project| project.layer.common.get(TAG_PREFIX).map(|entry| entry.text.clone());
        let fitting: Vec<_> = self
            .projects
            .iter()
            .enumerate()
            .filter_map(|(at, project)| Some((at, project, prefix_of(project)?)))
            .filter(|(.., prefix)| begins(tag, prefix))
            .collect();
        match &fitting[..] {
            [] => Ok(None),
            [(at, _, prefix)] => Ok(Some((*at, format!("its `{TAG_PREFIX}` is `{prefix}`")))),
            several => {
                let names: Vec<_> = several.iter().map(|(_, project, _)| project.name.as_str()).collect();
                let shown: String = tag.chars().take(60).flat_map(char::escape_debug).collect();
                Err(InputError::SeveralProjects { tag: shown, projects: quoted(&names) })
            }
        }
    }
}

/// Whether the tag is the prefix and a version; `none` is no prefix.
fn begins(tag: &str, prefix: &str) -> bool {
    let prefix = if prefix == "none" { "" } else { prefix };
    let rest = tag.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.parse::<Tag>().is_ok())
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

impl Config {
    /// What the file says of an input of a mode: the project's table of the mode, then the project's own, then the table
    /// of the mode, then the top. An empty text there takes back what the tables behind it say.
    pub(super) fn value(&self, mode: ModeName, name: &str) -> Option<Value> {
        let project = self.project().map(|project| (&project.layer, format!("project.{}", project.name)));
        let layers = project.into_iter().chain([(&self.document.common, String::new())]);
        let found = layers.into_iter().find_map(|(layer, table)| {
            let of_mode = layer.modes.get(&mode).and_then(|entries| entries.get(name));
            let dot = if table.is_empty() { "" } else { "." };
            let of_mode = of_mode.map(|entry| (entry, format!("{table}{dot}{mode}")));
            of_mode.or_else(|| layer.common.get(name).map(|entry| (entry, table)))
        });
        let (Entry { text, line }, table) = found?;
        let source = Source::File { file: Arc::clone(&self.file), line: *line, table };
        (!text.trim().is_empty()).then(|| Value::new(text.trim(), source))
    }

    /// The project whose tables hold.
    pub(crate) fn project(&self) -> Option<&Project> {
        self.project.as_ref().map(|(at, _)| &self.document.projects[*at])
    }

    /// The folders of the projects beside the chosen one, as the file has them; none where no project was chosen.
    pub(super) fn other_folders(&self, mode: ModeName) -> Vec<String> {
        let Some((chosen, _)) = self.project else { return Vec::new() };
        let others = self.document.projects.iter().enumerate().filter(|(at, _)| *at != chosen);
        let folder = |(_, Project { layer, .. }): (usize, &Project)| {
            let of_mode = layer.modes.get(&mode).and_then(|entries| entries.get(PROJECT_DIR));
            let entry = of_mode.or_else(|| layer.common.get(PROJECT_DIR))?;
            Some(entry.text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        others.filter_map(folder).collect()
    }

    /// The file and the project, for people.
    pub(super) fn summary(&self) -> Summary {
        let project = self
            .project
            .as_ref()
            .map(|(at, why)| Chosen { name: self.document.projects[*at].name.clone(), why: why.clone() });
        let projects = self.document.projects.iter().map(|project| project.name.clone()).collect();
        Summary { file: self.file.to_string(), project, projects }
    }
}

/// What a run was configured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// The file, as the user named it.
    pub(crate) file: String,
    /// The project whose tables hold.
    pub(crate) project: Option<Chosen>,
    /// All projects that have tables.
    pub(crate) projects: Vec<String>,
}

/// A project, and why it is this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Its name.
    pub(crate) name: String,
    /// Who chose it.
    pub(crate) why: String,
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
