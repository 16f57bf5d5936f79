//! Changing releases, and the step from draft to published.

use crate::sim::Response;

use super::access::Caller;
use super::release::Release;
use super::reply::{Answer, Call, Fields, Refusal, reason};
use super::{Github, body};

/// How many characters the notes may have. // R10
const BODY_LIMIT: usize = 125_000;

/// Whether a release becomes the latest; a text in requests. // R13
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MakeLatest {
    True,
    False,
    Legacy,
}

/// What a request wants a release to be; nothing means "as it is".
#[derive(Debug)]
pub(super) struct Wishes {
    pub tag_name: Option<String>,
    pub target_commitish: Option<String>,
    pub name: Option<String>,
    pub body: Option<String>,
    pub draft: Option<bool>,
    prerelease: Option<bool>,
    make_latest: Option<MakeLatest>,
    discussion_category_name: Option<String>,
}

impl Wishes {
    /// Reads them from a request's body.
    ///
    /// # Errors
    ///
    /// A field is of the wrong type; above all `make_latest`, which is a text and not a truth value. // R13
    pub(super) fn of(fields: &Fields) -> Result<Self, Refusal> {
        let given = |name: &str| Ok::<_, Refusal>(fields.text(name)?.filter(|text| !text.is_empty()));
        let make_latest = match fields.text("make_latest")?.as_deref() {
            None => None,
            Some("true") => Some(MakeLatest::True),
            Some("false") => Some(MakeLatest::False),
            Some("legacy") => Some(MakeLatest::Legacy),
            Some(_) => return Err(Refusal::field("Release", "make_latest", "invalid")),
        };
        Ok(Self {
            tag_name: given("tag_name")?,
            target_commitish: given("target_commitish")?,
            name: fields.text("name")?,
            body: fields.text("body")?,
            draft: fields.flag("draft")?,
            prerelease: fields.flag("prerelease")?,
            make_latest,
            discussion_category_name: given("discussion_category_name")?,
        })
    }

    fn apply(&self, release: &mut Release) {
        let Self { tag_name, target_commitish, name, body, draft, prerelease, .. } = self;
        let Self { discussion_category_name, make_latest: _, .. } = self;
        if let Some(tag_name) = tag_name {
            release.tag_name.clone_from(tag_name);
        }
        if let Some(target) = target_commitish {
            release.target_commitish.clone_from(target);
        }
        release.draft = draft.unwrap_or(release.draft);
        release.prerelease = prerelease.unwrap_or(release.prerelease);
        for (wish, field) in [
            (name, &mut release.name),
            (body, &mut release.body),
            (discussion_category_name, &mut release.discussion_category_name),
        ] {
            if wish.is_some() {
                field.clone_from(wish);
            }
        }
    }
}

impl Github {
    /// Changes a release.
    pub(super) fn update_release(&mut self, call: &Call<'_>, id: u64) -> Answer {
        call.caller.writes_contents()?;
        let before = self.visible_release(call, id)?.clone();
        let mut wishes = Wishes::of(&call.fields()?)?;
        if before.immutable {
            refuse_on_immutable(&before, &wishes)?;
        }
        if before.draft && wishes.tag_name.is_none() && self.settings.strict_patches {
            // R12: the draft loses its tag, and what was meant to publish it leaves it a draft.
            wishes.tag_name = Some(before.untagged());
            (wishes.draft, wishes.make_latest) = (Some(true), None);
        }
        let next = Release { updated_at_s: self.now_s(), ..before.clone() };
        let release = self.settle(call.caller, Some(&before), next, &wishes)?;
        Ok(Response::json(200, &body::release::release(&self.links, &release)))
    }

    /// Applies the wishes to a release, holds the result against the rules and stores it.
    ///
    /// # Errors
    ///
    /// A rule is broken; nothing has changed then.
    pub(super) fn settle(
        &mut self,
        caller: Caller,
        before: Option<&Release>,
        mut release: Release,
        wishes: &Wishes,
    ) -> Result<Release, Refusal> {
        wishes.apply(&mut release);
        self.check_wishes(caller, &release, wishes)?;
        let publishes = !release.draft && before.is_none_or(|before| before.draft);
        let renamed = before.is_some_and(|before| before.tag_name != release.tag_name);
        let new_tag = match (!release.draft && (publishes || renamed), self.state.tag(&release.tag_name)) {
            (true, tag) => {
                self.check_tag_name(&release)?;
                if tag.is_some() { None } else { Some(self.tag_to_create(caller, &release)?) }
            }
            (false, _) => None,
        };
        if publishes {
            release.published_at_s = Some(self.now_s());
            release.immutable = self.settings.immutable_releases; // R28
        } else if release.draft {
            release.published_at_s = None;
        }
        self.store(release, new_tag, publishes, wishes.make_latest)
    }

