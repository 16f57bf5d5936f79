//! The forms of `[build-system]`, `[project]` and `[dependency-groups]`.
//!
//! Source: the pyproject.toml specification, dependency groups (PEP 735), import names (PEP 794). Whether a
//! requirement, a classifier or a licence expression is right is asked where the metadata is judged.

use toml::{Table, Value};

use crate::archive::shown;
use crate::model::name::PackageName;
use crate::model::version::Version;

/// What the value of a key must be.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Texts,
    /// A table of texts.
    Names,
    /// A table of lists of texts.
    Lists,
    People,
    Readme,
    License,
    Scripts,
    Groups,
    /// Names with the names behind them, each below its own.
    NameTable,
}

const KEYS: &[(&str, Form)] = &[
    ("name", Form::Text),
    ("version", Form::Text),
    ("description", Form::Text),
    ("readme", Form::Readme),
    ("requires-python", Form::Text),
    ("license", Form::License),
    ("license-files", Form::Texts),
    ("authors", Form::People),
    ("maintainers", Form::People),
    ("keywords", Form::Texts),
    ("classifiers", Form::Texts),
    ("urls", Form::Names),
    ("scripts", Form::Scripts),
    ("gui-scripts", Form::Scripts),
    ("entry-points", Form::NameTable),
    ("dependencies", Form::Texts),
    ("optional-dependencies", Form::Lists),
    ("import-names", Form::Texts),
    ("import-namespaces", Form::Texts),
    ("dynamic", Form::Texts),
];

/// What is wrong with `[build-system]`.
pub(super) fn build_system_faults(tables: &Table) -> Vec<String> {
    let Some(value) = tables.get("build-system") else {
        return vec!["it has no `[build-system]`".to_owned()];
    };
    let Some(table) = value.as_table() else { return vec!["`build-system` is no table".to_owned()] };
    let mut faults = Vec::new();
    if !table.contains_key("requires") {
        faults.push("`build-system.requires` is missing".to_owned());
    }
    for (key, value) in table {
        let form = match key.as_str() {
            "requires" | "backend-path" => Form::Texts,
            "build-backend" => Form::Text,
            _ => {
                faults.push(format!("`build-system` has no key `{}`", shown(key).escape_debug()));
                continue;
            }
        };
        faults.extend(fault("build-system", key, value, form));
    }
    faults
}

/// What is wrong with `[project]` and `[dependency-groups]`.
pub(super) fn faults(tables: &Table) -> Vec<String> {
    let mut faults: Vec<String> = tables
        .get("dependency-groups")
        .and_then(|groups| fault("", "dependency-groups", groups, Form::Groups))
        .into_iter()
        .collect();
    let Some(project) = tables.get("project") else { return faults };
    let Some(project) = project.as_table() else {
        faults.push("`project` is no table".to_owned());
        return faults;
    };
    for (key, value) in project {
        match KEYS.iter().find(|(known, _)| known == key) {
            Some((_, form)) => faults.extend(fault("project", key, value, *form)),
            None => faults.push(format!("`project` has no key `{}`", shown(key).escape_debug())),
        }
    }
    faults.extend(between(project));
    faults
}

/// What is wrong between the keys of `[project]`.
fn between(project: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    match project.get("name") {
        None => faults.push("`project.name` is missing".to_owned()),
        Some(Value::String(name)) if name.parse::<PackageName>().is_err() => {
            faults.push(format!(
                "`project.name` is `{}`, which is no project's name",
                shown(name).escape_debug()
            ));
        }
        Some(_) => {}
    }
    let dynamic = project.get("dynamic").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_dynamic = |key: &str| dynamic.iter().any(|one| one.as_str() == Some(key));
    match project.get("version") {
        None if !is_dynamic("version") => {
            faults.push("`project.version` is missing, and not `dynamic` either".to_owned());
        }
        Some(Value::String(version)) if Version::from_pep440(version).is_err() => {
            faults.push(format!(
                "`project.version` is `{}`, which is no version",
                shown(version).escape_debug()
            ));
        }
        _ => {}
    }
    for name in dynamic.iter().filter_map(Value::as_str) {
        let shown = shown(name);
        if name == "name" {
            faults.push("`project.name` cannot be `dynamic`".to_owned());
        } else if !KEYS.iter().any(|(known, _)| *known == name && name != "dynamic") {
            faults.push(format!("`project.dynamic` names `{}`, which is no key", shown.escape_debug()));
        } else if project.contains_key(name) {
            faults.push(format!("`project.{shown}` is stated, and `dynamic` too"));
        }
    }
    if matches!(project.get("license"), Some(Value::Table(_))) && project.contains_key("license-files") {
        faults.push("`project.license` is a table, which goes not together with `license-files`".to_owned());
    }
    if let Some(points) = project.get("entry-points").and_then(Value::as_table) {
        for (group, key) in [("console_scripts", "scripts"), ("gui_scripts", "gui-scripts")] {
            if points.contains_key(group) {
                faults.push(format!("`project.entry-points.{group}` must be `project.{key}`"));
            }
        }
    }
    faults
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|values| values.iter().all(Value::is_str))
}

fn all(value: &Value, is_right: impl Fn(&Value) -> bool) -> bool {
    value.as_table().is_some_and(|table| table.values().all(is_right))
}

/// Whether it names exactly one of the two keys, as text, and else only `more`.
fn one_of(value: &Value, keys: [&str; 2], more: &[&str]) -> bool {
    value.as_table().is_some_and(|table| {
        keys.iter().filter(|key| table.contains_key(**key)).count() == 1
            && table
                .iter()
                .all(|(key, value)| value.is_str() && (keys.contains(&&**key) || more.contains(&&**key)))
    })
}

