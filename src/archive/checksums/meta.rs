//! `.meta` files: what a producer says of one file beside it.
//!
//! Two kinds are known. Wheelhouses have lines `key=value`, among them `sha256` and `size`; wamp-cicd has 64 digits and nothing
//! else. Other tools call other things `.meta`, so a text that states no digest is none of ours, and no fault.

use super::super::Limits;
use super::{ChecksumsError, text_lines};
use crate::model::digest::Sha256;

/// What a `.meta` file states of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The digest that the file must have.
    pub sha256: Sha256,
    /// The size that it must have, where that is stated.
    pub size_bytes: Option<u64>,
    /// All keys with their values, in their order; none where the text is a digest alone.
    pub pairs: Vec<(String, String)>,
}

/// Why a text that states a digest cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MetaError {
    #[error(transparent)]
    Text(#[from] ChecksumsError),
    #[error("line {line}: it is no `key=value`")]
    Form { line: usize },
    #[error("line {line}: `{key}` is stated twice")]
    Twice { line: usize, key: &'static str },
    #[error("line {line}: `{key}` is no {what}")]
    Value { line: usize, key: &'static str, what: &'static str },
}

const SHA256: &str = "sha256";
const SIZE: &str = "size";

/// Reads the text. Nothing when it states no digest.
///
/// # Errors
/// When it states one, and a line is not understood.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Option<Meta>, MetaError> {
    let lines = |bytes| text_lines(bytes, limits).map(|lines| lines.map(|(line, text)| (line, text.trim())));
    let mut told = lines(bytes)?.filter(|(_, text)| !text.is_empty());
    if let (Some((_, only)), None) = (told.next(), told.next())
        && let Ok(sha256) = only.parse()
    {
        return Ok(Some(Meta { sha256, size_bytes: None, pairs: Vec::new() }));
    }
    let is_ours =
        |(_, text): (usize, &str)| text.split_once('=').is_some_and(|(key, _)| key.trim() == SHA256);
    if !lines(bytes)?.any(is_ours) {
        return Ok(None);
    }
    let (mut sha256, mut size_bytes, mut pairs) = (None, None, Vec::new());
    for (line, text) in lines(bytes)?.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
        let (key, value) = text.split_once('=').ok_or(MetaError::Form { line })?;
        let (key, value) = (key.trim(), value.trim());
        let is_twice = match key {
            SHA256 => {
                let what = "digest of 64 hexadecimal digits";
                let digest = value.parse().map_err(|_bad| MetaError::Value { line, key: SHA256, what })?;
                sha256.replace(digest).map(|_| SHA256)
            }
            SIZE => {
                let what = "number of bytes";
                let size = value.parse().map_err(|_bad| MetaError::Value { line, key: SIZE, what })?;
                size_bytes.replace(size).map(|_: u64| SIZE)
            }
            _ => None,
        };
        if let Some(key) = is_twice {
            return Err(MetaError::Twice { line, key });
        }
        pairs.push((key.to_owned(), value.to_owned()));
    }
    Ok(sha256.map(|sha256| Meta { sha256, size_bytes, pairs }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

    fn read(text: &str) -> Result<Option<Meta>, MetaError> {
        parse(text.as_bytes(), &Limits::default())
    }

    #[test]
    fn both_kinds_are_read() {
        let meta = read(&format!(
            "name=wheelhouse-3.11.tgz\r\nsha256={A}\r\nsize=1\r\nrunner=Linux a=b\r\nwheels=a.whl,b.whl\r\n"
        ));
        let meta = meta.expect("good").expect("ours");
        assert_eq!((meta.sha256.to_string(), meta.size_bytes, meta.pairs.len()), (A.to_owned(), Some(1), 5));
        assert_eq!(meta.pairs[3], ("runner".to_owned(), "Linux a=b".to_owned()));
        let bare = read(&format!("{A}\r\n")).expect("good").expect("ours");
        assert_eq!((bare.sha256.to_string(), bare.size_bytes, bare.pairs), (A.to_owned(), None, Vec::new()));
    }

    #[test]
    fn what_others_call_meta_is_no_fault() {
        for text in ["", "fileFormatVersion: 2\n", "<meta/>", "sha512=00\n", &A[1..]] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_digest_that_cannot_be_taken_is_refused_with_its_line() {
        for (text, message) in [
            (format!("sha256={}\n", &A[1..]), "line 1: `sha256` is no digest of 64 hexadecimal digits"),
            (format!("name=x\nsha256={A}\nsize=big\n"), "line 3: `size` is no number of bytes"),
            (format!("sha256={A}\nsha256={A}\n"), "line 2: `sha256` is stated twice"),
            (format!("sha256={A}\nword\n"), "line 2: it is no `key=value`"),
        ] {
            assert_eq!(read(&text).expect_err(&text).to_string(), message);
        }
    }
}
