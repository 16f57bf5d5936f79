//! Several files that change together: all of them, or none.
//!
//! A file system renames one file at a time. A journal makes one change of many: it is there before the first file gets
//! its new name and goes after the last one has it, and it holds what each file was. Whoever finds one knows from what
//! the run set out that broke off, wherever that was.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::read::{DiskRead, fault};
use super::write::{DiskWrite, create_partial, folder_of, sync_folder};
use crate::remote::error::DiskError;

/// What the journal is called: hidden, so that no list shows it.
const NAME: &str = ".release-action-journal.json";
/// The form of the journal that is written and read.
const FORM: u32 = 1;
/// Far more than the texts of a project's manifests and lock files, twice: 128 MiB.
const LARGEST_BYTES: u64 = 128 << 20;

/// A file that is to hold another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// How the journal calls it.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it held before anybody set out to change it.
    pub(crate) before: String,
    /// What it held when it was looked at last: it is changed only while it still does.
    pub(crate) seen: String,
    /// What it is to hold.
    pub(crate) after: String,
}

/// What a run that broke off had set out to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Journal {
    /// The files, by their names in the journal.
    pub(crate) entries: Vec<JournalEntry>,
}

/// A file in a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JournalEntry {
    /// How the journal calls it.
    pub(crate) name: String,
    /// What it held before.
    pub(crate) before: String,
    /// What it was to hold.
    pub(crate) after: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    form: u32,
    files: Vec<JournalEntry>,
}

/// Where the journal of `folder` is.
pub(crate) fn journal_path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

impl DiskRead {
    /// The journal that a run left in `folder`, where one broke off there.
    ///
    /// # Errors
    /// When it cannot be read, or is none of ours (the source's kind is `InvalidData`).
    pub(crate) fn journal(&self, folder: &Path) -> Result<Option<Journal>, DiskError> {
        let path = journal_path(folder);
        let Some(text) = self.text(&path, LARGEST_BYTES)? else { return Ok(None) };
        let foreign = |why: String| fault(&path, "read", io::Error::new(io::ErrorKind::InvalidData, why));
        let wire: Wire = serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))?;
        if wire.form != FORM {
            return Err(foreign(format!("its form is {}, and this program knows {FORM}", wire.form)));
        }
        Ok(Some(Journal { entries: wire.files }))
    }
}

impl DiskWrite {
    /// Sees to it that every file holds what it is to hold, and that `folder` has no journal afterwards. What cannot be
    /// done is undone; where even that fails, or the process ends, the journal stays for whoever comes next.
    ///
    /// # Errors
    /// When a file holds something else than it did when it was looked at (the source's kind is `ResourceBusy`), or
    /// cannot be written.
    pub(crate) fn ensure_together(&self, folder: &Path, changes: &[Change]) -> Result<(), DiskError> {
        let journal = journal_path(folder);
        let was_begun = journal.symlink_metadata().is_ok();
        let mut left = Vec::new();
        for change in changes {
            match read(&change.path)? {
                text if text == change.after => {}
                text if text == change.seen => left.push(change),
                _ => {
                    let what = "somebody else changed it a moment ago: nothing was written";
                    return Err(fault(
                        &change.path,
                        "written",
                        io::Error::new(io::ErrorKind::ResourceBusy, what),
                    ));
                }
            }
        }
        for folder in left.iter().map(|change| folder_of(&change.path)).chain([folder]) {
            self.sweep(folder)?;
        }
        let mut put_back = Vec::new();
        if was_begun && !left.is_empty() {
            put_back = self.take_over(folder, changes, &left)?;
        } else if !left.is_empty() {
            self.ensure_file(&journal, wire(changes).as_bytes())?;
        }
        if !put_back.is_empty() {
            left = put_back.iter().collect();
        }
        if let Err(error) = replace(&left) {
            // A run that was here before knows more of what the files were than this one saw.
            let undone = left.iter().all(|change| restore(change).is_ok());
            if undone && !was_begun {
                let _ = forget(&journal);
            }
            return Err(error);
        }
        forget(&journal)
    }

    /// Has the journal of a run that broke off tell of these changes, where it told of others. Under the old journal the
    /// files become what they were before; only then comes the new one. So each file holds, at any moment, one of the two
    /// texts that the journal tells of it. Gives what is left to be changed; nothing where the journal tells it already.
    fn take_over(
        &self,
        folder: &Path,
        changes: &[Change],
        left: &[&Change],
    ) -> Result<Vec<Change>, DiskError> {
        let known = DiskRead::default().journal(folder)?.map_or_else(Vec::new, |journal| journal.entries);
        let is_told = |change: &Change| known.contains(&entry(change));
        if changes.iter().all(is_told) {
            return Ok(Vec::new());
        }
        let mut put_back = Vec::new();
        for change in left {
            let change = Change { seen: change.before.clone(), ..(*change).clone() };
            restore(&change)?;
            put_back.push(change);
        }
        self.ensure_file(&journal_path(folder), wire(changes).as_bytes())?;
        Ok(put_back)
    }
}

