//! Makes source distributions.

use std::sync::Arc;

use super::tar::{TarEntry, TarImage};
use super::zip::deflate;
use super::{DESCRIPTION, Edit, Headers, LICENSE, apply, core_metadata, in_file_name};
use crate::model::artifact::FileName;

/// Makes an sdist: good by default, broken where told.
#[derive(Clone)]
pub struct SdistBuilder {
    name: String,
    version: String,
    file_name: Option<String>,
    members: Vec<(String, Vec<u8>)>,
    metadata: Headers,
    description: String,
    pkg_info: Vec<Edit<Vec<u8>>>,
    tar: Vec<Edit<TarImage>>,
    stream: Vec<Edit<Vec<u8>>>,
    bytes: Vec<Edit<Vec<u8>>>,
}

impl SdistBuilder {
    /// A good sdist with one module.
    pub fn new(name: &str, version: &str) -> Self {
        let module = in_file_name(name);
        let pyproject = format!(
            "[build-system]\nrequires = [\"flit_core >=3.11\"]\nbuild-backend = \"flit_core.buildapi\"\n\n\
             [project]\nname = \"{name}\"\nversion = \"{version}\"\ndescription = \"A sample distribution\"\n\
             license = \"MIT\"\nlicense-files = [\"LICENSE\"]\nrequires-python = \">=3.9\"\n"
        );
        let source = format!("\"\"\"A sample.\"\"\"\n\n__version__ = \"{version}\"\n");
        let members = [
            ("LICENSE".to_owned(), LICENSE.to_owned()),
            ("pyproject.toml".to_owned(), pyproject),
            (format!("{module}/__init__.py"), source),
        ];
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            file_name: None,
            members: members.map(|(path, text)| (path, text.into_bytes())).into(),
            metadata: core_metadata(name, version),
            description: DESCRIPTION.to_owned(),
            pkg_info: Vec::new(),
            tar: Vec::new(),
            stream: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Adds a file below the top-level directory, or replaces the one at `path`.
    pub fn member(&mut self, path: &str, contents: impl Into<Vec<u8>>) -> &mut Self {
        self.members.retain(|(found, _)| found != path);
        self.members.push((path.to_owned(), contents.into()));
        self
    }

    /// Calls the file something else than its contents say.
    pub fn file_name(&mut self, file_name: &str) -> &mut Self {
        self.file_name = Some(file_name.to_owned());
        self
    }

    /// Sets a header of PKG-INFO.
    pub fn metadata(&mut self, header: &str, value: &str) -> &mut Self {
        self.metadata.set(header, value);
        self
    }

    /// Adds one more header to PKG-INFO.
    pub fn add_metadata(&mut self, header: &str, value: &str) -> &mut Self {
        self.metadata.add(header, value);
        self
    }

    /// Takes a header out of PKG-INFO.
    pub fn without_metadata(&mut self, header: &str) -> &mut Self {
        self.metadata.remove(header);
        self
    }

    /// Sets the description, which is PKG-INFO's body.
    pub fn description(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.description);
        self
    }

    /// Changes the bytes of PKG-INFO.
    pub fn edit_pkg_info(&mut self, edit: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> &mut Self {
        self.pkg_info.push(Arc::new(edit));
        self
    }

    /// Changes the members and the end of the archive.
    pub fn edit_tar(&mut self, edit: impl Fn(&mut TarImage) + Send + Sync + 'static) -> &mut Self {
        self.tar.push(Arc::new(edit));
        self
    }

    /// Changes the bytes before they are compressed.
    pub fn edit_stream(&mut self, edit: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> &mut Self {
        self.stream.push(Arc::new(edit));
        self
    }

    /// Changes the bytes of the file.
    pub fn edit_bytes(&mut self, edit: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> &mut Self {
        self.bytes.push(Arc::new(edit));
        self
    }

    /// The top-level directory.
    pub fn root(&self) -> String {
        format!("{}-{}", in_file_name(&self.name), self.version)
    }

    /// The name and the bytes of the file.
    ///
    /// # Panics
    /// When the builder was given a name that no file may have.
    pub fn build(&self) -> (FileName, Vec<u8>) {
        let root = self.root();
        let file_name = self.file_name.clone().unwrap_or_else(|| format!("{root}.tar.gz"));
        let mut pkg_info = format!("{}\n{}", self.metadata.text(), self.description).into_bytes();
        self.pkg_info.iter().for_each(|edit| edit(&mut pkg_info));
        let mut entries = vec![TarEntry::directory(&root)];
        for (path, contents) in &self.members {
            entries.push(TarEntry::file(&format!("{root}/{path}"), contents.clone()));
        }
        entries.push(TarEntry::file(&format!("{root}/PKG-INFO"), pkg_info));
        let tar = apply(&self.tar, TarImage::new(entries));
        let bytes = apply(&self.bytes, gzip(&apply(&self.stream, tar.bytes())));
        (file_name.parse().expect("the builder was given plain names"), bytes)
    }
}

/// `contents` as a gzip stream without a time.
pub(super) fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    bytes.extend(deflate(contents));
    bytes.extend(crc32fast::hash(contents).to_le_bytes());
    bytes.extend(u32::try_from(contents.len()).expect("samples are small").to_le_bytes());
    bytes
}
