//! How the index says no: in the reason phrase, and in a body of the kind that the client accepts.

use super::accept::preferred;
use crate::sim::{Request, Response};

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    message: String,
}

/// What checks of an upload return.
pub(super) type Checked<T> = Result<T, Refusal>;

impl Refusal {
    /// 400: the upload itself is wrong.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::of(400, message)
    }

    /// 403: this client may not.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::of(403, message)
    }

    /// Any other status.
    pub(super) fn of(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The answer to `request`. JSON, page or text: the frame around the message is the one of PyPI's web framework.
    pub(super) fn response(&self, request: &Request) -> Response {
        let Self { status, message } = self;
        let (title, explanation) = words(*status);
        let line = format!("{status} {message}");
        let detail = format!("{explanation}\n\n\n{message}\n\n");
        let accepted = preferred(request.header("accept"), &["text/html", "application/json"]);
        let response = match accepted {
            Some("application/json") => {
                let body = serde_json::json!({ "message": detail, "code": line, "title": title });
                Response::of(*status, "application/json", body.to_string())
            }
            Some(_) => {
                let (line, detail) = (escaped(&line), escaped(&detail).replace('\n', "<br/>\n"));
                let page = format!(
                    "<html>\n <head>\n  <title>{line}</title>\n </head>\n <body>\n  <h1>{line}</h1>\n  {detail}\n </body>\n</html>"
                );
                Response::of(*status, "text/html; charset=UTF-8", page)
            }
            None => Response::of(*status, "text/plain; charset=UTF-8", format!("{line}\n\n{detail}")),
        };
        response.because(reason_phrase(message))
    }
}

/// Only characters that a status line may carry.
fn reason_phrase(message: &str) -> String {
    message.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

const fn words(status: u16) -> (&'static str, &'static str) {
    match status {
        308 => ("Permanent Redirect", ""),
        400 => (
            "Bad Request",
            "The server could not comply with the request since it is either malformed or otherwise incorrect.",
        ),
        403 => ("Forbidden", "Access was denied to this resource."),
        404 => ("Not Found", "The resource could not be found."),
        405 => ("Method Not Allowed", "The method is not allowed for this resource."),
        406 => ("Not Acceptable", "The resource could not be generated in a form that was acceptable."),
        409 => ("Conflict", "There was a conflict when trying to complete your request."),
        410 => ("Gone", "This resource is no longer available. No forwarding address is given."),
        429 => (
            "Too Many Requests",
            "The action could not be performed because there were too many requests by the client.",
        ),
        _ => ("Error", ""),
    }
}

/// `text` as it stands in a page or in an attribute between double quotes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(accept: Option<&str>) -> Response {
        let headers = accept.map(|accept| ("accept".to_owned(), accept.to_owned())).into_iter().collect();
        let request = Request {
            method: "POST".into(),
            path: "/".into(),
            query: String::new(),
            headers,
            body: "".into(),
        };
        Refusal::bad("Unknown <thing> 'ü'.").response(&request)
    }

    #[test]
    fn the_message_is_the_reason_phrase() {
        assert_eq!(answer(None).reason.as_deref(), Some("Unknown <thing> '?'."));
    }

    #[test]
    fn the_body_is_of_the_kind_that_is_accepted() {
        let body = |accept| String::from_utf8(answer(accept).body.to_vec()).expect("text");
        let json: serde_json::Value = serde_json::from_str(&body(Some("application/json"))).expect("JSON");
        assert_eq!(json["code"], "400 Unknown <thing> 'ü'.");
        assert_eq!(json["title"], "Bad Request");
        assert!(
            json["message"].as_str().is_some_and(|text| text.ends_with("\n\n\nUnknown <thing> 'ü'.\n\n"))
        );
        assert!(body(None).contains("<h1>400 Unknown &lt;thing&gt; 'ü'.</h1>"));
        assert!(body(Some("image/png")).starts_with("400 Unknown <thing> 'ü'.\n\n"));
    }
}
