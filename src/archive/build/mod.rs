//! The writer twins of the readers: small distributions and crates, made in memory, the same bytes every time.
//!
//! What a builder makes is good until it is told otherwise; then it makes what it is told, however broken. The
//! specimens of the checks, `rehearse` and the tests are made with it, so none of them needs a file in the
//! repository.

pub mod native;
mod packed_crate;
mod sdist;
mod set;
mod tar;
mod wheel;
mod zip;

pub use packed_crate::CrateBuilder;
pub use sdist::SdistBuilder;
pub use set::SetBuilder;
pub use tar::{TarEntry, TarImage};
pub use wheel::WheelBuilder;
pub use zip::{ZipEntry, ZipHeader, ZipImage};

use std::sync::Arc;

use crate::model::name::PackageName;

/// A change to a part of a distribution, kept until the bytes are made.
type Edit<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

fn apply<T>(edits: &[Edit<T>], mut value: T) -> T {
    edits.iter().for_each(|edit| edit(&mut value));
    value
}

/// A project's name as file names carry it; what is no name stays as it is.
fn in_file_name(name: &str) -> String {
    name.parse::<PackageName>().map_or_else(|_| name.to_owned(), |name| name.in_file_name())
}

/// Header lines of METADATA, PKG-INFO or WHEEL.
#[derive(Clone)]
struct Headers(Vec<(String, String)>);

impl Headers {
    fn new<const N: usize>(headers: [(&str, &str); N]) -> Self {
        Self(headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Puts `value` where the header `name` stands first, or at the end.
    fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(found, _)| found.eq_ignore_ascii_case(name)) {
            Some((_, found)) => value.clone_into(found),
            None => self.add(name, value),
        }
    }

    fn remove(&mut self, name: &str) {
        self.0.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
    }

    fn text(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
    }
}

/// The headers that a good METADATA or PKG-INFO has.
fn core_metadata(name: &str, version: &str) -> Headers {
    Headers::new([
        ("Metadata-Version", "2.4"),
        ("Name", name),
        ("Version", version),
        ("Summary", "A sample distribution"),
        ("License-Expression", "MIT"),
        ("License-File", "LICENSE"),
        ("Requires-Python", ">=3.9"),
        ("Description-Content-Type", "text/markdown"),
    ])
}

const DESCRIPTION: &str = "# Sample\n\nA sample distribution.\n";
const LICENSE: &str = "Permission is granted to use this sample for anything.\n";