    fn store(
        &mut self,
        mut release: Release,
        new_tag: Option<String>,
        publishes: bool,
        make_latest: Option<MakeLatest>,
    ) -> Result<Release, Refusal> {
        if let Some(sha) = new_tag {
            self.state_mut().refs.insert(format!("refs/tags/{}", release.tag_name), sha); // R7
        }
        if let Some(commit) = self.released_commit(&release) {
            release.created_at_s = commit; // The date of the commit, not of the publication.
        }
        if release.immutable {
            self.burnt_tags.insert(release.tag_name.clone()); // R29
        }
        // R13: on publishing the default is yes, whatever the draft was made with.
        let make_latest = make_latest.or((publishes && !release.prerelease).then_some(MakeLatest::True));
        let state = self.state_mut();
        if !release.draft && !release.prerelease {
            match make_latest {
                Some(MakeLatest::True) => state.latest = Some(release.id),
                Some(MakeLatest::Legacy) => state.latest = None,
                Some(MakeLatest::False) | None => {}
            }
        }
        match state.release_mut(release.id) {
            Some(stored) => stored.clone_from(&release),
            None => state.releases.push(release.clone()),
        }
        Ok(release)
    }

    fn check_wishes(&self, caller: Caller, release: &Release, wishes: &Wishes) -> Result<(), Refusal> {
        let too_long = release.body.as_deref().is_some_and(|body| body.chars().count() > BODY_LIMIT);
        if too_long {
            let message = format!("body is too long (maximum is {BODY_LIMIT} characters)");
            return Err(Refusal::custom("Release", "body", &message)); // R10
        }
        if wishes.make_latest == Some(MakeLatest::True) && (release.draft || release.prerelease) {
            let message = "Latest release cannot be draft or prerelease."; // R13
            return Err(Refusal::custom("Release", "make_latest", message));
        }
        if let Some(category) = &wishes.discussion_category_name {
            if !self.settings.discussion_categories.contains(category) {
                return Err(Refusal::not_found()); // R9
            }
            caller.writes_discussions()?;
        }
        if wishes.target_commitish.is_some() {
            let target = self.target(release)?;
            if self.changes_workflows(&target) && !caller.writes_workflows() {
                return Err(Refusal::not_found()); // R8
            }
        }
        Ok(())
    }

    fn check_tag_name(&self, release: &Release) -> Result<(), Refusal> {
        if self.state.published(&release.tag_name).is_some_and(|other| other.id != release.id) {
            return Err(Refusal::field("Release", "tag_name", "already_exists")); // R5
        }
        if self.burnt_tags.contains(&release.tag_name) {
            let message = "tag_name was used by an immutable release"; // R29
            return Err(Refusal::custom("Release", "tag_name", message));
        }
        Ok(())
    }

    /// The commit at which publishing makes the tag. // R7
    fn tag_to_create(&self, caller: Caller, release: &Release) -> Result<String, Refusal> {
        if self.protected(&release.tag_name) {
            let rule = "pre_receive Repository rule violations found\n\n\
                        Cannot create ref due to creations being restricted.\n\n";
            return Err(Refusal::invalid(vec![
                reason("Release", "pre_receive", rule), // R11
                reason("Release", "tag_name", "Published releases must have a valid tag"),
            ]));
        }
        let target = self.target(release)?;
        if self.changes_workflows(&target) && !caller.writes_workflows() {
            return Err(Refusal::not_found()); // R8
        }
        Ok(target)
    }

    /// The commit that `target_commitish` names: the head of a branch, or a full hash.
    fn target(&self, release: &Release) -> Result<String, Refusal> {
        let name = &release.target_commitish;
        let commit = self.objects.peel(self.state.branch(name).unwrap_or(name));
        let commit = commit.ok_or_else(|| Refusal::field("Release", "target_commitish", "invalid"))?;
        Ok(commit.sha.clone())
    }

    /// The date of the commit that a release stands on, where there is one.
    fn released_commit(&self, release: &Release) -> Option<u64> {
        let tag = self.state.tag(&release.tag_name).cloned();
        let sha = tag.or_else(|| self.target(release).ok())?;
        self.objects.peel(&sha).map(|commit| commit.date_s)
    }
}

/// Refuses what is fixed for ever; title, notes and `make_latest` are not. // R28
fn refuse_on_immutable(before: &Release, wishes: &Wishes) -> Result<(), Refusal> {
    let differs = |wish: &Option<String>, have: &String| wish.as_ref().is_some_and(|wish| wish != have);
    for (changed, field) in [
        (differs(&wishes.target_commitish, &before.target_commitish), "target_commitish"),
        (differs(&wishes.tag_name, &before.tag_name), "tag_name"),
        (wishes.draft == Some(true), "draft"),
    ] {
        if changed {
            let message = format!("{field} cannot be changed when release is immutable");
            return Err(Refusal::custom("Release", field, &message));
        }
    }
    Ok(())
}

/// Fills a text that is absent or empty.
pub(super) fn keep_first(field: &mut Option<String>, otherwise: &str) {
    if field.as_deref().is_none_or(str::is_empty) {
        *field = Some(otherwise.to_owned());
    }
}
