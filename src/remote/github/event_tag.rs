//! The tag that an event is about, as the runner writes the event into a file.
//!
//! Every text of an event was typed by somebody: it is read as a tag where it is used, and never trusted to be one.

use serde::Deserialize;

/// The little of an event that may name a tag.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    inputs: Option<Inputs>,
    release: Option<Release>,
    workflow_run: Option<WorkflowRun>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inputs {
    tag: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Release {
    tag_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WorkflowRun {
    event: Option<String>,
    head_branch: Option<String>,
}

/// The tag that somebody typed who started the workflow by hand, in an input called `tag`.
pub(crate) fn typed_tag(event: &[u8]) -> Option<String> {
    match read(event).inputs?.tag? {
        serde_json::Value::String(tag) => Some(tag).filter(|tag| !tag.trim().is_empty()),
        _ => None,
    }
}

/// The tag of the release that the event is about.
pub(crate) fn released_tag(event: &[u8]) -> Option<String> {
    read(event).release?.tag_name
}

/// What a push started the run with whose end started this one: GitHub tells the name of a branch or a tag, and not of
/// which of them.
pub(crate) fn pushed_name(event: &[u8]) -> Option<String> {
    let WorkflowRun { event, head_branch } = read(event).workflow_run?;
    head_branch.filter(|_| event.as_deref() == Some("push"))
}

/// Whoever needs more than the name of a tag reads the event again, and hears what is wrong with it.
fn read(event: &[u8]) -> Event {
    serde_json::from_slice(event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_names_its_tag_in_its_own_place() {
        let typed = br#"{"inputs":{"tag":"v1.2.0"},"ref":"refs/heads/main"}"#;
        assert_eq!(typed_tag(typed).as_deref(), Some("v1.2.0"));
        let released = br#"{"action":"published","release":{"id":1,"tag_name":"v1.2.0"}}"#;
        assert_eq!(released_tag(released).as_deref(), Some("v1.2.0"));
        let ended = |event: &str| {
            format!(r#"{{"workflow_run":{{"event":"{event}","head_branch":"v1.2.0"}}}}"#).into_bytes()
        };
        assert_eq!(pushed_name(&ended("push")).as_deref(), Some("v1.2.0"));
        assert_eq!(pushed_name(&ended("pull_request")), None);
    }

    #[test]
    fn what_names_no_tag_names_none() {
        for event in
            ["", "{}", "[]", r#"{"inputs":null}"#, r#"{"inputs":{"tag":" "}}"#, r#"{"inputs":{"tag":1}}"#]
        {
            let event = event.as_bytes();
            assert_eq!((typed_tag(event), released_tag(event), pushed_name(event)), (None, None, None));
        }
    }
}
