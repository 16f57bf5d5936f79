//! An archive full of wheels: which there are, and for which Python they were made. Their bytes are nobody's business
//! here.

use std::collections::BTreeSet;

use super::error::ArchiveError;
use super::source::{ReadAt, read_exact_at};
use super::tar::Kind;
use super::{Limits, tar, zip};

/// What a ZIP archive begins with; everything else is read as a tar archive in gzip.
const ZIP_MAGIC: [u8; 2] = *b"PK";

/// The file names of the wheels in an archive, sorted.
///
/// # Errors
/// When it is neither a ZIP archive nor a tar archive in gzip, or a damaged one.
pub fn wheels(source: &dyn ReadAt) -> Result<Vec<String>, ArchiveError> {
    let limits = Limits::default();
    let mut magic = [0; 2];
    read_exact_at(source, &mut magic, 0)?;
    let paths: Vec<String> = if magic == ZIP_MAGIC {
        zip::walk(source, &limits)?.members.into_iter().map(|member| member.path).collect()
    } else {
        let (read, _, _) = tar::read(source, &limits, &|_, _| None)?;
        let files = read.members.into_iter().filter(|member| member.kind == Kind::File);
        files.map(|member| member.path).collect()
    };
    let name = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
    let names: BTreeSet<_> = paths.iter().map(name).filter(|name| name.ends_with(".whl")).collect();
    Ok(names.into_iter().collect())
}

/// The versions of `CPython` that these wheels were made for, as `3.11`. Wheels for many versions say nothing of that.
pub fn pythons(wheels: &[String]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for wheel in wheels {
        let mut parts = wheel.trim_end_matches(".whl").rsplit('-').skip(1);
        let (Some(abi), Some(tags)) = (parts.next(), parts.next()) else { continue };
        if abi == "abi3" || abi == "none" {
            continue;
        }
        let version = |tag: &str| {
            let (major, minor) = tag.strip_prefix("cp")?.split_at_checked(1)?;
            Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
        };
        found.extend(tags.split('.').filter_map(version));
    }
    found.into_iter().map(|(major, minor)| format!("{major}.{minor}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::{ZipEntry, ZipImage};

    #[test]
    fn wheels_are_found_in_both_kinds_of_archives() {
        let zip = ZipImage {
            entries: vec![
                ZipEntry::file("w/b-1-cp311-cp311-linux_x86_64.whl", b"b", 0o644),
                ZipEntry::file("w/README", b"r", 0o644),
                ZipEntry::file("a-1-py3-none-any.whl", b"a", 0o644),
            ],
            ..ZipImage::default()
        };
        let names = wheels(&zip.bytes()).expect("a ZIP archive");
        assert_eq!(names, ["a-1-py3-none-any.whl", "b-1-cp311-cp311-linux_x86_64.whl"]);
        assert_eq!(pythons(&names), ["3.11"]);
        assert!(wheels(&b"neither of them".to_vec()).is_err());
        assert!(wheels(&b"".to_vec()).is_err());
        assert!(wheels(&b"PK\x03\x04 and no more".to_vec()).is_err());
    }

    #[test]
    fn only_wheels_for_one_python_tell_its_version() {
        let of = |names: &[&str]| pythons(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&["a-1-cp39-cp39-x.whl", "b-1-cp310-cp310-x.whl"]), ["3.9", "3.10"]);
        assert_eq!(of(&["a-1-cp37-abi3-x.whl", "a-1-py2.py3-none-any.whl", "odd.whl", "cp.whl"]), [""; 0]);
    }
}
