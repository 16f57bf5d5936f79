//! GitHub's published description, cut to the operations a release may need: finding the operation of a
//! request, and holding JSON against a schema.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// How the schemas refer to the description they stand in.
const ADDRESS: &str = "urn:contract:github";

/// The description, parsed once; validators are compiled when they are first needed.
pub(crate) static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::load);

/// The whole description.
pub(crate) struct Description {
    root: &'static Value,
    registry: Registry<'static>,
    operations: Vec<Operation>,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// One operation of the API.
pub(crate) struct Operation {
    /// What the description calls it: `repos/update-release`.
    pub(crate) id: &'static str,
    /// Its own part of the description.
    pub(crate) body: &'static Value,
    pointer: String,
    method: &'static str,
    template: Vec<Part>,
}

/// One segment of a path template.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// The segment as it stands; more telling than any parameter.
    Literal(&'static str),
    /// Any one segment.
    One,
    /// One segment or more.
    Many,
}

/// A schema inside the description.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pointer: String,
    value: &'static Value,
}

impl Description {
    fn load() -> Self {
        let root: Value = serde_json::from_str(include_str!("../../../contract/github.json"))
            .expect("the description is JSON");
        let root: &'static Value = Box::leak(Box::new(root));
        let registry = Registry::new().add(ADDRESS, root).and_then(|registry| registry.prepare());
        let operations = root["operations"].as_array().expect("the description lists operations");
        let operations = operations.iter().enumerate().map(|(index, body)| Operation::of(index, body));
        Self {
            root,
            registry: registry.expect("the description resolves"),
            operations: operations.collect(),
            validators: Mutex::default(),
        }
    }

    /// The operation that a request means: of all that match, the one with the most telling template.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let matching = self
            .operations
            .iter()
            .filter(|operation| operation.method == method && matches(&operation.template, &segments));
        matching.min_by(|left, right| telling(&left.template).cmp(&telling(&right.template)))
    }

    /// Every breach of the schema, with the place and the value that breaks it.
    pub(crate) fn breaches(&self, schema: &Schema, value: &Value) -> Vec<(String, Value, String)> {
        let validator = self.validator(schema);
        let breaches = validator.iter_errors(value).map(|error| {
            (error.instance_path().to_string(), error.instance().as_ref().clone(), error.to_string())
        });
        breaches.collect()
    }

    /// The schema of the event of this name, if the description has one.
    pub(crate) fn event(&self, name: &str) -> Option<Schema> {
        let value = self.root["webhooks"].get(name)?;
        Some(Schema { pointer: format!("/webhooks/{name}"), value })
    }

    fn validator(&self, schema: &Schema) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = validators.entry(schema.pointer.clone()).or_insert_with(|| {
            let reference = json!({ "$ref": format!("{ADDRESS}#{}", schema.pointer) });
            let options = jsonschema::options().with_registry(&self.registry).should_validate_formats(true);
            Arc::new(options.build(&reference).expect("the description's schemas compile"))
        });
        Arc::clone(compiled)
    }

    /// Properties that the schema does not name, by their places. JSON Schema lets them pass; the service
    /// ignores them, so that a misspelt one does nothing.
    pub(crate) fn unknown_properties(&self, schema: &Schema, value: &Value) -> Vec<String> {
        let mut unknown = Vec::new();
        self.walk(&self.branches(schema.value), value, "", &mut unknown);
        unknown
    }

    fn walk(&self, branches: &[&'static Value], value: &Value, place: &str, unknown: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                let open = |branch: &&&Value| {
                    !matches!(branch.get("additionalProperties"), None | Some(Value::Bool(false)))
                };
                let named = |branch: &&&Value| branch.get("properties").is_some();
                if branches.iter().any(|branch| open(&branch))
                    || !branches.iter().any(|branch| named(&branch))
                {
                    return;
                }
                for (name, inner) in fields {
                    let place = format!("{place}/{name}");
                    match branches.iter().find_map(|branch| branch["properties"].get(name)) {
                        Some(schema) => self.walk(&self.branches(schema), inner, &place, unknown),
                        None => unknown.push(place),
                    }
                }
            }
            Value::Array(items) => {
                let Some(schema) = branches.iter().find_map(|branch| branch.get("items")) else { return };
                let branches = self.branches(schema);
                for (index, item) in items.iter().enumerate() {
                    self.walk(&branches, item, &format!("{place}/{index}"), unknown);
                }
            }
            _ => {}
        }
    }

    /// A schema with all that it refers to and chooses from.
    fn branches(&self, schema: &'static Value) -> Vec<&'static Value> {
        let mut found = vec![schema];
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target =
                self.root.pointer(reference.trim_start_matches('#')).expect("references lead somewhere");
            found.extend(self.branches(target));
        }
        for choice in ["allOf", "anyOf", "oneOf"] {
            let choices = schema.get(choice).and_then(Value::as_array);
            found.extend(choices.into_iter().flatten().flat_map(|one| self.branches(one)));
        }
        found
    }
}

