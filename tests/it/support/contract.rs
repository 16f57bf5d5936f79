//! The contract with GitHub: every exchange of a test is held against the published description.
//!
//! Both sides are judged at once, our client by its requests and our simulator by its answers. What the
//! description does not say (state, order, delay) is `github_rules`' part.

mod description;
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use release_action::sim::journal::Exchange;
use release_action::sim::universe::{Observer, Universe};
use release_action::sim::{Request, Response};
use serde_json::Value;

use description::{DESCRIPTION, Operation};

/// One way in which an exchange departs from the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Method and path of the request.
    pub(crate) request: String,
    /// What is wrong with it or with its answer.
    pub(crate) what: String,
}

/// Where the service is known to depart from its own description.
struct Waiver {
    /// Why it is let pass: who has seen it.
    evidence: &'static str,
    /// What is let pass.
    passes: Passes,
}

/// What a waiver lets pass.
enum Passes {
    /// Error statuses that the operation (or any, when none is named) does not list.
    Statuses { operation: Option<&'static str>, statuses: &'static [u16] },
    /// A value outside of its enumeration, at places that end so.
    Value { place: &'static str, value: &'static str },
    /// A media type that the operation does not list for its answers with 200.
    MediaType { operation: &'static str, media_type: &'static str },
    /// `HEAD` where the description has `GET`.
    Head,
    /// What is asked here is no part of the interface described.
    Path { paths: &'static [&'static str] },
}

/// Every departure that is let pass; the list is reviewed, so that none slips in.
const WAIVERS: &[Waiver] = &[
    Waiver {
        evidence: "the upload operation's own text speaks of `starter`, and users see it in lists: R22",
        passes: Passes::Value { place: "/state", value: "starter" },
    },
    Waiver {
        evidence: "few operations list any error; these statuses are seen on all of them: rules R1 to R37",
        passes: Passes::Statuses { operation: None, statuses: &[401, 403, 404, 422, 429, 500, 502, 503] },
    },
    Waiver {
        evidence: "an upload without a length is refused with `Bad Content-Length`: R17",
        passes: Passes::Statuses { operation: Some("repos/upload-release-asset"), statuses: &[400] },
    },
    Waiver {
        evidence: "the documentation's media types for this operation name `raw+json`",
        passes: Passes::MediaType {
            operation: "repos/get-content",
            media_type: "application/vnd.github.raw+json",
        },
    },
    Waiver {
        evidence: "the operation's text: the content comes with 200 or 302, clients must take both: R26",
        passes: Passes::MediaType {
            operation: "repos/get-release-asset",
            media_type: "application/octet-stream",
        },
    },
    Waiver {
        evidence: "an outage can show as a web page with 200: R26",
        passes: Passes::MediaType { operation: "repos/get-release-asset", media_type: "text/html" },
    },
    Waiver {
        evidence: "the other interface has a description of its own; `gh` 2.23 asks it for drafts, which this one \
                   does not find by their tags: R1",
        passes: Passes::Path { paths: &["/graphql", "/api/graphql"] },
    },
    Waiver { evidence: "every `GET` has its `HEAD`; command line clients use it", passes: Passes::Head },
];

/// The contract check.
pub(crate) struct Contract;

/// Collects violations; dropping it fails the test if there are any.
#[derive(Debug)]
pub(crate) struct ContractGuard(Arc<Mutex<Vec<Violation>>>);

impl Contract {
    /// Holds everything that happens in `universe` from now on against the description.
    pub(crate) fn watch(universe: &Universe) -> ContractGuard {
        let guard = Self::keep();
        universe.observe(guard.observer());
        guard
    }

    /// Holds whatever [`ContractGuard::observer`] sees against the description.
    pub(crate) fn keep() -> ContractGuard {
        ContractGuard(Arc::default())
    }

    /// Everything in which an event is not as the description has the event of this name.
    pub(crate) fn check_event(name: &str, event: &Value) -> Vec<String> {
        let schema = DESCRIPTION.event(name).expect("the description has the event");
        breaches(&schema, event)
    }

