//! The body of a publish request: a length, metadata in JSON, a length, the packed crate.

use bytes::{Buf as _, Bytes};
use serde::Deserialize;

use super::refusal::{Checked, Refusal};

/// How much metadata may be sent, in bytes.
const METADATA_LIMIT_BYTES: usize = 1 << 20;

/// What the registry reads of the metadata. All else it takes from the packed crate itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) vers: String,
    #[serde(default)]
    #[expect(
        dead_code,
        reason = "read so that a value of another type is refused, and rendered nowhere here"
    )]
    readme: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "as above")]
    readme_file: Option<String>,
}

/// Takes a body apart.
///
/// # Errors
/// 400 when a length is not what follows, or the metadata is not the JSON that is expected.
pub(super) fn split(mut body: Bytes) -> Checked<(Metadata, Bytes)> {
    let json = part(&mut body, "metadata")?;
    let tarball = part(&mut body, "tarball")?;
    if json.len() > METADATA_LIMIT_BYTES {
        return Err(Refusal::of(413, format!("max metadata size is: {METADATA_LIMIT_BYTES}")));
    }
    let metadata = serde_json::from_slice(&json)
        .map_err(|error| Refusal::bad(format!("invalid upload request: {error}")))?;
    Ok((metadata, tarball))
}

fn part(body: &mut Bytes, what: &str) -> Checked<Bytes> {
    if body.len() < 4 {
        return Err(Refusal::bad(format!("invalid {what} length")));
    }
    let length = body.get_u32_le() as usize;
    if length > body.len() {
        return Err(Refusal::bad(format!("invalid {what} length for remaining payload: {length}")));
    }
    Ok(body.split_to(length))
}