fn entry(change: &Change) -> JournalEntry {
    let Change { name, path: _, before, seen: _, after } = change.clone();
    JournalEntry { name, before, after }
}

fn wire(changes: &[Change]) -> String {
    let wire = Wire { form: FORM, files: changes.iter().map(entry).collect() };
    serde_json::to_string_pretty(&wire).expect("texts are JSON") + "\n"
}

/// A file whose new text lies beside it.
struct Staged {
    partial: PathBuf,
    target: PathBuf,
}

/// All new texts lie on the disk before the first one takes its place: a disk that is full is found out by then.
fn replace(changes: &[&Change]) -> Result<(), DiskError> {
    let mut staged = Vec::new();
    let outcome = changes.iter().try_for_each(|change| {
        staged.push(stage(&change.path, &change.after)?);
        Ok(())
    });
    let outcome = outcome.and_then(|()| staged.iter().try_for_each(settle));
    if outcome.is_err() {
        for Staged { partial, target: _ } in &staged {
            let _ = std::fs::remove_file(partial);
        }
    }
    outcome
}

/// Puts the text beside the file, with the file's own permissions and owner. A link stays one: what it leads to changes.
fn stage(path: &Path, text: &str) -> Result<Staged, DiskError> {
    let failed = |source| fault(path, "written", source);
    let target = path.canonicalize().map_err(failed)?;
    let like = target.metadata().map_err(failed)?;
    let (mut file, partial) = create_partial(folder_of(&target)).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| {
        own(&partial, &like);
        file.set_permissions(like.permissions())?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(Staged { partial, target }),
        Err(source) => {
            let _ = std::fs::remove_file(&partial);
            Err(failed(source))
        }
    }
}

fn settle(Staged { partial, target }: &Staged) -> Result<(), DiskError> {
    let renamed = std::fs::rename(partial, target).and_then(|()| sync_folder(folder_of(target)));
    renamed.map_err(|source| fault(target, "written", source))
}

/// Gives the file back what it held when it was looked at.
fn restore(change: &Change) -> Result<(), DiskError> {
    if read(&change.path)? == change.seen {
        return Ok(());
    }
    settle(&stage(&change.path, &change.seen)?)
}

fn forget(journal: &Path) -> Result<(), DiskError> {
    let removed = match std::fs::remove_file(journal) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_folder(folder_of(journal))),
    };
    removed.map_err(|source| fault(journal, "removed", source))
}

fn read(path: &Path) -> Result<String, DiskError> {
    let read = File::open(path).and_then(io::read_to_string);
    read.map_err(|source| fault(path, "read", source))
}

/// The steps after a container's are another user's, whose files these were. Who may not give files away leaves it at that.
#[cfg(unix)]
fn own(partial: &Path, like: &std::fs::Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    let _ = std::os::unix::fs::chown(partial, Some(like.uid()), Some(like.gid()));
}

/// Elsewhere a new file belongs to whom its folder belongs.
#[cfg(not(unix))]
fn own(_partial: &Path, _like: &std::fs::Metadata) {}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test writes the files that it reads")]
mod tests {
    use super::*;

    struct Bench {
        folder: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let bench = Self { folder: tempfile::tempdir().expect("a folder") };
            for name in ["a", "b", "c"] {
                bench.put(name, &format!("{name} old"));
            }
            bench
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn put(&self, name: &str, text: &str) {
            std::fs::write(self.path(name), text).expect("written");
        }

        fn text(&self, name: &str) -> String {
            std::fs::read_to_string(self.path(name)).expect("there")
        }

        fn changes(&self) -> Vec<Change> {
            let change = |name: &str| Change {
                name: name.to_owned(),
                path: self.path(name),
                before: format!("{name} old"),
                seen: self.text(name),
                after: format!("{name} new"),
            };
            ["a", "b", "c"].map(change).to_vec()
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.folder.path()).expect("there");
            let mut names: Vec<_> = entries
                .map(|entry| entry.expect("read").file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        }

        fn texts(&self) -> [String; 3] {
            ["a", "b", "c"].map(|name| self.text(name))
        }
    }

    #[test]
    fn all_change_and_nothing_else_stays() {
        let bench = Bench::new();
        DiskWrite.ensure_together(bench.folder.path(), &bench.changes()).expect("written");
        assert_eq!(bench.texts(), ["a new", "b new", "c new"]);
        assert_eq!(bench.names(), ["a", "b", "c"]);
        DiskWrite.ensure_together(bench.folder.path(), &bench.changes()).expect("nothing to do");
        assert_eq!(bench.names(), ["a", "b", "c"]);
    }

