//! Workflow runs and the artifacts they keep.

use bytes::Bytes;

use crate::model::digest::Sha256;

/// A run of a workflow to be put there.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The workflow's file, `.github/workflows/build.yml`; answers may add `@ref`.
    pub path: String,
    /// The workflow's name.
    pub name: String,
    /// What started it.
    pub event: String,
    /// `completed`, `in_progress`, `queued`, …
    pub status: String,
    /// How it ended, once it has.
    pub conclusion: Option<String>,
    /// The commit it ran on.
    pub head_sha: String,
    /// The branch; for a pushed tag, the tag's name.
    pub head_branch: Option<String>,
    /// The number within the workflow; 0 lets the simulator count.
    pub run_number: u64,
    /// Counted from 1; a re-run adds one.
    pub run_attempt: u64,
    /// The fork's `owner/name` when the commit comes from a fork.
    pub fork: Option<String>,
}

impl Default for NewRun {
    fn default() -> Self {
        Self {
            path: ".github/workflows/build.yml".to_owned(),
            name: "Build".to_owned(),
            event: "push".to_owned(),
            status: "completed".to_owned(),
            conclusion: Some("success".to_owned()),
            head_sha: String::new(),
            head_branch: Some("main".to_owned()),
            run_number: 0,
            run_attempt: 1,
            fork: None,
        }
    }
}

/// A run of a workflow.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run's number, unique in the whole service.
    pub id: u64,
    /// The workflow's number.
    pub workflow_id: u64,
    /// When it was started, in seconds since 1970.
    pub created_at_s: u64,
    /// When its latest attempt was started, in seconds since 1970.
    pub started_at_s: u64,
    /// When it last became something else, in seconds since 1970.
    pub updated_at_s: u64,
    /// What the set-up said of it, as its latest attempt has it.
    pub facts: NewRun,
    /// The attempts before the latest, the first one first.
    pub earlier: Vec<Attempt>,
    /// What becomes of it while others look.
    pub course: Course,
    /// What it keeps, in the order it came.
    pub artifacts: Vec<RunArtifact>,
}

/// An attempt of a run that another one followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1.
    pub number: u64,
    /// When it was started, in seconds since 1970.
    pub started_at_s: u64,
    /// How far it got: `completed`, most of the time.
    pub status: String,
    /// How it ended, if it did.
    pub conclusion: Option<String>,
}

/// What becomes of a run while others look at lists of runs.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// So many lists that it belongs to do not show it yet.
    pub hidden_for: u32,
    /// How many lists show it as it is, and how it ends then.
    pub ending: Option<(u32, String)>,
}

/// What an artifact states as its digest. // R35
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StatedDigest {
    /// The digest of the bytes.
    #[default]
    Right,
    /// None, as artifacts of early clients do.
    Absent,
    /// Whatever the uploader claimed.
    Claimed(Sha256),
}

/// An artifact to be put there.
#[derive(Clone, Debug)]
pub struct NewArtifact {
    /// The artifact's name.
    pub name: String,
    /// The stored bytes: of a zip archive, or of one file as it is. // R36
    pub bytes: Bytes,
    /// The media type that downloads state: `application/zip` for archives.
    pub content_type: String,
    /// What is stated as its digest.
    pub digest: StatedDigest,
    /// Whether its time is over.
    pub expired: bool,
}

/// An artifact of a run.
#[derive(Clone, Debug)]
pub struct RunArtifact {
    /// The artifact's number.
    pub id: u64,
    /// When it came, in seconds since 1970.
    pub created_at_s: u64,
    /// What the set-up said of it.
    pub facts: NewArtifact,
}

impl Run {
    /// Begins it anew, at this moment: its latest attempt becomes an earlier one.
    pub(super) fn start_again(&mut self, now_s: u64) {
        self.earlier.push(Attempt {
            number: self.facts.run_attempt,
            started_at_s: self.started_at_s,
            status: std::mem::replace(&mut self.facts.status, "in_progress".to_owned()),
            conclusion: self.facts.conclusion.take(),
        });
        self.facts.run_attempt += 1;
        self.started_at_s = now_s;
        self.updated_at_s = now_s;
    }

    /// Ends it at this moment.
    pub(super) fn end(&mut self, conclusion: String, now_s: u64) {
        self.facts.status = "completed".to_owned();
        self.facts.conclusion = Some(conclusion);
        self.updated_at_s = now_s;
    }

    /// The run as one of its attempts was; `None` for a number that no attempt has.
    pub(super) fn at_attempt(&self, number: u64) -> Option<Self> {
        let mut run = self.clone();
        if !(1..=self.facts.run_attempt).contains(&number) {
            return None;
        }
        run.facts.run_attempt = number;
        if let Some(attempt) = self.earlier.iter().find(|attempt| attempt.number == number) {
            let Attempt { number: _, started_at_s, status, conclusion } = attempt.clone();
            run.started_at_s = started_at_s;
            (run.facts.status, run.facts.conclusion) = (status, conclusion);
        }
        Some(run)
    }

    /// One more list was asked for that it belongs to.
    pub(super) fn was_listed(&mut self, now_s: u64) {
        if self.course.hidden_for > 0 {
            self.course.hidden_for -= 1;
            return;
        }
        match self.course.ending.take() {
            Some((0 | 1, conclusion)) => self.end(conclusion, now_s),
            Some((lists, conclusion)) => self.course.ending = Some((lists - 1, conclusion)),
            None => {}
        }
    }
}

impl NewArtifact {
    /// The bytes of a zip archive, taken as they are.
    pub fn archive(name: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            name: name.to_owned(),
            bytes: bytes.into(),
            content_type: "application/zip".to_owned(),
            digest: StatedDigest::Right,
            expired: false,
        }
    }

    /// One file kept without an archive around it; the artifact goes by the file's name.
    pub fn raw(name: &str, bytes: impl Into<Bytes>, content_type: &str) -> Self {
        Self { content_type: content_type.to_owned(), ..Self::archive(name, bytes) }
    }

    /// A zip archive of these files; the same files give the same bytes.
    pub fn zip(name: &str, files: &[(&str, &[u8])]) -> Self {
        Self::archive(name, zipped(files).expect("writing to memory does not fail"))
    }
}

impl RunArtifact {
    /// The digest that answers state.
    pub(super) fn digest(&self) -> Option<Sha256> {
        match self.facts.digest {
            StatedDigest::Right => Some(Sha256::of(&self.facts.bytes)),
            StatedDigest::Absent => None,
            StatedDigest::Claimed(digest) => Some(digest),
        }
    }

    /// Whether the bytes are those of a zip archive.
    pub(super) fn zipped(&self) -> bool {
        self.facts.content_type == "application/zip"
    }
}

fn zipped(files: &[(&str, &[u8])]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (path, bytes) in files {
        writer.start_file(*path, options)?;
        std::io::Write::write_all(&mut writer, bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}
