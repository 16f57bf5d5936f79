//! The simple index in JSON (PEP 691), read leniently: servers state `api-version` 1.0 to 1.4 and differ in what
//! they leave out.

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::IndexFile;
use crate::model::artifact::RemoteFile;
use crate::remote::http::answer::words;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    meta: Option<Map<String, Value>>,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: Option<Map<String, Value>>,
    #[serde(default)]
    size: Option<Value>,
    #[serde(default)]
    yanked: Option<Value>,
    #[serde(default, rename = "requires-python")]
    requires_python: Option<Value>,
    #[serde(default)]
    provenance: Option<Value>,
}

/// Reads a page that came from `url`; the error says what it is instead.
pub(super) fn files(body: &[u8], url: &Url) -> Result<Vec<IndexFile>, String> {
    let page: Page = serde_json::from_slice(body)
        .map_err(|error| format!("other JSON ({})", words(&error.to_string())))?;
    let version = page.meta.as_ref().and_then(|meta| meta.get("api-version"));
    if let Some(Value::String(version)) = version
        && version.split('.').next() != Some("1")
    {
        return Err(format!("version `{}` of the simple index", words(version)));
    }
    page.files.into_iter().map(|file| read(file, url)).collect()
}

fn read(file: File, page: &Url) -> Result<IndexFile, String> {
    let File { filename, url, hashes, size, yanked, requires_python, provenance } = file;
    let mut url = page.join(&url).map_err(|_error| format!("no address for `{}`", words(&filename)))?;
    url.set_fragment(None);
    let sha256 = hashes.as_ref().and_then(|hashes| hashes.get("sha256")?.as_str()?.parse().ok());
    let yanked = match yanked {
        None | Some(Value::Null) => false,
        Some(Value::Bool(yanked)) => yanked,
        // The reason for it, which may be empty.
        Some(_) => true,
    };
    let size_bytes = size.as_ref().and_then(Value::as_u64);
    let requires_python = requires_python.as_ref().and_then(Value::as_str).and_then(super::requires_python);
    let provenance = provenance.as_ref().and_then(Value::as_str).and_then(|at| page.join(at).ok());
    let file = RemoteFile { file_name: filename, size_bytes, sha256 };
    Ok(IndexFile { file, url, yanked, requires_python, provenance })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;

    fn read(body: &str) -> Result<Vec<IndexFile>, String> {
        files(body.as_bytes(), &"http://127.0.0.1/simple/a/".parse().expect("good"))
    }

    #[test]
    fn files_are_read_from_every_version_of_the_interface() {
        let sha256 = Sha256::of(b"x");
        for meta in
            [r#""meta":{"api-version":"1.0"},"#, r#""meta":{"api-version":"1.9"},"#, r#""meta":null,"#, ""]
        {
            let body = format!(
                r#"{{{meta}"name":"a","versions":["1"],"files":[
                    {{"filename":"a-1.tar.gz","url":"../../f/a-1.tar.gz#x","hashes":{{"sha256":"{sha256}"}},"size":7,"yanked":"why","requires-python":" >=3.8 ","provenance":"/p/a"}},
                    {{"filename":"b","url":"https://files.invalid/b","hashes":{{"md5":"0"}},"yanked":false,"provenance":null,"requires-python":null}},
                    {{"filename":"c","url":"c","hashes":{{"sha256":"short"}},"size":"big","requires-python":7,"provenance":true}}]}}"#
            );
            let found = read(&body).expect("good");
            let file = |index: usize| &found[index];
            assert_eq!(file(0).url.as_str(), "http://127.0.0.1/f/a-1.tar.gz");
            assert_eq!(
                (file(0).file.sha256, file(0).file.size_bytes, file(0).yanked),
                (Some(sha256), Some(7), true)
            );
            assert_eq!((file(1).file.sha256, file(1).yanked), (None, false));
            assert_eq!((file(2).file.sha256, file(2).file.size_bytes), (None, None));
            let pythons: Vec<_> = found.iter().map(|file| file.requires_python.as_deref()).collect();
            assert_eq!(pythons, [Some(">=3.8"), None, None]);
            let provenance: Vec<_> =
                found.iter().map(|file| file.provenance.as_ref().map(Url::path)).collect();
            assert_eq!(provenance, [Some("/p/a"), None, None]);
        }
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for bad in [
            "{}",
            "[]",
            "null",
            r#"{"files":null}"#,
            r#"{"files":[{"filename":"a"}]}"#,
            r#"{"files":[{"url":"a"}]}"#,
            r#"{"files":[{"filename":"a","url":"http://"}]}"#,
            r#"{"meta":{"api-version":"2.0"},"files":[]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
