//! References and annotated tags.

use crate::sim::Response;

use super::git::Object;
use super::reply::{Answer, Call, Refusal};
use super::settings::{BranchRule, Forbidden};
use super::state::Look;
use super::{Github, body};

/// The service's words where git itself does not take a reference.
const UPDATE_FAILED: &str = "Reference update failed";
/// Its words about commits without signature.
const UNSIGNED: &str = "Commits must have verified signatures.";

impl Github {
    /// One reference by its whole name. // R30
    pub(super) fn get_ref(&mut self, name: &str) -> Answer {
        let full = format!("refs/{name}");
        let shown = self.shown(Look::Refs);
        let sha = shown.refs.get(&full).ok_or_else(Refusal::not_found)?;
        Ok(Response::json(200, &self.reference(&full, sha)))
    }

    /// All references whose names begin so, which is more than the one that is called so. // R30
    pub(super) fn matching_refs(&mut self, name: &str) -> Response {
        let beginning = format!("refs/{name}");
        let shown = self.shown(Look::Refs);
        let matching = shown.refs.iter().filter(|(full, _)| full.starts_with(&beginning));
        Response::json(200, &matching.map(|(full, sha)| self.reference(full, sha)).collect())
    }

    /// Makes a reference.
    pub(super) fn create_ref(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let (name, sha) = (fields.required("Reference", "ref")?, fields.required("Reference", "sha")?);
        if !name.starts_with("refs/") || name.split('/').count() < 3 || !is_valid(&name) {
            let shown: String = name.chars().take(120).collect();
            return Err(Refusal::new(422, format!("{shown} is not a valid ref name.")));
        }
        self.existing(&sha)?;
        if self.state.refs.contains_key(&name) {
            return Err(Refusal::new(422, "Reference already exists")); // R31
        }
        if let Some(tag) = name.strip_prefix("refs/tags/") {
            self.may_change_tag(tag, "creations being restricted")?;
        }
        if let Some(branch) = name.strip_prefix("refs/heads/") {
            self.may_create_branch(branch, &sha)?;
        }
        if self.changes_workflows(&sha) && !call.caller.writes_workflows() {
            return Err(Refusal::forbidden("contents=write,workflows=write")); // R8
        }
        // Git keeps a name like a path: what is a file there is no folder.
        let is_in_the_way =
            |other: &String| other.starts_with(&format!("{name}/")) || name.starts_with(&format!("{other}/"));
        if self.state.refs.keys().any(is_in_the_way) {
            return Err(Refusal::new(422, UPDATE_FAILED));
        }
        self.state_mut().refs.insert(name.clone(), sha.clone());
        let body = self.reference(&name, &sha);
        let location = body["url"].as_str().unwrap_or_default().to_owned();
        Ok(Response::json(201, &body).with("location", location))
    }

    /// Moves a reference. // R31
    pub(super) fn update_ref(&mut self, call: &Call<'_>, name: &str) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let (sha, force) = (fields.required("Reference", "sha")?, fields.flag("force")?.unwrap_or(false));
        let full = format!("refs/{name}");
        let missing = || Refusal::new(422, "Reference does not exist");
        let from = self.state.refs.get(&full).cloned().ok_or_else(missing)?;
        self.existing(&sha)?;
        if let Some(tag) = name.strip_prefix("tags/") {
            self.may_change_tag(tag, "updates being restricted")?;
        }
        if self.changes_workflows(&sha) && !call.caller.writes_workflows() {
            return Err(Refusal::forbidden("contents=write,workflows=write")); // R8
        }
        let forward = match (self.objects.peel(&sha), self.objects.peel(&from)) {
            (Some(to), Some(from)) => self.objects.reaches(&to.sha, &from.sha),
            _ => false,
        };
        if !force && !forward {
            return Err(Refusal::new(422, "Update is not a fast forward"));
        }
        if let Some(branch) = name.strip_prefix("heads/") {
            self.may_move_branch(branch, &sha)?;
        }
        self.state_mut().refs.insert(full.clone(), sha.clone());
        Ok(Response::json(200, &self.reference(&full, &sha)))
    }

    /// Removes a reference. A published release that loses its tag becomes a draft. // R16
    pub(super) fn delete_ref(&mut self, call: &Call<'_>, name: &str) -> Answer {
        call.caller.writes_contents()?;
        let full = format!("refs/{name}");
        if !self.state.refs.contains_key(&full) {
            return Err(Refusal::new(422, "Reference does not exist"));
        }
        if let Some(tag) = name.strip_prefix("tags/") {
            self.may_change_tag(tag, "deletions being restricted")?;
        }
        let state = self.state_mut();
        state.refs.remove(&full);
        for release in &mut state.releases {
            if full == format!("refs/tags/{}", release.tag_name) {
                (release.draft, release.published_at_s) = (true, None);
            }
        }
        Ok(Response::empty(204))
    }

