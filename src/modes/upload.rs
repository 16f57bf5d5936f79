//! upload-artifacts: files of a job, listed by digest and left for later jobs as one artifact.
//!
//! The list of digests is made first and travels inside, so that whoever collects the artifact can prove each file.
//! The archive is written once, while it is hashed and sent, and the service's own word about it is compared with that.

mod contents;
mod media_type;
mod provenance;
mod rules;

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use crate::archive::pack::{self, Level, PackError};
use crate::model::digest::{Hasher, Hashes, Sha256};
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, Step};
use crate::remote::artifacts::{ArtifactRead, ArtifactWrite, LeftArtifact, NewArtifact, UploadError};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::report::Report;

pub(crate) use contents::{ArtifactName, Retention};
use contents::{Contents, Source};
pub(crate) use provenance::Provenance;
pub(crate) use rules::RULES;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct UploadArtifacts {
    /// What it is, and what it is called.
    pub(crate) form: Form,
    /// Files, folders and patterns.
    pub(crate) paths: Vec<String>,
    /// Whether hidden files below folders belong to it.
    pub(crate) include_hidden: bool,
    /// What records beside archives say, if they are wanted.
    pub(crate) provenance: Option<Provenance>,
    /// What an artifact of this name with other bytes means.
    pub(crate) if_exists: IfExists,
    /// How long it is kept.
    pub(crate) retention: Option<Retention>,
    /// The most days that the repository keeps any artifact.
    pub(crate) kept_at_most: Option<u32>,
    /// How hard to compress.
    pub(crate) level: Level,
    /// The web page of the run, to tell where the artifact is.
    pub(crate) run_page: Option<String>,
    /// What the archive turned out to be, once it was packed in this run.
    pub(crate) packed: Packed,
}

/// What an artifact is, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// An archive of all files and the list of their digests.
    Archive {
        /// Its name, or the beginning of it.
        name: ArtifactName,
        /// What else its name says.
        name_hash: NameHash,
    },
    /// One file as it is, called as it is.
    Raw,
}

/// What a name says of the contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameHash {
    /// Nothing.
    None,
    /// The digest of the list of digests stands at its end.
    Checksums,
}

/// A text that says nothing of what stands in a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither `none` nor `checksums`")]
pub(crate) struct NameHashError {
    text: String,
}

impl std::str::FromStr for NameHash {
    type Err = NameHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "checksums" => Ok(Self::Checksums),
            _ => Err(NameHashError { text: text.chars().take(60).flat_map(char::escape_debug).collect() }),
        }
    }
}

/// What an artifact of the same name with other bytes means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfExists {
    /// A finding.
    Fail,
    /// It is removed first.
    Replace,
}

/// A text that says nothing of artifacts that exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither `fail` nor `replace`")]
pub(crate) struct IfExistsError {
    text: String,
}

impl std::str::FromStr for IfExists {
    type Err = IfExistsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fail" => Ok(Self::Fail),
            "replace" => Ok(Self::Replace),
            _ => Err(IfExistsError { text: text.chars().take(60).flat_map(char::escape_debug).collect() }),
        }
    }
}

/// The digest of an archive by what it is packed of: packing takes long, and the same files give the same bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed(Arc<Mutex<Option<Archive>>>);

/// What was packed, and what came of it.
#[derive(Debug)]
struct Archive {
    items: Vec<pack::Item>,
    hashes: Hashes,
}

impl Packed {
    fn of(&self, items: &[pack::Item]) -> Option<Hashes> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|archive| archive.items == items).map(|archive| archive.hashes)
    }

    fn learn(&self, items: &[pack::Item], hashes: Hashes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Archive { items: items.to_vec(), hashes });
    }
}

/// Its effects.
#[derive(Clone, Debug)]
pub(crate) enum UploadStep {
    /// Pack the files, and leave them.
    Upload { name: String, contents: Contents },
    /// Remove what has the name, then do the same.
    Replace { old: LeftArtifact, name: String, contents: Contents },
}

impl fmt::Display for UploadStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, name, contents) = match self {
            Self::Upload { name, contents } => ("upload", name, contents),
            Self::Replace { name, contents, .. } => ("replace", name, contents),
        };
        let (files, size_bytes) = (contents.files(), contents.size_bytes());
        let plural = if files == 1 { "" } else { "s" };
        write!(f, "{verb} the artifact {name} ({files} file{plural} of {size_bytes} bytes)")
    }
}

