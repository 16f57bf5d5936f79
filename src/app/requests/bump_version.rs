//! The request of bump-version.

use std::path::PathBuf;

use super::{Ready, RequestError, Requests};
use crate::action::error::InputError;
use crate::model::bump::Bump;
use crate::model::tag::TagPrefix;
use crate::model::version::VersionKind;
use crate::modes::bump_version::{BumpVersion, Changelog, Naming, Place, Readers, Then, Writers};
use crate::modes::project::tree::DiskTree;
use crate::remote::disk::read::DiskRead;
use crate::remote::git::GitRead;
use crate::sources::{SourcePattern, Wanted};

/// What stands for no prefix: an input that is empty counts as not given.
const NO_PREFIX: &str = "none";
/// What tags begin with where nobody says otherwise.
const USUAL_PREFIX: &str = "v";
/// How tokens of persons begin, which never are a job's own.
const OF_PERSONS: [&str; 3] = ["ghp_", "github_pat_", "gho_"];

impl Requests<'_> {
    pub(in super::super) fn bump_version(&self) -> Result<Ready<BumpVersion>, RequestError> {
        let place = self.place()?;
        let folder = self.inputs.existing_folder("project-dir")?;
        let disk = DiskRead::default();
        let project = DiskTree::new(disk.clone(), folder.clone());
        let is_remote = !matches!(place, Place::Disk);
        let github = if is_remote { Some(self.github_read()?) } else { None };
        let stop = self.surroundings.stop.clone();
        let apart = self.inputs.projects_below(&folder);
        let git = GitRead::new(folder, self.runner.for_children.clone(), stop);
        let mode = BumpVersion {
            wanted: Wanted {
                patterns: self.inputs.parsed_list::<SourcePattern>("version-files")?,
                discover: true,
                apart,
            },
            bump: self.inputs.parsed::<Bump>("bump")?.ok_or_else(|| self.inputs.missing("bump"))?,
            kind: self.prerelease_kind()?,
            changelog: self.changelog_in(&project)?,
            tag_prefix: self.prefix()?,
            message: self.naming("message", "Release {tag}"),
            is_own_token: self.is_own_token(),
            project,
            place,
        };
        let readers = Readers::new(disk, Some(git), github);
        let writers = self.unless_dry_run(|| {
            let github = if is_remote { Some(self.github_write()?) } else { None };
            Ok(Writers::new(github))
        })?;
        Ok(Ready { mode, readers, writers })
    }

    fn place(&self) -> Result<Place, InputError> {
        let inputs = self.inputs;
        let place = inputs.text("commit-to").unwrap_or("none");
        let asks = inputs.flag("create-tag")?;
        let tags = asks && (place == "branch" || inputs.contradicts("create-tag", "commit-to"));
        // Who keeps the tag from being made keeps workflows from being started on it.
        let decides = if asks && !tags { "commit-to" } else { "create-tag" };
        let mut starts = inputs.list("dispatch");
        let refused = |name, why: &str, hint| Err(inputs.refused(name, why, Some(hint)));
        let is_name = |file: &String| {
            !file.contains(['/', '\\']) && [".yml", ".yaml"].iter().any(|ending| file.ends_with(ending))
        };
        if !starts.iter().all(is_name) {
            return refused(
                "dispatch",
                "it is no file name of a workflow",
                "give the name alone, such as `release.yml`",
            );
        }
        if !starts.is_empty() && !tags {
            let why = "a workflow is started on the new tag, and none is made";
            if inputs.contradicts("dispatch", decides) {
                return refused("dispatch", why, "set `create-tag`, or leave `dispatch` out");
            }
            starts.clear();
        }
        let only = |names: &[&'static str], why: &str| match names
            .iter()
            .find(|name| inputs.contradicts(name, "commit-to"))
        {
            Some(name) => Err(inputs.refused(name, why, Some("leave it out, or change `commit-to`"))),
            None => Ok(()),
        };
        if tags && place != "branch" {
            let why = "only a commit on a branch can be tagged; one that is proposed may never be merged";
            return refused("create-tag", why, "set `commit-to: branch`, or tag the commit after the merge");
        }
        match place {
            "none" => {
                only(&["branch", "pull-request-branch", "message"], "nothing is committed")?;
                Ok(Place::Disk)
            }
            "branch" => {
                only(&["pull-request-branch"], "there is no pull request")?;
                Ok(Place::Branch { branch: self.branch(), then: Then { tags, starts } })
            }
            "pull-request" => {
                let from = self.naming("pull-request-branch", "release/{tag}");
                Ok(Place::Pull { branch: self.branch(), from })
            }
            other => {
                let shown: String = other.chars().take(60).collect();
                let why = format!("`{shown}` is neither `none` nor `branch` nor `pull-request`");
                Err(inputs.refused("commit-to", why, Some("write one of the three")))
            }
        }
    }

    /// The branch that was named, else the one that started the run. A pull request's own ref is none that gets commits.
    fn branch(&self) -> Option<String> {
        let of_run = || self.runner.git_ref.as_deref()?.strip_prefix("refs/heads/");
        let named = self.inputs.text("branch").map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
        named.or_else(of_run).map(str::to_owned)
    }

    fn prerelease_kind(&self) -> Result<Option<VersionKind>, InputError> {
        let kind = self.inputs.parsed::<VersionKind>("prerelease-kind")?;
        match kind {
            None | Some(VersionKind::Alpha | VersionKind::Beta | VersionKind::Rc | VersionKind::Dev) => {
                Ok(kind)
            }
            Some(other) => {
                let why = format!("`{}` has no numbered prereleases", other.as_str());
                Err(self.inputs.refused("prerelease-kind", why, Some("write `alpha`, `beta`, `rc` or `dev`")))
            }
        }
    }

    fn prefix(&self) -> Result<TagPrefix, InputError> {
        match self.inputs.text("tag-prefix") {
            Some(NO_PREFIX) => Ok(TagPrefix::default()),
            _ => {
                let usual = || USUAL_PREFIX.parse().expect("it is a good prefix");
                Ok(self.inputs.parsed("tag-prefix")?.unwrap_or_else(usual))
            }
        }
    }

    fn naming(&self, name: &str, default: &str) -> Naming {
        Naming(self.inputs.text(name).unwrap_or(default).to_owned())
    }

    /// The changelog by its path in the project. It is named from the folder where the program runs, as for every mode.
    /// The default one may be missing.
    fn changelog_in(&self, project: &DiskTree) -> Result<Option<Changelog>, InputError> {
        let is_given = self.inputs.is_given("changelog");
        let named = self.inputs.optional_file("changelog")?;
        // A default that is not on the disk may still be in the place where the project's files are read.
        let Some(path) = named.or_else(|| self.inputs.text("changelog").map(PathBuf::from)) else {
            return Ok(None);
        };
        let Some(path) = project.of_here(&path) else {
            let refused = |why| self.inputs.refused("changelog", why, Some("name a file of that repository"));
            return if is_given {
                Err(refused("it lies outside of the project's repository"))
            } else {
                Ok(None)
            };
        };
        let page = self.runner.run_page.as_deref().and_then(|page| page.split_once("/actions/runs/"));
        let repository_page = page.map(|(page, _)| page.to_owned());
        Ok(Some(Changelog { path, repository_page }))
    }

    /// Whether the token may be a job's own. Those of apps begin with `ghs_` too, so that this cannot be told for sure.
    fn is_own_token(&self) -> bool {
        let token = self.inputs.secret("github-token");
        token.is_some_and(|token| !OF_PERSONS.iter().any(|start| token.expose().starts_with(start)))
    }
}
