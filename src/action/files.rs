//! The files of the runner's protocol: outputs and summary to append to, the event to read, the report to leave.
//!
//! Files of the release are none of its business; they belong to `remote::disk`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use super::random;

/// No event is larger: GitHub caps what it delivers at 25 MB.
const EVENT_LIMIT_BYTES: u64 = 32 * 1024 * 1024;

/// No configuration that people write is larger.
const CONFIG_LIMIT_BYTES: u64 = 1024 * 1024;

/// Why a file of the runner's protocol could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{what} `{}` cannot be {action}", path.display())]
pub(crate) struct FileError {
    /// What the file is for.
    what: &'static str,
    path: std::path::PathBuf,
    action: &'static str,
    source: io::Error,
}

/// Whether `path` is a folder that can be looked at.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether `path` is a file.
pub(crate) fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whether there is anything at `path`.
pub(crate) fn is_there(path: &Path) -> bool {
    path.exists()
}

/// Appends to a file that belongs to the runner (`what` says which), as one write.
///
/// # Errors
/// When it cannot be opened or written.
pub(crate) fn append(what: &'static str, path: &Path, text: &str) -> Result<(), FileError> {
    let error = |source| FileError { what, path: path.to_owned(), action: "written", source };
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(error)?;
    file.write_all(text.as_bytes()).map_err(error)
}

/// Reads the event that started the run.
///
/// # Errors
/// When it cannot be read or is larger than any event.
pub(crate) fn event(path: &Path) -> Result<Vec<u8>, FileError> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(EVENT_LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > EVENT_LIMIT_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than any event"));
        }
        Ok(bytes)
    };
    read().map_err(|source| FileError {
        what: "the event file",
        path: path.to_owned(),
        action: "read",
        source,
    })
}

/// Reads the configuration file; `None` where it is larger than any.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn config(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let error =
        |source| FileError { what: "the configuration file", path: path.to_owned(), action: "read", source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(error)?;
    file.take(CONFIG_LIMIT_BYTES + 1).read_to_end(&mut bytes).map_err(error)?;
    Ok((bytes.len() as u64 <= CONFIG_LIMIT_BYTES).then_some(bytes))
}

/// Writes a configuration file where there is nothing: the whole of it appears at once, or nothing does.
///
/// # Errors
/// When it cannot be written, or something is there by now; that is left as it is.
pub(crate) fn new_config(path: &Path, text: &str) -> Result<(), FileError> {
    let error = |source| FileError {
        what: "the configuration file",
        path: path.to_owned(),
        action: "written",
        source,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{:016x}", random::number()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // Unlike a rename, a link does not take the place of what is there.
        fs::hard_link(&beside, path)
    };
    let written = write().map_err(error);
    // It may not even exist; what matters is whether the file is there.
    drop(fs::remove_file(&beside));
    written
}

/// Leaves a report (`what` says which): the whole of it appears at once, or nothing does.
///
/// # Errors
/// When it cannot be written; nothing is left behind then.
pub(crate) fn write_report(what: &'static str, path: &Path, text: &str) -> Result<(), FileError> {
    let error = |source| FileError { what, path: path.to_owned(), action: "written", source };
    let invalid = |why: &str| error(io::Error::new(io::ErrorKind::InvalidInput, why));
    let name = path.file_name().ok_or_else(|| invalid("this is no file name"))?;
    // Renaming would replace a device such as `/dev/stdout` by a file, for the whole container.
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(invalid("something that is no plain file is there; `-` stands for standard output"));
    }
    let beside = path.with_file_name(format!(".{}.{:016x}", name.to_string_lossy(), random::number()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| {
        // The file may not even exist; what matters is the first error.
        drop(fs::remove_file(&beside));
        error(source)
    })
}

/// Writes to standard output what was asked for there: help, or the report.
///
/// # Errors
/// When nobody takes it.
pub(crate) fn write_output(text: &str) -> Result<(), FileError> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|source| FileError {
        what: "standard output",
        path: "-".into(),
        action: "written",
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_report_replaces_the_one_before_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        write_report("the report", &path, "one").expect("written");
        write_report("the report", &path, "two").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("read"), "two");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn a_report_that_cannot_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("taken")).expect("made");
        assert!(write_report("the report", &folder.path().join("taken"), "one").is_err());
        assert!(write_report("the report", &folder.path().join("missing/report.json"), "one").is_err());
        assert!(write_report("the report", Path::new("/"), "one").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn a_new_configuration_takes_the_place_of_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("release.toml");
        new_config(&path, "one").expect("written");
        assert!(new_config(&path, "two").is_err());
        assert_eq!(fs::read_to_string(&path).expect("read"), "one");
        assert_eq!(names(folder.path()), ["release.toml"]);
    }

    #[test]
    fn appending_keeps_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("output");
        append("outputs", &path, "a\n").expect("written");
        append("outputs", &path, "b\n").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("read"), "a\nb\n");
    }

    #[test]
    fn an_event_without_end_is_not_read_to_the_end() {
        if cfg!(target_os = "linux") {
            let error = event(Path::new("/dev/zero")).expect_err("endless");
            assert_eq!(error.source.kind(), io::ErrorKind::FileTooLarge);
        }
    }
}