fn is_person(value: &Value) -> bool {
    value.as_table().is_some_and(|person| {
        !person.is_empty()
            && person.iter().all(|(key, value)| value.is_str() && (key == "name" || key == "email"))
    })
}

fn is_group_entry(value: &Value) -> bool {
    let include = |table: &Table| table.len() == 1 && table.get("include-group").is_some_and(Value::is_str);
    value.is_str() || value.as_table().is_some_and(include)
}

/// `module` or `module:object`, with extras that nobody writes any more.
fn is_reference(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let bare = text.split('[').next().unwrap_or_default().trim();
    let mut sides = bare.splitn(2, ':').map(str::trim);
    sides.all(|side| {
        !side.is_empty() && side.split('.').all(|part| !part.is_empty() && !part.contains([' ', '-', '/']))
    })
}

fn fault(table: &str, key: &str, value: &Value, form: Form) -> Option<String> {
    let (is_right, wanted) = match form {
        Form::Text => (value.is_str(), "a text"),
        Form::Texts => (is_texts(value), "a list of texts"),
        Form::Names => (all(value, Value::is_str), "a table of texts"),
        Form::Lists => (all(value, is_texts), "a table of lists of texts"),
        Form::People => (
            value.as_array().is_some_and(|people| people.iter().all(is_person)),
            "a list of tables of `name` and `email`",
        ),
        Form::Readme => (
            value.is_str()
                || one_of(value, ["file", "text"], &["content-type"]) && value.get("content-type").is_some(),
            "a path, or a table of `content-type` and either `file` or `text`",
        ),
        Form::License => (
            value.is_str() || one_of(value, ["file", "text"], &[]),
            "a licence expression, or a table of either `file` or `text`",
        ),
        Form::Scripts => (all(value, is_reference), "a table of `module:object`"),
        Form::NameTable => {
            (all(value, |group| all(group, is_reference)), "a table of tables of `module:object`")
        }
        Form::Groups => (
            all(value, |group| group.as_array().is_some_and(|group| group.iter().all(is_group_entry))),
            "a table of lists of requirements and `include-group`",
        ),
    };
    let name = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
    (!is_right).then(|| format!("`{}` must be {wanted}, and is {}", shown(&name).escape_debug(), kind(value)))
}

fn kind(value: &Value) -> String {
    match value {
        Value::Table(_) => "another table".to_owned(),
        Value::Array(_) => "another list".to_owned(),
        Value::String(text) => format!("`{}`", shown(text).escape_debug()),
        other => other.type_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let tables: Table = text.parse().expect("TOML");
        faults(&tables).join("; ")
    }

    #[test]
    fn good_tables_have_no_fault() {
        for more in [
            "",
            "readme = {file = 'README', content-type = 'text/plain'}",
            "license = {text = 'MIT'}",
            "license = 'MIT'\nlicense-files = ['LICEN[CS]E*']",
            "authors = [{name = 'A'}, {email = 'a@b.org'}]\nimport-names = ['a', '_b ; private']",
            "urls = {Home = 'x'}\nscripts = {a = 'b.c:d.e'}\noptional-dependencies = {x = ['y>1']}",
            "entry-points.pytest11 = {a = 'b', c = 'd:e [x]'}\ndynamic = ['readme', 'classifiers']",
            "[dependency-groups]\ntest = ['pytest', {include-group = 'more'}]\nmore = []",
        ] {
            assert_eq!(told(&format!("[project]\nname = 'a'\nversion = '1'\n{more}")), "", "{more}");
        }
        assert_eq!(told("[project]\nname = 'a'\ndynamic = ['version']"), "");
        assert_eq!(told("[tool.x]\n"), "");
    }

    #[test]
    fn each_fault_is_named() {
        for (more, named) in [
            ("keyword = ''", "no key `keyword`"),
            ("dynamic = ['version']", "`project.version` is stated, and `dynamic` too"),
            ("dynamic = ['name']", "cannot be `dynamic`"),
            ("dynamic = ['homepage']", "no key"),
            ("readme = {file = 'README'}", "`project.readme` must be"),
            ("readme = {file = 'R', text = 'x', content-type = 'y'}", "`project.readme` must be"),
            ("license = {file = 'L', text = 'x'}", "`project.license` must be"),
            ("license = {file = 'L'}\nlicense-files = []", "goes not together"),
            ("authors = ['A']", "`project.authors` must be"),
            ("authors = [{name = 'A', mail = 'b'}]", "`project.authors` must be"),
            ("dependencies = 'a'", "`project.dependencies` must be a list of texts, and is `a`"),
            ("dependencies = [1]", "and is another list"),
            ("optional-dependencies = {x = 'y'}", "must be a table of lists"),
            ("scripts = {a = 'b c'}", "`project.scripts` must be"),
            ("entry-points.console_scripts = {a = 'b:c'}", "must be `project.scripts`"),
            ("[dependency-groups]\ntest = [{include = 'x'}]", "`dependency-groups` must be"),
        ] {
            let told = told(&format!("[project]\nname = 'a'\nversion = '1'\n{more}"));
            assert!(told.contains(named), "{more}: {told:?}");
        }
        for (text, named) in [
            ("project = 1", "no table"),
            ("[project]\nversion = '1'", "`project.name` is missing"),
            ("[project]\nname = '-'\nversion = 'x'", "no project's name; `project.version` is `x`"),
            ("[project]\nname = 'a'", "`project.version` is missing"),
        ] {
            assert!(told(text).contains(named), "{text}: {:?}", told(text));
        }
    }
}