    /// Makes the object of an annotated tag, which shows only once a reference points at it.
    pub(super) fn create_tag(&mut self, call: &Call<'_>) -> Answer {
        call.caller.writes_contents()?;
        let fields = call.fields()?;
        let [tag, message, target] = [
            fields.required("Tag", "tag")?,
            fields.required("Tag", "message")?,
            fields.required("Tag", "object")?,
        ];
        self.existing(&target)?;
        let sha = self.objects.add_tag(&tag, &message, &target, self.now_s());
        let location = self.links.repo(&format!("/git/tags/{sha}"));
        let found = self.get_tag(&sha)?;
        Ok(Response { status: 201, ..found }.with("location", location))
    }

    /// The object of an annotated tag.
    pub(super) fn get_tag(&self, sha: &str) -> Answer {
        let Some(Object::Tag(tag)) = self.objects.object(sha) else { return Err(Refusal::not_found()) };
        let target = self.objects.object(&tag.target).expect("a tag's target was there before it");
        Ok(Response::json(200, &body::git::tag_object(&self.links, tag, target)))
    }

    /// All tags with the commits they lead to, the last name first.
    pub(super) fn list_tags(&mut self, call: &Call<'_>) -> Response {
        let shown = self.shown(Look::Refs);
        let tags = shown
            .refs
            .iter()
            .rev()
            .filter_map(|(name, sha)| Some((name.strip_prefix("refs/tags/")?, self.objects.peel(sha)?)));
        self.page(call, tags.collect(), |_, page| {
            page.into_iter().map(|(name, commit)| body::git::tag(&self.links, name, commit)).collect()
        })
    }

    /// Refuses what rulesets and immutable releases forbid. // R28
    pub(super) fn may_change_tag(&self, tag: &str, restriction: &str) -> Result<(), Refusal> {
        if self.protected(tag) || self.fixed_tags().contains(tag) {
            let message =
                format!("Repository rule violations found\n\nCannot change ref due to {restriction}.\n\n");
            return Err(Refusal::new(422, message));
        }
        Ok(())
    }

    fn may_create_branch(&self, branch: &str, sha: &str) -> Result<(), Refusal> {
        let is_signed = self.objects.peel(sha).is_none_or(|commit| commit.verification.verified);
        for rule in self.rules_of(branch) {
            match (&rule.forbids, rule.older) {
                (Forbidden::Creation, true) => return Err(Refusal::new(422, UPDATE_FAILED)),
                (Forbidden::Creation, false) => {
                    return Err(violation("Cannot create ref due to creations being restricted."));
                }
                (Forbidden::Unsigned, older) if !is_signed => return Err(refused(older, UNSIGNED)),
                _ => {}
            }
        }
        Ok(())
    }

    fn may_move_branch(&self, branch: &str, sha: &str) -> Result<(), Refusal> {
        let is_signed = self.objects.peel(sha).is_none_or(|commit| commit.verification.verified);
        for rule in self.rules_of(branch) {
            let words = match &rule.forbids {
                Forbidden::Creation => continue,
                Forbidden::Unsigned if is_signed => continue,
                Forbidden::Unsigned => UNSIGNED.to_owned(),
                Forbidden::Update => "Cannot update this protected ref.".to_owned(),
                Forbidden::Unreviewed => "Changes must be made through a pull request.".to_owned(),
                Forbidden::Unchecked(check) => format!("Required status check \"{check}\" is expected."),
            };
            return Err(refused(rule.older, &words));
        }
        Ok(())
    }

    fn rules_of(&self, branch: &str) -> impl Iterator<Item = &BranchRule> {
        self.settings.branch_rules.iter().filter(move |rule| branch.starts_with(rule.beginning.as_str()))
    }

    fn existing(&self, sha: &str) -> Result<Object<'_>, Refusal> {
        self.objects.object(sha).ok_or_else(|| Refusal::new(422, "Object does not exist"))
    }

    fn reference(&self, name: &str, sha: &str) -> serde_json::Value {
        let object = self.objects.object(sha).expect("references point at objects that are there");
        body::git::reference(&self.links, name, sha, object)
    }
}

/// What a rule says, in the words of its kind. // R11
fn refused(older: bool, words: &str) -> Refusal {
    if older { Refusal::new(422, words) } else { violation(words) }
}

fn violation(words: &str) -> Refusal {
    Refusal::new(422, format!("Repository rule violations found\n\n{words}\n\n"))
}

/// Whether git would take the name of a reference.
pub(super) fn is_valid(name: &str) -> bool {
    let bad = |letter: char| letter.is_ascii_control() || " ~^:?*[\\\u{7f}".contains(letter);
    !name.is_empty()
        && !name.contains(bad)
        && !["..", "@{", "//", "/."].iter().any(|part| name.contains(part))
        && !name.starts_with(['/', '.', '-'])
        && !name.ends_with(['/', '.'])
        && !name.ends_with(".lock")
}
