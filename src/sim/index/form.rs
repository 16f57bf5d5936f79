//! The upload form: its fields, and what it says about the file.

use bytes::Bytes;

use super::multipart::{self, Part};
use super::refusal::{Checked, Refusal};
use crate::model::digest::{Blake2b256, Hashes};
use crate::model::name::PackageName;

/// An upload, taken apart.
#[derive(Debug)]
pub(super) struct Form {
    /// Text fields, in the order they came.
    fields: Vec<(String, String)>,
    content: Option<Content>,
}

/// The file in a form.
#[derive(Debug)]
pub(super) struct Content {
    /// What the client calls it.
    pub(super) file_name: String,
    /// The part's content type. Where the header is missing it is plain text (RFC 7578, 4.4): uv sends none, and
    /// PyPI takes its uploads.
    content_type: String,
    /// The file.
    pub(super) bytes: Bytes,
}

/// What sort of file a form announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileType {
    /// `bdist_wheel`.
    Wheel,
    /// `sdist`.
    Sdist,
}

/// The fields that stand for the form itself.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    /// The project, as the client writes it.
    pub(super) name: PackageName,
    /// What the file is said to be.
    pub(super) file_type: FileType,
    /// The file.
    pub(super) content: &'a Content,
}

impl Form {
    /// Reads a request's body.
    ///
    /// # Errors
    /// When it is no form, or a text field comes as a file.
    pub(super) fn read(content_type: &str, body: &Bytes) -> Checked<Self> {
        let parts = multipart::parse(content_type, body).map_err(|error| Refusal::bad(error.to_string()))?;
        let mut form = Self { fields: Vec::new(), content: None };
        for part in parts {
            form.take(part)?;
        }
        Ok(form)
    }

    fn take(&mut self, part: Part) -> Checked<()> {
        let Part { name, file_name, content_type, body } = part;
        match (name.as_str(), file_name) {
            ("content", Some(_)) if self.content.is_some() => {
                return Err(Refusal::bad("content: Should be one file."));
            }
            ("content", Some(file_name)) => {
                let content_type = content_type.unwrap_or_else(|| "text/plain".to_owned());
                self.content = Some(Content { file_name, content_type, bytes: body });
            }
            // PyPI takes no signatures any more, and lets the field pass in any form.
            ("gpg_signature", _) => {}
            (_, Some(_)) => return Err(Refusal::bad(format!("{name}: Should not be a tuple."))),
            (_, None) => {
                let value = String::from_utf8(body.to_vec())
                    .map_err(|_source| Refusal::bad(format!("{name}: Should be UTF-8.")))?;
                // Old build tools write this for what they do not know.
                if value.trim() != "UNKNOWN" {
                    self.fields.push((name, value.replace('\0', "\\x00")));
                }
            }
        }
        Ok(())
    }

    /// The last value of a field; an empty one counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let last = self.fields.iter().rev().find(|(have, _)| have == name)?;
        Some(last.1.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// All text fields.
    pub(super) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// Whether there is a file at all, of a type that can be a distribution.
    ///
    /// # Errors
    /// When there is none, or its content type is empty or a picture's.
    pub(super) fn content(&self) -> Checked<&Content> {
        let content =
            self.content.as_ref().ok_or_else(|| Refusal::bad("Upload payload does not have a file."))?;
        if content.content_type.is_empty() || content.content_type.starts_with("image/") {
            return Err(Refusal::bad("Invalid distribution file."));
        }
        Ok(content)
    }

    /// Checks the fields that stand for the form itself.
    ///
    /// # Errors
    /// When one is missing or malformed.
    pub(super) fn upload(&self) -> Checked<Upload<'_>> {
        let content = self.content()?;
        if self.get("protocol_version").is_some_and(|version| version != "1") {
            return Err(Refusal::bad("Unknown protocol version."));
        }
        let name = self.name()?;
        let file_type = self.file_type()?;
        self.python_version(file_type)?;
        self.digests_are_digests()?;
        Ok(Upload { name, file_type, content })
    }

    fn name(&self) -> Checked<PackageName> {
        let text = self.get("name").unwrap_or_default();
        let rule = if text.is_empty() {
            "This field is required."
        } else {
            "Start and end with a letter or numeral containing only ASCII numeric and '.', '_' and '-'."
        };
        text.parse().map_err(|_source| {
            let shown: String = text.chars().take(60).collect();
            Refusal::bad(format!(
                "'{shown}' is an invalid value for Name. Error: {rule} See the core metadata specification for more information."
            ))
        })
    }

    fn file_type(&self) -> Checked<FileType> {
        let invalid = |rule| Refusal::bad(format!("Invalid value for filetype. Error: {rule}"));
        match self.get("filetype") {
            Some("bdist_wheel") => Ok(FileType::Wheel),
            Some("sdist") => Ok(FileType::Sdist),
            Some(_) => Err(invalid("Use a known file type.")),
            None => Err(invalid("This field is required.")),
        }
    }

    fn python_version(&self, file_type: FileType) -> Checked<()> {
        match (file_type, self.get("pyversion")) {
            (FileType::Wheel, None) => {
                Err(Refusal::bad("Error: Python version is required for binary distribution uploads."))
            }
            (FileType::Sdist, Some(other)) if other != "source" => {
                Err(Refusal::bad("Error: Use 'source' as Python version for an sdist."))
            }
            _ => Ok(()),
        }
    }

    fn digests_are_digests(&self) -> Checked<()> {
        let digests = ["md5_digest", "sha256_digest", "blake2_256_digest"];
        if digests.iter().all(|name| self.get(name).is_none()) {
            return Err(Refusal::bad("Error: Include at least one message digest."));
        }
        for (field, what) in [("blake2_256_digest", "BLAKE2"), ("sha256_digest", "SHA256")] {
            let hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if self.get(field).is_some_and(|text| !hex(text)) {
                return Err(Refusal::bad(format!(
                    "Invalid value for {field}. Error: Use a valid, hex-encoded, {what} message digest."
                )));
            }
        }
        Ok(())
    }

    /// Checks every digest that the client states against the file. MD5 is not computed here: a form that states
    /// nothing else is refused.
    ///
    /// # Errors
    /// When one differs.
    pub(super) fn digests_match(&self, hashes: &Hashes, blake2b256: Blake2b256) -> Checked<()> {
        let stated = [
            (self.get("sha256_digest"), hashes.sha256.to_string()),
            (self.get("blake2_256_digest"), blake2b256.to_string()),
        ];
        let mut stated =
            stated.iter().filter_map(|(stated, real)| stated.map(|stated| (stated, real))).peekable();
        let none = stated.peek().is_none();
        if none || stated.any(|(stated, real)| !stated.eq_ignore_ascii_case(real)) {
            return Err(Refusal::bad(
                "The digest supplied does not match a digest calculated from the uploaded file.",
            ));
        }
        Ok(())
    }
}
