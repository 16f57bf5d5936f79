//! Looking at releases, making and deleting them.

use crate::sim::Response;

use super::publish::{Wishes, keep_first};
use super::release::Release;
use super::reply::{Answer, Call, Refusal};
use super::state::Look;
use super::{Github, body};

/// However many there are, a list ends here. // R2
const LISTED_RELEASES: usize = 10_000;

impl Github {
    /// All releases, the newest first; drafts only for those who may push. // R2
    pub(super) fn list_releases(&mut self, call: &Call<'_>) -> Response {
        let shown = self.shown(Look::Releases);
        let drafts = call.caller.sees_drafts();
        let mut releases: Vec<&Release> =
            shown.releases.iter().filter(|release| drafts || !release.draft).collect();
        releases.sort_by_key(|release| std::cmp::Reverse((release.created_at_s, release.id)));
        releases.truncate(LISTED_RELEASES);
        self.page(call, releases, |_, page| {
            page.into_iter().map(|release| body::release::release(&self.links, release)).collect()
        })
    }

    /// A release by its number; always up to date, drafts too. // R3
    pub(super) fn get_release(&self, call: &Call<'_>, id: u64) -> Answer {
        let release = self.visible_release(call, id)?;
        Ok(Response::json(200, &body::release::release(&self.links, release)))
    }

    /// The published release of a tag; drafts are not found by their tags, whoever asks. // R1
    pub(super) fn get_release_by_tag(&mut self, tag_name: &str) -> Answer {
        let shown = self.shown(Look::ByTag);
        let release = shown.published(tag_name).ok_or_else(Refusal::not_found)?;
        Ok(Response::json(200, &body::release::release(&self.links, release)))
    }

    /// The release that was told to be the latest, else the one of the youngest commit.
    pub(super) fn get_latest_release(&mut self) -> Answer {
        let shown = self.shown(Look::ByTag);
        let ready = || shown.releases.iter().filter(|release| !release.draft && !release.prerelease);
        let told = ready().find(|release| Some(release.id) == shown.latest);
        let release = told.or_else(|| ready().max_by_key(|release| (release.created_at_s, release.id)));
        let release = release.ok_or_else(Refusal::not_found)?;
        Ok(Response::json(200, &body::release::release(&self.links, release)))
    }

    /// Makes a release. Nothing keeps two callers from making two drafts of one tag. // R6
    pub(super) fn create_release(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let mut wishes = Wishes::of(&fields)?;
        let tag_name = fields.required("Release", "tag_name")?;
        if !super::refs::is_valid(&tag_name) {
            return Err(Refusal::custom("Release", "tag_name", "tag_name is not a valid tag"));
        }
        if fields.flag("generate_release_notes")?.unwrap_or(false) {
            let notes = self.notes(&tag_name, wishes.target_commitish.as_deref(), None)?;
            let given = wishes.body.take().unwrap_or_default();
            wishes.body = Some(if given.is_empty() { notes } else { format!("{given}\n\n{notes}") });
            keep_first(&mut wishes.name, &tag_name);
        }
        let release = Release {
            id: self.last_id + 1,
            tag_name,
            target_commitish: self.settings.default_branch.clone(),
            name: None,
            body: None,
            draft: wishes.draft.unwrap_or(false),
            prerelease: false,
            immutable: false,
            created_at_s: self.now_s(),
            published_at_s: None,
            updated_at_s: self.now_s(),
            discussion_category_name: None,
            assets: Vec::new(),
        };
        let release = self.settle(call.caller, None, release, &wishes)?;
        self.last_id = release.id;
        let location = self.links.repo(&format!("/releases/{}", release.id));
        Ok(Response::json(201, &body::release::release(&self.links, &release)).with("location", location))
    }

    /// Removes a release; its tag stays.
    pub(super) fn delete_release(&mut self, call: &Call<'_>, id: u64) -> Answer {
        call.caller.writes_contents()?;
        self.visible_release(call, id)?;
        self.state_mut().releases.retain(|release| release.id != id);
        Ok(Response::empty(204))
    }

    /// A release, unless it is a draft that the caller must not see.
    pub(super) fn visible_release(&self, call: &Call<'_>, id: u64) -> Result<&Release, Refusal> {
        let release = self.state.release(id).filter(|release| call.caller.sees_drafts() || !release.draft);
        release.ok_or_else(Refusal::not_found)
    }
}
