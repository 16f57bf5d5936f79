//! What every answer has in common: refusals in GitHub's form, fields of a JSON body, pages with their links.

use serde_json::{Map, Value, json};

use crate::sim::{Request, Response};

use super::access::Caller;

/// An answer, or the refusal that takes its place.
pub(super) type Answer = Result<Response, Refusal>;

/// A refusal: status, message and, where GitHub gives them, its reasons and headers.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    errors: Vec<Value>,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal without reasons.
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// What is hidden and what is not there look the same.
    pub(super) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// The token may not do this; the header names the permission it lacks.
    pub(super) fn forbidden(accepted: &str) -> Self {
        Self::new(403, "Resource not accessible by integration")
            .with("x-accepted-github-permissions", accepted.to_owned())
    }

    /// The request is understood and breaks rules.
    pub(super) fn invalid(errors: Vec<Value>) -> Self {
        Self { errors, ..Self::new(422, "Validation Failed") }
    }

    /// One field breaks a rule that has a code of its own (`already_exists`, `missing_field`, …).
    pub(super) fn field(resource: &str, field: &str, code: &str) -> Self {
        Self::invalid(vec![json!({ "resource": resource, "code": code, "field": field })])
    }

    /// One field breaks a rule that only words can tell.
    pub(super) fn custom(resource: &str, field: &str, message: &str) -> Self {
        Self::invalid(vec![reason(resource, field, message)])
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The refusal as the REST API sends it.
    pub(super) fn into_response(self, documentation_url: &str) -> Response {
        let status = self.status.to_string();
        self.send(json!({ "documentation_url": documentation_url, "status": status }))
    }

    /// The refusal as the host for uploads sends it: with a request number and without `status`.
    pub(super) fn into_upload_response(self, documentation_url: &str, request_id: &str) -> Response {
        self.send(json!({ "documentation_url": documentation_url, "request_id": request_id }))
    }

    fn send(self, mut body: Value) -> Response {
        let Self { status, message, errors, headers } = self;
        body["message"] = message.into();
        if !errors.is_empty() {
            body["errors"] = errors.into();
        }
        headers
            .into_iter()
            .fold(Response::json(status, &body), |response, (name, value)| response.with(name, value))
    }
}

/// One entry of a refusal's `errors`, of the code `custom`.
pub(super) fn reason(resource: &str, field: &str, message: &str) -> Value {
    json!({ "resource": resource, "code": "custom", "field": field, "message": message })
}

/// One request to the API, taken apart.
pub(super) struct Call<'a> {
    /// The request itself.
    pub request: &'a Request,
    /// Who asks.
    pub caller: Caller,
    /// The path behind `/repos/{owner}/{repo}`, decoded.
    pub parts: Vec<String>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
}

impl Call<'_> {
    /// The value of a query parameter; an empty one counts as absent.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the request asks for this media type by name.
    pub(super) fn accepts(&self, media_type: &str) -> bool {
        self.request.header("accept").is_some_and(|accept| accept.contains(media_type))
    }

    /// The JSON object in the body.
    pub(super) fn fields(&self) -> Result<Fields, Refusal> {
        if self.request.body.is_empty() {
            return Ok(Fields(Map::new()));
        }
        match serde_json::from_slice(&self.request.body) {
            Ok(Value::Object(fields)) => Ok(Fields(fields)),
            Ok(_) => Err(Refusal::new(400, "Body should be a JSON object")),
            Err(_) => Err(Refusal::new(400, "Problems parsing JSON")),
        }
    }
}

/// The fields of a JSON body; a field that is `null` counts as absent.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    /// A field that holds a text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(wrong_type(name, other, "a string")),
        }
    }

    /// A field that holds a text and must be there.
    pub(super) fn required(&self, resource: &str, name: &str) -> Result<String, Refusal> {
        let missing = || Refusal::field(resource, name, "missing_field");
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    /// A field that holds a list.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Value>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(list)) => Ok(list.clone()),
            Some(other) => Err(wrong_type(name, other, "an array")),
        }
    }

    /// A field that holds an object; an empty one where there is none.
    pub(super) fn object(&self, name: &str) -> Result<Map<String, Value>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object.clone()),
            Some(other) => Err(wrong_type(name, other, "an object")),
        }
    }

    /// Whether there is such a field at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A field that holds a truth value.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(wrong_type(name, other, "a boolean")),
        }
    }
}

fn wrong_type(name: &str, found: &Value, expected: &str) -> Refusal {
    let found: String = found.to_string().chars().take(80).collect();
    Refusal::new(422, format!("Invalid request.\n\nFor 'properties/{name}', {found} is not {expected}."))
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Counted from 1.
    pub number: usize,
    /// How many entries a page has: 30 unless told, 100 at most.
    pub size: usize,
}

impl Page {
    /// The page that the call asks for.
    pub(super) fn of(call: &Call<'_>) -> Self {
        let number = |name| call.query(name).and_then(|text| text.parse().ok()).filter(|value| *value > 0);
        Self { number: number("page").unwrap_or(1), size: number("per_page").unwrap_or(30).min(100) }
    }

    /// This page's entries of the whole list.
    pub(super) fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip((self.number - 1).saturating_mul(self.size)).take(self.size).collect()
    }

    /// The `Link` header of a list of `total` entries at `address`; none when everything fits one page.
    pub(super) fn links(self, call: &Call<'_>, address: &str, total: usize) -> Option<String> {
        let last = total.div_ceil(self.size).max(1);
        let at = |page: usize, relation: &str| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(call.query.iter().filter(|(name, _)| name != "page"));
            query.append_pair("page", &page.to_string());
            format!("<{address}?{}>; rel=\"{relation}\"", query.finish())
        };
        let mut links = Vec::new();
        if self.number > 1 {
            links.push(at(self.number.min(last + 1) - 1, "prev"));
        }
        if self.number < last {
            links.push(at(self.number + 1, "next"));
            links.push(at(last, "last"));
        }
        if self.number > 1 {
            links.push(at(1, "first"));
        }
        (!links.is_empty()).then(|| links.join(", "))
    }
}