impl Operation {
    fn of(index: usize, body: &'static Value) -> Self {
        let text = |name: &str| body[name].as_str().expect("operations have names, methods and templates");
        let mut parameters =
            text("regex").match_indices('(').map(|(at, _)| text("regex")[at..].starts_with("(.+)"));
        let part = |segment: &'static str| match segment.starts_with('{') {
            false => Part::Literal(segment),
            true if parameters.next().expect("a group for each parameter") => Part::Many,
            true => Part::One,
        };
        Self {
            id: text("id"),
            body,
            pointer: format!("/operations/{index}"),
            method: text("method"),
            template: text("template").trim_start_matches('/').split('/').map(part).collect(),
        }
    }

    /// The schema at these keys below the operation, if the description has one.
    pub(crate) fn schema(&self, keys: &[&str]) -> Option<Schema> {
        let escaped: String =
            keys.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect();
        let value = self.body.pointer(&escaped)?;
        Some(Schema { pointer: format!("{}{escaped}", self.pointer), value })
    }
}

/// Whether the path's segments fit the template; they are compared as they came, percent-encoded.
fn matches(template: &[Part], segments: &[&str]) -> bool {
    match (template, segments) {
        ([], []) => true,
        ([Part::Literal(literal), rest @ ..], [first, others @ ..]) => {
            literal == first && matches(rest, others)
        }
        ([Part::One, rest @ ..], [first, others @ ..]) => !first.is_empty() && matches(rest, others),
        ([Part::Many, rest @ ..], [_, ..]) => {
            (1..=segments.len()).any(|taken| matches(rest, &segments[taken..]))
        }
        _ => false,
    }
}

/// An order in which templates with earlier literals, then longer ones come first.
fn telling(template: &[Part]) -> Vec<u8> {
    let rank = |part: &Part| match part {
        Part::Literal(_) => 0,
        Part::One => 1,
        Part::Many => 2,
    };
    template.iter().map(rank).chain([3]).collect()
}

#[cfg(test)]
mod tests {
    use super::DESCRIPTION;

    #[test]
    fn the_most_telling_operation_is_found() {
        for (path, id) in [
            ("/repos/o/r/releases/latest", "repos/get-latest-release"),
            ("/repos/o/r/releases/5", "repos/get-release"),
            ("/repos/o/r/releases/tags/assets", "repos/get-release-by-tag"),
            ("/repos/o/r/releases/tags/a/b", "repos/get-release-by-tag"),
            ("/repos/o/r/releases/5/assets", "repos/list-release-assets"),
            ("/repos/o/r/commits/tags%2Fv1", "repos/get-commit"),
            ("/repos/o/r/commits/heads/x/pulls", "repos/list-pull-requests-associated-with-commit"),
            ("/repos/o/r/compare/main...prerelease/x", "repos/compare-commits-with-basehead"),
            ("/repos/o/r/git/ref/tags/v1", "git/get-ref"),
        ] {
            assert_eq!(DESCRIPTION.operation("GET", path).map(|found| found.id), Some(id), "{path}");
        }
        for unknown in ["/repos/o/r/release", "/repos/o/r/releases/", "/releases", "/"] {
            assert!(DESCRIPTION.operation("GET", unknown).is_none(), "{unknown}");
        }
    }
}
