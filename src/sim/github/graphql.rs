//! The one question of the other API that release clients cannot do without: a draft by its tag.
//!
//! No GraphQL is read here: the question is known by its words, and any other one is refused as the service refuses.

use serde_json::{Value, json};

use crate::sim::{Request, Response};

use super::Github;
use super::access::Caller;
use super::reply::{Answer, Refusal};

/// Where it is asked: on the service, and on an enterprise server.
pub(super) const PATHS: [&str; 2] = ["/graphql", "/api/graphql"];

/// By what the question is known.
const BY_TAG: &str = "release(tagName:$tagName){databaseId,isDraft}";

impl Github {
    /// Answers a question; errors come with status 200 too. The REST API finds no draft by its tag. // R1
    pub(super) fn graphql(&self, request: &Request, caller: Caller) -> Answer {
        let question: Value = serde_json::from_slice(&request.body)
            .map_err(|_no_json| Refusal::new(400, "Problems parsing JSON"))?;
        let words = question["query"].as_str().unwrap_or_default();
        let words: String = words.chars().filter(|letter| !letter.is_whitespace()).collect();
        if !words.contains(BY_TAG) {
            let errors = json!([{ "message": "this question is not simulated" }]);
            return Ok(Response::json(200, &json!({ "data": null, "errors": errors })));
        }
        if matches!(caller, Caller::Anonymous) {
            return Err(Refusal::new(401, "This endpoint requires you to be authenticated."));
        }
        caller.reads_contents(true)?;
        let text = |name: &str| question["variables"][name].as_str().unwrap_or_default();
        let own = text("owner").eq_ignore_ascii_case(&self.links.owner)
            && text("name").eq_ignore_ascii_case(&self.links.name);
        if !own {
            let message = "Could not resolve to a Repository with that name.";
            let errors = json!([{ "type": "NOT_FOUND", "path": ["repository"], "message": message }]);
            return Ok(Response::json(200, &json!({ "data": { "repository": null }, "errors": errors })));
        }
        let tag = text("tagName");
        let drafts = caller.sees_drafts();
        let mut named = self.state.releases.iter().filter(|release| release.tag_name == tag);
        let release = named.find(|release| !release.draft || drafts);
        let release = release.map(|release| json!({ "databaseId": release.id, "isDraft": release.draft }));
        Ok(Response::json(200, &json!({ "data": { "repository": { "release": release } } })))
    }
}