    /// Every violation in one exchange; exchanges with other services have none.
    pub(crate) fn check(exchange: &Exchange) -> Vec<Violation> {
        // An answer that a fault made up is nobody's fault.
        let response = exchange.response.as_ref().filter(|_| !exchange.faulted);
        Self::check_parts(exchange.service, &exchange.request, response)
    }

    /// The same for an exchange in parts.
    pub(crate) fn check_parts(
        service: &str,
        request: &Request,
        response: Option<&Response>,
    ) -> Vec<Violation> {
        if !["github", "uploads"].contains(&service) {
            return Vec::new();
        }
        let elsewhere = |passes: &Passes| matches!(passes, Passes::Path { paths } if paths.contains(&request.path.as_str()));
        if service == "github" && waived(elsewhere) {
            return Vec::new();
        }
        let name = format!("{} {}", request.method, request.path);
        let violation = |what| Violation { request: name.clone(), what };
        let method = match request.method.as_str() {
            "HEAD" if waived(|passes| matches!(passes, Passes::Head)) => "GET",
            method => method,
        };
        let operation = DESCRIPTION.operation(method, &documented_path(&request.path));
        let uploads = |operation: &&Operation| operation.id == "repos/upload-release-asset";
        let Some(operation) = operation.filter(|found| uploads(found) == (service == "uploads")) else {
            return vec![violation(format!("`{service}` has no such operation"))];
        };
        let mut found = query(operation, request);
        found.extend(request_body(operation, request));
        found.extend(response.into_iter().flat_map(|response| answer(operation, request, response)));
        found.into_iter().map(|what| violation(format!("{}: {what}", operation.id))).collect()
    }
}

impl ContractGuard {
    /// What a universe shows its exchanges to.
    pub(crate) fn observer(&self) -> Observer {
        let collected = Arc::clone(&self.0);
        Arc::new(move |exchange| {
            collected.lock().unwrap_or_else(PoisonError::into_inner).extend(Contract::check(exchange));
        })
    }

    /// What was found so far.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ContractGuard {
    fn drop(&mut self) {
        let violations = self.violations();
        if !violations.is_empty() && !std::thread::panicking() {
            let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
            panic!("the published description says otherwise:\n{}", list.join("\n"));
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.request, self.what)
    }
}

/// The path as the description writes it: without a base path, and by the repository's name where the addresses
/// of further pages go by its number.
fn documented_path(path: &str) -> String {
    let path = ["/api/v3", "/api/uploads"].iter().find_map(|base| path.strip_prefix(base)).unwrap_or(path);
    match path.strip_prefix("/repositories/").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => format!("/repos/owner/name/{rest}"),
        None => path.to_owned(),
    }
}

fn query(operation: &Operation, request: &Request) -> Vec<String> {
    let known = operation.body["query"].as_object().expect("operations list their query");
    let pairs = request.query_pairs();
    let mut found = Vec::new();
    for (name, value) in &pairs {
        match known.get(name) {
            None if name.is_empty() && value.is_empty() => {} // A `&` at the end.
            None => found.push(format!("unknown query parameter `{name}`")),
            Some(parameter) if !fits(&parameter["schema"], value) => {
                found.push(format!("`{value}` is no value for the query parameter `{name}`"));
            }
            Some(_) => {}
        }
    }
    let missing = known.iter().filter(|(name, parameter)| {
        parameter["required"] == true && !pairs.iter().any(|(have, _)| have == *name)
    });
    found.extend(missing.map(|(name, _)| format!("missing query parameter `{name}`")));
    found
}

/// Whether a text is a value of the schema; in queries everything is a text. Dates may be written as spans.
fn fits(schema: &Value, text: &str) -> bool {
    let listed = schema["enum"].as_array().is_none_or(|list| list.iter().any(|value| value == text));
    listed
        && match schema["type"].as_str() {
            Some("integer") => text.parse::<i64>().is_ok(),
            Some("boolean") => ["true", "false"].contains(&text),
            _ => true,
        }
}

