//! Makes wheels.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::zip::{ZipEntry, ZipImage};
use super::{DESCRIPTION, Edit, Headers, LICENSE, apply, core_metadata, in_file_name};
use crate::model::artifact::FileName;
use crate::model::digest::Sha256;

/// Makes a wheel: good by default, broken where told.
#[derive(Clone)]
pub struct WheelBuilder {
    name: String,
    version: String,
    build: Option<String>,
    tags: [String; 3],
    file_name: Option<String>,
    members: Vec<Member>,
    metadata: Headers,
    description: String,
    wheel: Option<Headers>,
    texts: Vec<(String, Edit<Vec<u8>>)>,
    without: Vec<String>,
    record: Vec<Edit<Vec<[String; 3]>>>,
    zip: Vec<Edit<ZipImage>>,
    bytes: Vec<Edit<Vec<u8>>>,
}

#[derive(Clone)]
struct Member {
    path: String,
    contents: Vec<u8>,
    mode: u32,
}

impl WheelBuilder {
    /// A good wheel with one module.
    pub fn new(name: &str, version: &str, python: &str, abi: &str, platform: &str) -> Self {
        let module = in_file_name(name);
        let mut builder = Self {
            name: name.to_owned(),
            version: version.to_owned(),
            build: None,
            tags: [python, abi, platform].map(str::to_owned),
            file_name: None,
            members: Vec::new(),
            metadata: core_metadata(name, version),
            description: DESCRIPTION.to_owned(),
            wheel: None,
            texts: Vec::new(),
            without: Vec::new(),
            record: Vec::new(),
            zip: Vec::new(),
            bytes: Vec::new(),
        };
        let source = format!("\"\"\"A sample.\"\"\"\n\n__version__ = \"{version}\"\n");
        builder.member(&format!("{module}/__init__.py"), source);
        builder
    }

    /// Adds a file, or replaces the one at `path`.
    pub fn member(&mut self, path: &str, contents: impl Into<Vec<u8>>) -> &mut Self {
        self.put(path, contents.into(), 0o644)
    }

    /// Adds a shared library or an executable, which may be run.
    pub fn native_member(&mut self, path: &str, contents: impl Into<Vec<u8>>) -> &mut Self {
        self.put(path, contents.into(), 0o755)
    }

    fn put(&mut self, path: &str, contents: Vec<u8>, mode: u32) -> &mut Self {
        self.members.retain(|member| member.path != path);
        self.members.push(Member { path: path.to_owned(), contents, mode });
        self
    }

    /// Makes it a wheel for other interpreters, interfaces and platforms.
    pub fn tags(&mut self, python: &str, abi: &str, platform: &str) -> &mut Self {
        self.tags = [python, abi, platform].map(str::to_owned);
        self
    }

    /// Gives the wheel a build tag.
    pub fn build_tag(&mut self, tag: &str) -> &mut Self {
        self.build = Some(tag.to_owned());
        self
    }

    /// Calls the file something else than its contents say.
    pub fn file_name(&mut self, file_name: &str) -> &mut Self {
        self.file_name = Some(file_name.to_owned());
        self
    }

    /// Sets a header of METADATA.
    pub fn metadata(&mut self, header: &str, value: &str) -> &mut Self {
        self.metadata.set(header, value);
        self
    }

    /// Adds one more header to METADATA.
    pub fn add_metadata(&mut self, header: &str, value: &str) -> &mut Self {
        self.metadata.add(header, value);
        self
    }

    /// Takes a header out of METADATA.
    pub fn without_metadata(&mut self, header: &str) -> &mut Self {
        self.metadata.remove(header);
        self
    }

