//! From inputs to the requests of the modes, with the readers and writers that each of them needs.

mod bump_version;
pub(super) mod channel;
mod collect;
mod publish;
mod registries;
mod release;
mod undo;
mod upload;
mod verify_release;
mod verify_tag;
mod yank;

use std::path::{Path, PathBuf};

use crate::action::context::Runner;
use crate::action::error::InputError;
use crate::action::files::{self, FileError};
use crate::action::inputs::Inputs;
use crate::model::endpoints::{Endpoint, PYPI_INDEX};
use crate::model::manifest::Origin;
use crate::model::minutes::Minutes;
use crate::model::revision::{CommitSha, Repository};
use crate::model::tag::{Tag, TagError};
use crate::modes::records::Record;
use crate::modes::release_set::ReleaseSet;
use crate::modes::smoke::{Dependencies, Smoke};
use crate::modes::validate_wheels::baseline::Baseline;
use crate::modes::validate_wheels::{self, ValidateWheels};
use crate::modes::verify_tag as tag_mode;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::RemoteError;
use crate::remote::github::event::{EventError, ProducerRun, producer_run};
use crate::remote::github::event_tag;
use crate::remote::github::read::GithubRead;
use crate::remote::github::write::GithubWrite;
use crate::remote::http::Http;
use crate::remote::pypi::read::IndexRead;
use crate::remote::python::bench::PythonRun;
use crate::remote::python::find::PythonRead;
use crate::remote::python::trial::Command;
use crate::remote::surroundings::Surroundings;
use crate::report::Finding;

/// Why a mode could not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// Looked, and it is bad: nothing was mistyped, and nothing else has to be looked at.
    #[error("{}", .0.message)]
    Finding(Box<Finding>),
}

impl RequestError {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Input(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::Finding(finding) => finding.hint.clone(),
            Self::Event(_) | Self::File(_) => Some(
                "the runner writes the event: is `GITHUB_EVENT_PATH` overwritten in the workflow?".into(),
            ),
        }
    }
}

/// A mode that can begin: the request, what it may look at and, unless this is a dry run, what it may change.
pub(super) struct Ready<M: crate::plan::Mode> {
    pub(super) mode: M,
    pub(super) readers: M::Readers,
    pub(super) writers: Option<M::Writers>,
}

/// Makes requests of what the user asked for and what the runner tells.
pub(super) struct Requests<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) runner: &'a Runner,
    pub(super) surroundings: &'a Surroundings,
}