fn request_body(operation: &Operation, request: &Request) -> Vec<String> {
    let documented = &operation.body["request"];
    match (documented.is_null(), request.body.is_empty()) {
        (true, true) => return Vec::new(),
        (true, false) => return vec!["a body where none belongs".to_owned()],
        (false, true) if documented["required"] == true => return vec!["no body".to_owned()],
        (false, true) => return Vec::new(),
        (false, false) => {}
    }
    let Some(schema) = operation.schema(&["request", "content", "application/json"]) else {
        return Vec::new(); // A file, of whatever media type.
    };
    let Ok(value) = serde_json::from_slice::<Value>(&request.body) else {
        return vec!["the request's body is no JSON".to_owned()];
    };
    let breaches = DESCRIPTION.breaches(&schema, &value).into_iter();
    let breaches = breaches.map(|(place, _, text)| format!("request body at `{place}`: {text}"));
    let unknown = DESCRIPTION.unknown_properties(&schema, &value).into_iter();
    breaches.chain(unknown.map(|place| format!("request body: unknown property `{place}`"))).collect()
}

fn answer(operation: &Operation, request: &Request, response: &Response) -> Vec<String> {
    let status = response.status.to_string();
    let listed = operation.body["responses"].get(&status);
    let waived_status = waived(|passes| match passes {
        Passes::Statuses { operation: only, statuses } => {
            only.is_none_or(|only| only == operation.id) && statuses.contains(&response.status)
        }
        _ => false,
    });
    if listed.is_none() && !waived_status {
        return vec![format!("undocumented status {status}")];
    }
    if request.method == "HEAD" {
        return Vec::new();
    }
    if response.status >= 400 {
        return refusal(operation, &status, response);
    }
    let media_type = media_type(response);
    if response.body.is_empty() && listed.is_some_and(|listed| listed["content"] == serde_json::json!({})) {
        return Vec::new();
    }
    match operation.schema(&["responses", &status, "content", media_type]) {
        Some(schema) if media_type == "application/json" => match serde_json::from_slice(&response.body) {
            Ok(value) => {
                let unknown = DESCRIPTION.unknown_properties(&schema, &value).into_iter();
                let unknown = unknown.map(|place| format!("answer: unknown property `{place}`"));
                breaches(&schema, &value).into_iter().chain(unknown).collect()
            }
            Err(_) => vec!["the answer is no JSON".to_owned()],
        },
        Some(_) => Vec::new(),
        None if waived(|passes| match passes {
            Passes::MediaType { operation: only, media_type: let_pass } => {
                *only == operation.id && *let_pass == media_type
            }
            _ => false,
        }) =>
        {
            Vec::new()
        }
        None => vec![format!("undocumented media type `{media_type}` for status {status}")],
    }
}

/// A refusal has a message, whatever else it has; where its form is documented, it has that form.
fn refusal(operation: &Operation, status: &str, response: &Response) -> Vec<String> {
    let Ok(value) = serde_json::from_slice::<Value>(&response.body) else {
        return vec![format!("the answer with status {status} is no JSON")];
    };
    if !value["message"].is_string() {
        return vec![format!("the answer with status {status} has no message")];
    }
    let schema = operation.schema(&["responses", status, "content", "application/json"]);
    schema.map(|schema| breaches(&schema, &value)).unwrap_or_default()
}

fn breaches(schema: &description::Schema, value: &Value) -> Vec<String> {
    let let_pass = |place: &str, value: &Value| {
        waived(|passes| match passes {
            Passes::Value { place: end, value: known } => place.ends_with(end) && value == known,
            _ => false,
        })
    };
    let found = DESCRIPTION.breaches(schema, value).into_iter();
    let found = found.filter(|(place, value, _)| !let_pass(place, value));
    found.map(|(place, _, text)| format!("answer at `{place}`: {}", shortened(&text))).collect()
}

fn waived(passes: impl Fn(&Passes) -> bool) -> bool {
    WAIVERS.iter().any(|waiver| passes(&waiver.passes))
}

fn media_type(response: &Response) -> &str {
    let header = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    header.map_or("", |(_, value)| value.split(';').next().unwrap_or_default().trim())
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}