    #[test]
    fn a_journal_tells_from_what_a_run_set_out_and_goes_with_the_next() {
        let bench = Bench::new();
        let changes = bench.changes();
        DiskWrite
            .ensure_file(&journal_path(bench.folder.path()), wire(&changes).as_bytes())
            .expect("written");
        bench.put("b", "b new");
        bench.put(".release-action-partial-1-0", "half");
        let journal = DiskRead::default().journal(bench.folder.path()).expect("read").expect("there");
        let told: Vec<_> =
            journal.entries.iter().map(|entry| (&*entry.name, &*entry.before, &*entry.after)).collect();
        assert_eq!(told, [("a", "a old", "a new"), ("b", "b old", "b new"), ("c", "c old", "c new")]);
        DiskWrite.ensure_together(bench.folder.path(), &bench.changes()).expect("written");
        assert_eq!(bench.texts(), ["a new", "b new", "c new"]);
        assert_eq!(bench.names(), ["a", "b", "c"]);
    }

    #[test]
    fn a_run_that_sets_out_for_something_else_takes_the_journal_over_first() {
        let bench = Bench::new();
        let folder = bench.folder.path();
        DiskWrite.ensure_file(&journal_path(folder), wire(&bench.changes()).as_bytes()).expect("written");
        bench.put("a", "a new");
        let mut changes = bench.changes();
        changes.iter_mut().for_each(|change| change.after = format!("{} newer", change.name));
        let left: Vec<_> = changes.iter().collect();
        let put_back = DiskWrite.take_over(folder, &changes, &left).expect("taken over");
        assert_eq!(bench.texts(), ["a old", "b old", "c old"]);
        assert!(put_back.iter().all(|change| change.seen == change.before), "{put_back:?}");
        let journal = DiskRead::default().journal(folder).expect("read").expect("there");
        let told: Vec<_> = journal.entries.iter().map(|entry| (&*entry.before, &*entry.after)).collect();
        assert_eq!(told, [("a old", "a newer"), ("b old", "b newer"), ("c old", "c newer")]);
        assert!(DiskWrite.take_over(folder, &changes, &left).expect("told already").is_empty());
        DiskWrite.ensure_together(folder, &put_back).expect("written");
        assert_eq!(bench.texts(), ["a newer", "b newer", "c newer"]);
        assert_eq!(bench.names(), ["a", "b", "c"]);
    }

    #[test]
    fn what_somebody_changed_meanwhile_stops_it_before_anything_is_written() {
        let bench = Bench::new();
        let changes = bench.changes();
        bench.put("c", "c of somebody else");
        let error = DiskWrite.ensure_together(bench.folder.path(), &changes).expect_err("changed");
        assert_eq!(error.source.kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(bench.texts(), ["a old", "b old", "c of somebody else"]);
        assert_eq!(bench.names(), ["a", "b", "c"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_all_be_done_is_not_done_at_all() {
        use std::os::unix::fs::PermissionsExt as _;
        let bench = Bench::new();
        let inner = bench.path("inner");
        std::fs::create_dir(&inner).expect("made");
        std::fs::write(inner.join("d"), "d old").expect("written");
        let mut changes = bench.changes();
        let text = |text: &str| text.to_owned();
        // A folder stands where the file is by then; root, too, cannot put a file there.
        let (before, after) = (text("d old"), text("d new"));
        changes.push(Change { name: text("d"), path: inner.join("d"), seen: before.clone(), before, after });
        let staged: Vec<_> = changes.iter().collect();
        let failed = {
            let mut ready: Vec<_> = staged
                .iter()
                .map(|change| stage(&change.path, &change.after))
                .collect::<Result<_, _>>()
                .expect("staged");
            ready[3].target = bench.path("inner");
            ready.iter().try_for_each(settle).expect_err("a folder")
        };
        assert!(failed.path.ends_with("inner"), "{failed:?}");
        assert_eq!(bench.texts(), ["a new", "b new", "c new"]);
        changes.iter().for_each(|change| restore(change).expect("restored"));
        assert_eq!(bench.texts(), ["a old", "b old", "c old"]);
        let mode = std::fs::metadata(bench.path("a")).expect("there").permissions().mode();
        std::fs::set_permissions(bench.path("a"), std::fs::Permissions::from_mode(0o755)).expect("set");
        assert_ne!(mode & 0o777, 0o755);
        DiskWrite.sweep(&inner).expect("swept");
        DiskWrite.ensure_together(bench.folder.path(), &bench.changes()).expect("written");
        let mode = std::fs::metadata(bench.path("a")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "a script stays one");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let bench = Bench::new();
        std::fs::rename(bench.path("a"), bench.path("real")).expect("moved");
        std::os::unix::fs::symlink("real", bench.path("a")).expect("linked");
        DiskWrite.ensure_together(bench.folder.path(), &bench.changes()).expect("written");
        assert!(bench.path("a").symlink_metadata().expect("there").is_symlink());
        assert_eq!(bench.text("real"), "a new");
    }

    #[test]
    fn a_journal_of_somebody_else_is_not_taken_for_ours() {
        let bench = Bench::new();
        for text in ["", "{}", "[1]", "{\"form\":2,\"files\":[]}", "{\"form\":1,\"files\":[],\"more\":1}"] {
            bench.put(NAME, text);
            let error = DiskRead::default().journal(bench.folder.path()).expect_err("not ours");
            assert_eq!(error.source.kind(), io::ErrorKind::InvalidData, "{text}");
        }
    }
}