    /// Sets the description, which is METADATA's body.
    pub fn description(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.description);
        self
    }

    /// Sets a header of WHEEL.
    pub fn wheel(&mut self, header: &str, value: &str) -> &mut Self {
        self.edit_wheel(|headers| headers.set(header, value))
    }

    /// Adds one more header to WHEEL.
    pub fn add_wheel(&mut self, header: &str, value: &str) -> &mut Self {
        self.edit_wheel(|headers| headers.add(header, value))
    }

    /// Takes a header out of WHEEL.
    pub fn without_wheel(&mut self, header: &str) -> &mut Self {
        self.edit_wheel(|headers| headers.remove(header))
    }

    fn edit_wheel(&mut self, edit: impl FnOnce(&mut Headers)) -> &mut Self {
        let mut headers = self.wheel_headers();
        edit(&mut headers);
        self.wheel = Some(headers);
        self
    }

    /// Leaves out the member at `path`, also from RECORD; paths in `.dist-info` may be given by file name.
    pub fn without(&mut self, path: &str) -> &mut Self {
        self.without.push(path.to_owned());
        self
    }

    /// Changes the bytes of a text in `.dist-info` (`METADATA`, `WHEEL`, `RECORD`); RECORD fits the result.
    pub fn edit_text(
        &mut self,
        file: &str,
        edit: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
    ) -> &mut Self {
        self.texts.push((file.to_owned(), Arc::new(edit)));
        self
    }

    /// Changes the rows of RECORD: path, digest, size.
    pub fn edit_record(&mut self, edit: impl Fn(&mut Vec<[String; 3]>) + Send + Sync + 'static) -> &mut Self {
        self.record.push(Arc::new(edit));
        self
    }

    /// Changes the layout of the archive.
    pub fn edit_zip(&mut self, edit: impl Fn(&mut ZipImage) + Send + Sync + 'static) -> &mut Self {
        self.zip.push(Arc::new(edit));
        self
    }

    /// Changes the bytes of the file.
    pub fn edit_bytes(&mut self, edit: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> &mut Self {
        self.bytes.push(Arc::new(edit));
        self
    }

    /// The path of a file in `.dist-info`.
    pub fn dist_info(&self, file: &str) -> String {
        format!("{}-{}.dist-info/{file}", in_file_name(&self.name), self.version)
    }

    /// The name and the bytes of the file.
    ///
    /// # Panics
    /// When the builder was given a name that no file may have.
    pub fn build(&self) -> (FileName, Vec<u8>) {
        let file_name = self.whole_file_name().parse().expect("the builder was given plain names");
        let mut zip = ZipImage::default();
        for Member { path, contents, mode } in self.all_members() {
            zip.entries.push(ZipEntry::file(&path, &contents, mode));
        }
        (file_name, apply(&self.bytes, apply(&self.zip, zip).bytes()))
    }

    fn whole_file_name(&self) -> String {
        let Self { name, version, build, tags: [python, abi, platform], .. } = self;
        let build = build.as_ref().map(|build| format!("-{build}")).unwrap_or_default();
        let name = in_file_name(name);
        let usual = || format!("{name}-{version}{build}-{python}-{abi}-{platform}.whl");
        self.file_name.clone().unwrap_or_else(usual)
    }

    fn all_members(&self) -> Vec<Member> {
        let metadata = format!("{}\n{}", self.metadata.text(), self.description);
        let wheel = self.wheel.clone().unwrap_or_else(|| self.wheel_headers()).text();
        let texts = [("METADATA", metadata), ("WHEEL", wheel), ("licenses/LICENSE", LICENSE.to_owned())];
        let mut members = self.members.clone();
        for (file, text) in texts {
            members.push(self.text_member(file, text));
        }
        members.retain(|member| !self.leaves_out(&member.path));
        let record = self.text_member("RECORD", self.record_text(&members));
        if !self.leaves_out(&record.path) {
            members.push(record);
        }
        members
    }

    fn leaves_out(&self, path: &str) -> bool {
        self.without.iter().any(|without| without == path || self.dist_info(without) == path)
    }

    fn text_member(&self, file: &str, text: String) -> Member {
        let mut contents = text.into_bytes();
        self.texts.iter().filter(|(edited, _)| edited == file).for_each(|(_, edit)| edit(&mut contents));
        Member { path: self.dist_info(file), contents, mode: 0o644 }
    }

    fn wheel_headers(&self) -> Headers {
        if let Some(headers) = &self.wheel {
            return headers.clone();
        }
        let [python, abi, platform] = &self.tags;
        let purelib = if platform == "any" { "true" } else { "false" };
        let mut headers = Headers::new([
            ("Wheel-Version", "1.0"),
            ("Generator", "release-action"),
            ("Root-Is-Purelib", purelib),
        ]);
        for python in python.split('.') {
            for abi in abi.split('.') {
                for platform in platform.split('.') {
                    headers.add("Tag", &format!("{python}-{abi}-{platform}"));
                }
            }
        }
        if let Some(build) = &self.build {
            headers.add("Build", build);
        }
        headers
    }

    fn record_text(&self, members: &[Member]) -> String {
        let row = |member: &Member| {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::of(&member.contents).as_bytes());
            [member.path.clone(), format!("sha256={digest}"), member.contents.len().to_string()]
        };
        let mut rows: Vec<_> = members.iter().map(row).collect();
        rows.push([self.dist_info("RECORD"), String::new(), String::new()]);
        let rows = apply(&self.record, rows);
        rows.iter()
            .map(|fields| format!("{}\n", fields.each_ref().map(|field| quoted(field)).join(",")))
            .collect()
    }
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
