//! Notes that the service writes itself.

use serde_json::json;

use crate::sim::Response;

use super::Github;
use super::reply::{Answer, Call, Refusal};

impl Github {
    /// Writes notes and saves nothing.
    pub(super) fn generate_notes(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let tag_name = fields.required("Release", "tag_name")?;
        let (target, previous) = (fields.text("target_commitish")?, fields.text("previous_tag_name")?);
        let body = self.notes(&tag_name, target.as_deref(), previous.as_deref())?;
        Ok(Response::json(200, &json!({ "name": tag_name, "body": body })))
    }

    /// The commits since the previous tag: the one told, else the nearest that the release stands on.
    pub(super) fn notes(
        &self,
        tag_name: &str,
        target: Option<&str>,
        previous: Option<&str>,
    ) -> Result<String, Refusal> {
        let head = if self.state.tag(tag_name).is_some() { Some(tag_name) } else { target };
        let head = self.resolve(&self.state, head.unwrap_or(&self.settings.default_branch));
        let head = head.ok_or_else(Refusal::not_found)?;
        let previous = match previous {
            Some(name) => Some((name.to_owned(), self.tagged(name).ok_or_else(Refusal::not_found)?)),
            None => self.previous_tag(tag_name, &head.sha),
        };
        let relation = previous.as_ref().and_then(|(_, sha)| self.objects.relation(sha, &head.sha));
        let commits: Vec<_> = match &relation {
            Some(relation) => relation.ahead.clone(),
            None => self
                .objects
                .commits()
                .iter()
                .filter(|one| self.objects.reaches(&head.sha, &one.sha))
                .collect(),
        };
        let mut notes = String::from("## What's Changed\n");
        for commit in commits {
            let subject = commit.message.lines().next().unwrap_or_default();
            notes.push_str(&format!(
                "* {subject} by @someone in {}\n",
                self.links.page(&format!("/commit/{}", commit.sha))
            ));
        }
        let span = match &previous {
            Some((name, _)) => self.links.page(&format!("/compare/{name}...{tag_name}")),
            None => self.links.page(&format!("/commits/{tag_name}")),
        };
        notes.push_str(&format!("\n\n**Full Changelog**: {span}"));
        Ok(notes)
    }

    fn tagged(&self, tag_name: &str) -> Option<String> {
        self.state.tag(tag_name).and_then(|sha| self.objects.peel(sha)).map(|commit| commit.sha.clone())
    }

    /// The tag of the youngest commit that `head` stands on.
    fn previous_tag(&self, tag_name: &str, head: &str) -> Option<(String, String)> {
        let older = self
            .tags()
            .into_iter()
            .filter(|(name, sha)| name != tag_name && sha != head && self.objects.reaches(head, sha));
        let place = |sha: &str| self.objects.commits().iter().position(|commit| commit.sha == sha);
        older.max_by_key(|(_, sha)| place(sha))
    }
}