impl Requests<'_> {
    pub(super) fn validate_wheels(&self) -> Result<Ready<ValidateWheels>, RequestError> {
        let files = self.inputs.paths("files");
        let set = if files.is_empty() {
            self.folders()?
        } else {
            ReleaseSet::Files { paths: self.existing(files)?, policy: self.policy()? }
        };
        let manifest_dir = self.inputs.folder("manifest-dir")?;
        let inside =
            |folder: &Option<PathBuf>| folder.as_deref().is_some_and(|folder| lies_in(&manifest_dir, folder));
        self.refuse_sarif(&set)?;
        if let ReleaseSet::Folders { packages, assets, .. } = &set
            && (inside(packages) || inside(assets))
        {
            let why = "it lies inside the files that it describes, and would be released with them";
            return Err(self.inputs.refused("manifest-dir", why, Some("name a folder beside them")).into());
        }
        let compare_with = self.second_build(&set)?;
        let mode = ValidateWheels {
            set,
            expect: self.expect()?,
            trees: self.package_trees()?,
            manifest_dir,
            records: self.inputs.parsed_list::<Record>("records")?.into_iter().collect(),
            origin: Origin { tag: self.tag()?, commit: self.commit_of_release()? },
            compare_with,
            smoke: self.smoke()?,
        };
        let python = PythonRead::new(self.runner.for_children.clone());
        let readers = validate_wheels::Readers {
            disk: DiskRead::default(),
            index: self.baseline()?,
            python: python.clone(),
        };
        let writers = self.unless_dry_run(|| {
            Ok(validate_wheels::Writers { disk: DiskWrite, python: PythonRun::new(python) })
        })?;
        Ok(Ready { mode, readers, writers })
    }

    /// What is tried out, if anything is.
    fn smoke(&self) -> Result<Option<Smoke>, InputError> {
        let (wheels, sdists) = (self.inputs.flag("smoke-test")?, self.inputs.flag("smoke-test-sdist")?);
        let commands = self.inputs.parsed_list::<Command>("smoke-commands")?;
        let smoke = Smoke {
            wheels,
            sdists,
            limit: self.inputs.parsed("smoke-timeout")?.unwrap_or(Minutes::of(10)),
            index: self
                .inputs
                .parsed("smoke-index-url")?
                .ok_or_else(|| self.inputs.missing("smoke-index-url"))?,
            dependencies: self.inputs.parsed("smoke-dependencies")?.unwrap_or(Dependencies::Folder),
            commands,
        };
        if !(wheels || sdists) {
            return match &smoke.commands[..] {
                [] => Ok(None),
                _ => {
                    let hint = "set `smoke-test` or `smoke-test-sdist`, or leave the commands out";
                    Err(self.inputs.refused(
                        "smoke-commands",
                        "no file is tried out, so nobody would run them",
                        Some(hint),
                    ))
                }
            };
        }
        if self.runner.in_image {
            let input = if wheels { "smoke-test" } else { "smoke-test-sdist" };
            let why = "the container of this action holds no Python to install a file with";
            let hint = "use the `bin` sub-action in this step, which runs on the runner itself, or the command line: \
                        `release-action validate-wheels --smoke-test`";
            return Err(self.inputs.refused(input, why, Some(hint)));
        }
        Ok(Some(smoke))
    }

    /// A dry run holds no writer: this is the only place that knows of it.
    fn unless_dry_run<W>(
        &self,
        make: impl FnOnce() -> Result<W, RequestError>,
    ) -> Result<Option<W>, RequestError> {
        if self.inputs.flag("dry-run")? { Ok(None) } else { make().map(Some) }
    }

    /// The tag as the input gives it, else the person who started the workflow, else the ref or the release that started
    /// the run.
    fn tag_text(&self) -> Option<String> {
        let bare = |text: &str| text.strip_prefix("refs/tags/").unwrap_or(text).to_owned();
        if let Some(given) = self.inputs.text("tag") {
            return Some(bare(given));
        }
        if let Some(typed) = self.event_of("workflow_dispatch").and_then(|event| event_tag::typed_tag(&event))
        {
            return Some(bare(&typed));
        }
        let git_ref = self.runner.git_ref.as_deref();
        git_ref
            .and_then(|git_ref| git_ref.strip_prefix("refs/tags/"))
            .map(str::to_owned)
            .or_else(|| self.event_of("release").and_then(|event| event_tag::released_tag(&event)))
    }

    /// The event, if it is of this kind and can be read.
    fn event_of(&self, name: &str) -> Option<Vec<u8>> {
        let path =
            self.runner.event_path.as_deref().filter(|_| self.runner.event_name.as_deref() == Some(name));
        files::event(path?).ok()
    }

    /// The tag, which the user gave, or which started the run. Where only a tag with a version will do, see
    /// [`Self::required_tag`]; a run that was started by another one goes on without.
    fn tag(&self) -> Result<Option<Tag>, RequestError> {
        match self.inputs.text("tag").map(str::parse::<Tag>) {
            Some(Err(TagError::NotATag { .. }) | Ok(_)) => Ok(self.inputs.parsed("tag")?),
            Some(Err(error)) => Err(no_version(&error)),
            None => Ok(self.tag_text().and_then(|text| text.parse().ok())),
        }
    }

    /// The tag that is released.
    fn required_tag(&self) -> Result<Tag, RequestError> {
        if let Some(tag) = self.tag()? {
            return Ok(tag);
        }
        let text = self.tag_text().ok_or_else(|| self.inputs.missing("tag"))?;
        text.parse::<Tag>().map_err(|error| no_version(&error))
    }

    fn commit_of_release(&self) -> Result<Option<CommitSha>, RequestError> {
        let pushed = self.runner.git_ref.as_deref().is_some_and(|git_ref| git_ref.starts_with("refs/tags/"));
        Ok(self.given_or_built()?.or_else(|| self.runner.commit.clone().filter(|_| pushed)))
    }

    /// The commit that was given, else the one that the run built whose end started this one.
    fn given_or_built(&self) -> Result<Option<CommitSha>, RequestError> {
        match self.inputs.parsed("commit")? {
            Some(commit) => Ok(Some(commit)),
            None => Ok(self.producer()?.map(|run| run.commit)),
        }
    }

    /// The run of the `workflow_run` event that started this one.
    fn producer(&self) -> Result<Option<ProducerRun>, RequestError> {
        match self.runner.producer_event()? {
            Some(path) => Ok(Some(producer_run(&files::event(path)?)?)),
            None => Ok(None),
        }
    }

    /// The packages and the assets. Packages may be missing where there are assets and nobody named the folder.
    fn folders(&self) -> Result<ReleaseSet, InputError> {
        let assets = self.inputs.optional_folder("assets-dir")?;
        let packages = match (&assets, self.inputs.is_given("packages-dir")) {
            (Some(_), false) => self.inputs.optional_folder("packages-dir")?,
            _ => Some(self.inputs.existing_folder("packages-dir")?),
        };
        if let (Some(packages), Some(assets)) = (&packages, &assets)
            && (lies_in(packages, assets) && lies_in(assets, packages))
        {
            let why =
                "it is the folder of the wheels, sdists and crates, and every file would be declared twice";
            let hint = "put what is no wheel, sdist or crate into a folder of its own";
            return Err(self.inputs.refused("assets-dir", why, Some(hint)));
        }
        Ok(ReleaseSet::Folders { packages, assets, policy: self.policy()? })
    }

    /// The index that has the release before, where the user wants to compare with that. No password goes there: it
    /// was not given for reading.
    fn baseline(&self) -> Result<Option<IndexRead>, RequestError> {
        match self.inputs.parsed::<Baseline>("baseline")?.unwrap_or(Baseline::None) {
            Baseline::None => Ok(None),
            Baseline::PreviousRelease => {
                let pypi = || PYPI_INDEX.parse().expect("it is a good address");
                let index = self.inputs.parsed::<Endpoint>("index-url")?.unwrap_or_else(pypi);
                Ok(Some(IndexRead::new(Http::new(self.surroundings)?, index, None)))
            }
        }
    }

    /// The folder of a second build, which is not that of the first.
    fn second_build(&self, set: &ReleaseSet) -> Result<Option<PathBuf>, InputError> {
        let Some(second) = self.inputs.optional_folder("compare-with")? else { return Ok(None) };
        if let ReleaseSet::Folders { packages: Some(packages), .. } = set
            && (lies_in(&second, packages) && lies_in(packages, &second))
        {
            let why = "it is the folder of the first build, and would be compared with itself";
            return Err(self.inputs.refused(
                "compare-with",
                why,
                Some("build once more, into another folder"),
            ));
        }
        Ok(Some(second))
    }

    /// A place for SARIF that is none, or from where it would be released.
    fn refuse_sarif(&self, set: &ReleaseSet) -> Result<(), InputError> {
        let Some(path) = self.inputs.text("sarif") else { return Ok(()) };
        let refused = |why, hint| Err(self.inputs.refused("sarif", why, Some(hint)));
        if path == "-" {
            return refused("SARIF goes to a file", "name one; `report` takes standard output");
        }
        if self.inputs.text("report") == Some(path) {
            return refused("the report goes to the same file", "name two files");
        }
        match set {
            ReleaseSet::Folders { packages, assets, .. }
                if [packages, assets]
                    .into_iter()
                    .flatten()
                    .any(|folder| lies_in(Path::new(path), folder)) =>
            {
                refused("it lies among the files of the release", "name a file outside of their folders")
            }
            _ => Ok(()),
        }
    }

    /// The manifest that validate-wheels left, else the folders themselves.
    fn manifest_or_folders(&self) -> Result<ReleaseSet, InputError> {
        let folders = self.folders()?;
        let file = self.inputs.optional_folder("manifest-dir")?.map(|folder| folder.join("manifest.json"));
        match (file, folders) {
            (Some(file), ReleaseSet::Folders { packages, assets, policy: _ }) if file.is_file() => {
                Ok(ReleaseSet::Manifest { file, folders: packages.into_iter().chain(assets).collect() })
            }
            (Some(file), _) => {
                let why = format!("it holds no `{}`", file.display());
                Err(self.inputs.refused(
                    "manifest-dir",
                    why,
                    Some("run validate-wheels before, or name no folder to have the files checked here"),
                ))
            }
            (None, folders) => Ok(folders),
        }
    }

    fn existing(&self, paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, InputError> {
        match paths.iter().find(|path| !path.is_file()) {
            Some(path) => {
                let why = format!("there is no file `{}`", path.display());
                Err(self.inputs.refused(
                    "files",
                    why,
                    Some("is the path right, and did the pattern match anything?"),
                ))
            }
            None => Ok(paths),
        }
    }

    fn repository(&self) -> Result<Repository, InputError> {
        self.inputs.parsed("repository")?.ok_or_else(|| self.inputs.missing("repository"))
    }

    fn github_read(&self) -> Result<GithubRead, RequestError> {
        let token = self.inputs.secret("github-token");
        Ok(GithubRead::new(Http::new(self.surroundings)?, self.runner.api.clone(), self.repository()?, token))
    }

    fn github_write(&self) -> Result<GithubWrite, RequestError> {
        let token = self.inputs.secret("github-token").ok_or_else(|| self.inputs.missing("github-token"))?;
        Ok(GithubWrite::new(
            Http::new(self.surroundings)?,
            self.runner.api.clone(),
            self.repository()?,
            token,
        ))
    }
}

fn no_version(error: &TagError) -> RequestError {
    RequestError::Finding(Box::new(tag_mode::no_version(error)))
}

/// Whether `inner` is `outer` or lies in it, whatever links and `..` their spellings hold.
fn lies_in(inner: &Path, outer: &Path) -> bool {
    resolved(inner).starts_with(resolved(outer))
}

/// The path without links, as far as it exists: a folder that is still to be made has none.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match there {
        Some((above, real)) => real.join(path.strip_prefix(above).unwrap_or_else(|_| Path::new(""))),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_still_to_be_made_is_found_inside_through_a_link() {
        let root = tempfile::tempdir().expect("a folder");
        let (dist, link) = (root.path().join("dist"), root.path().join("link"));
        std::fs::create_dir(&dist).expect("made");
        std::os::unix::fs::symlink(&dist, &link).expect("linked");
        assert!(lies_in(&link.join("manifest"), &dist) && lies_in(&dist.join("a/b"), &link));
        assert!(lies_in(&dist, &link) && !lies_in(&root.path().join("distant"), &dist));
        assert!(!lies_in(&root.path().join("manifest"), &link));
    }
}