impl Step for UploadStep {
    /// An artifact can be uploaded again; what was replaced is gone.
    fn irreversible(&self) -> bool {
        matches!(self, Self::Replace { .. })
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Uploaded {
    name: String,
    files: usize,
    checksum: Option<Sha256>,
    left: Option<LeftArtifact>,
    run_page: Option<String>,
}

impl Output for Uploaded {
    fn fields(&self) -> Vec<OutputField> {
        let Self { name, files, checksum, left, run_page } = self;
        let mut fields = vec![("artifact-name".into(), name.clone())];
        if let Some(left) = left {
            fields.push(("artifact-id".into(), left.id.to_string()));
            fields.extend(left.sha256.map(|sha256| ("artifact-digest".into(), sha256.to_string())));
            let page = run_page.as_ref().map(|page| format!("{page}/artifacts/{}", left.id));
            fields.extend(page.map(|page| ("artifact-url".into(), page)));
        }
        fields.extend(checksum.map(|checksum| ("meta-checksum".into(), checksum.to_string())));
        fields.push(("files".into(), files.to_string()));
        fields
    }
}

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadArtifactsError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl Failure for UploadArtifactsError {
    fn is_ambiguous(&self) -> bool {
        match self {
            Self::Remote(error) | Self::Upload(UploadError::Remote(error)) => error.is_ambiguous(),
            Self::Disk(_) | Self::Pack(_) | Self::Upload(UploadError::Pack(_)) => false,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Remote(error) | Self::Upload(UploadError::Remote(error)) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Pack(_) | Self::Upload(UploadError::Pack(_)) => {
                Some("does another step still write to the files? run again when it has ended".into())
            }
        }
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The files.
    pub(crate) disk: DiskRead,
    /// The artifacts of this run.
    pub(crate) artifacts: ArtifactRead,
}

/// What it changes.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    /// The artifacts of this run.
    pub(crate) artifacts: ArtifactWrite,
    /// Where the bytes come from.
    pub(crate) disk: DiskRead,
}

impl Mode for UploadArtifacts {
    const NAME: &'static str = "upload-artifacts";
    type Step = UploadStep;
    type Output = Uploaded;
    type Error = UploadArtifactsError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        _cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<UploadStep, Uploaded>, UploadArtifactsError> {
        let mut report = Report::default();
        let contents = self.contents(&readers.disk, &mut report)?;
        if let (Some(retention), Some(most)) = (self.retention, self.kept_at_most)
            && retention != retention.at_most(most)
        {
            let message =
                format!("`retention-days` asks for more than the {most} days that the repository has");
            report.push(rules::RETENTION.finding(message));
        }
        let name = self.artifact_name(&contents);
        let output = Uploaded {
            name: name.clone(),
            files: contents.files(),
            checksum: contents.checksum(),
            left: None,
            run_page: self.run_page.clone(),
        };
        let mut plan = Plan { waves: Vec::new(), report, present: 0, waiting_for: None, output };
        if plan.report.blocks() {
            return Ok(plan);
        }
        let Some(left) = readers.artifacts.artifact(&name).await? else {
            plan.waves.push(vec![UploadStep::Upload { name, contents }]);
            return Ok(plan);
        };
        let ours = self.hashes(&contents, &readers.disk)?;
        if left.sha256 == Some(ours.sha256) {
            plan.present = 1;
            plan.output.left = Some(left);
            return Ok(plan);
        }
        match self.if_exists {
            IfExists::Fail => plan.report.push(rules::other_bytes(&left, &ours)),
            IfExists::Replace => {
                plan.waves.push(vec![UploadStep::Replace { old: left, name, contents }]);
            }
        }
        Ok(plan)
    }

    async fn apply(
        &self,
        cx: &Context,
        step: &UploadStep,
        writers: &Writers,
    ) -> Result<(), UploadArtifactsError> {
        let (name, contents) = match step {
            UploadStep::Upload { name, contents } => (name, contents),
            UploadStep::Replace { old, name, contents } => {
                writers.artifacts.ensure_removed(old).await?;
                (name, contents)
            }
        };
        let kept = self.retention.map(|kept| self.kept_at_most.map_or(kept, |most| kept.at_most(most)));
        let expires_at = kept.map(|kept| kept.ends(cx.surroundings.pace.now()));
        let media_type = media_type::of(&self.form, name).to_owned();
        let new = NewArtifact { name: name.clone(), media_type, expires_at };
        let (mode, contents_of, disk) = (self.clone(), contents.clone(), writers.disk.clone());
        let bytes = Box::new(move |out: &mut dyn std::io::Write| Ok(mode.write(&contents_of, &disk, out)?));
        let hashes = writers.artifacts.ensure(&new, bytes).await?;
        self.packed.learn(contents.items(), hashes);
        Ok(())
    }
}

impl UploadArtifacts {
    /// What the artifact is called: nothing, when there is nothing to call.
    fn artifact_name(&self, contents: &Contents) -> String {
        match (&self.form, contents.checksum()) {
            (Form::Archive { name, name_hash: NameHash::Checksums }, Some(checksum)) => {
                format!("{name}-{checksum}")
            }
            (Form::Archive { name, .. }, _) => name.to_string(),
            (Form::Raw, _) => contents.items().first().map_or_else(String::new, |item| item.path.clone()),
        }
    }

    /// Writes the artifact's bytes.
    fn write(
        &self,
        contents: &Contents,
        disk: &DiskRead,
        out: &mut dyn std::io::Write,
    ) -> Result<(), PackError> {
        let open = &mut |item: &pack::Item| open(contents, item, disk);
        match (&self.form, contents.items()) {
            (Form::Raw, [item]) => pack::pass(item, open, out),
            (_, items) => pack::pack(items, self.level, open, out),
        }
    }

    /// What the artifact of these files is.
    fn hashes(&self, contents: &Contents, disk: &DiskRead) -> Result<Hashes, PackError> {
        if let Some(hashes) = self.packed.of(contents.items()) {
            return Ok(hashes);
        }
        let mut hashing = Hashing(Hasher::new());
        self.write(contents, disk, &mut hashing)?;
        let hashes = hashing.0.finish();
        self.packed.learn(contents.items(), hashes);
        Ok(hashes)
    }
}

fn open(contents: &Contents, item: &pack::Item, disk: &DiskRead) -> std::io::Result<Box<dyn Read>> {
    match contents.source(item) {
        Source::File(path) => Ok(Box::new(disk.open(path).map_err(|error| error.source)?)),
        Source::Text(text) => Ok(Box::new(std::io::Cursor::new(text.clone().into_bytes()))),
    }
}

/// Takes bytes for their digest.
struct Hashing(Hasher);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
