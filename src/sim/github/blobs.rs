//! The writing half of the storage: blobs that come in blocks, and are there once a list of blocks is committed.
//!
//! As Azure's block blobs behave for a signed address: a block that nobody listed is no part of anything, and the
//! signature that lets one write does not let one read.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};

use crate::sim::{Request, Response};

use super::Github;
use super::git::hash;
use super::links::path;
use super::storage::refusal;

/// How long a signed address for writing may be used.
const VALID_S: u64 = 3_600;
/// The largest block.
const BLOCK_LIMIT_BYTES: usize = 100 << 20;
/// The most blocks of a blob.
const BLOCKS: usize = 50_000;

/// A blob that was committed.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    /// Its bytes.
    pub bytes: Bytes,
    /// The media type that the commit stated.
    pub content_type: Option<String>,
}

/// A blob and what is on its way to it.
#[derive(Clone, Debug, Default)]
struct Place {
    /// Blocks that no list named yet.
    uncommitted: BTreeMap<String, Bytes>,
    committed: Option<Blob>,
    /// The blocks of the committed blob.
    blocks: BTreeMap<String, Bytes>,
}

/// What the storage holds of blobs, and who may write.
#[derive(Clone, Debug, Default)]
pub(super) struct Blobs {
    places: BTreeMap<String, Place>,
    /// Path and end of each signature for writing.
    signatures: BTreeMap<String, (String, u64)>,
}

impl Github {
    /// Makes an address that takes the blob at `path`.
    pub(super) fn sign_upload(&mut self, blob: &str) -> String {
        let expires_s = self.now_s() + VALID_S;
        let signature = hash(&format!("write signature {} {blob}", self.next_id()));
        let address = format!("{}{}?se={expires_s}&sp=cw&sig={signature}", self.links.storage, path(blob));
        self.blobs.signatures.insert(signature, (blob.to_owned(), expires_s));
        self.blobs.places.insert(blob.to_owned(), Place::default());
        address
    }

    /// The blob at `path`, once it is committed.
    pub(super) fn blob(&self, path: &str) -> Option<&Blob> {
        self.blobs.places.get(path)?.committed.as_ref()
    }

    /// Removes the blob at `path`, with all that was on its way to it.
    pub(super) fn forget_blob(&mut self, path: &str) {
        self.blobs.places.remove(path);
    }

    /// Takes a block, or a list of blocks.
    pub(super) fn put_blob(&mut self, request: &Request) -> Response {
        let pairs = request.query_pairs();
        let value = |wanted: &str| {
            pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let signature = value("sig");
        if self.is_read_signature(signature) {
            let text = "This request is not authorized to perform this operation using this permission.";
            return refusal(403, "AuthorizationPermissionMismatch", text);
        }
        let now_s = self.now_s();
        let signed = self.blobs.signatures.get(signature);
        let signed = signed.filter(|(blob, expires_s)| *expires_s > now_s && path(blob) == request.path);
        let place = signed.and_then(|(blob, _)| self.blobs.places.get_mut(blob));
        let Some(place) = place else {
            return refusal(403, "AuthenticationFailed", "Server failed to authenticate the request.");
        };
        let outcome = match value("comp") {
            "block" => place.put_block(value("blockid"), request),
            "blocklist" => place.commit(request),
            _ => Err((400, "InvalidQueryParameterValue", "`comp` is neither `block` nor `blocklist`.")),
        };
        match outcome {
            Ok(()) => Response::empty(201).with("x-ms-request-server-encrypted", "true"),
            Err((status, code, text)) => refusal(status, code, text),
        }
    }

    /// Whether the address with this signature is for writing: it shows nothing.
    pub(super) fn is_write_signature(&self, signature: &str) -> bool {
        self.blobs.signatures.contains_key(signature)
    }
}

type Refused = (u16, &'static str, &'static str);

impl Place {
    fn put_block(&mut self, id: &str, request: &Request) -> Result<(), Refused> {
        let decoded = STANDARD.decode(id).ok().filter(|bytes| (1..=64).contains(&bytes.len()));
        let Some(decoded) = decoded else {
            return Err((400, "InvalidQueryParameterValue", "The block id is not base64 of 1 to 64 bytes."));
        };
        let same_length =
            |other: &String| STANDARD.decode(other).is_ok_and(|bytes| bytes.len() == decoded.len());
        if !self.uncommitted.keys().all(same_length) {
            return Err((400, "InvalidBlobOrBlock", "The specified blob or block content is invalid."));
        }
        let stated = request.header("content-length").and_then(|text| text.parse::<usize>().ok());
        match stated {
            None => return Err((411, "MissingContentLengthHeader", "Content-Length was not specified.")),
            Some(0) => return Err((400, "InvalidHeaderValue", "A block is not empty.")),
            Some(size) if size > BLOCK_LIMIT_BYTES => {
                return Err((413, "RequestBodyTooLarge", "The request body is too large."));
            }
            Some(_) => {}
        }
        if self.uncommitted.len() >= BLOCKS {
            return Err((409, "BlockCountExceedsLimit", "There are too many uncommitted blocks."));
        }
        self.uncommitted.insert(id.to_owned(), bytes::Bytes::clone(&request.body));
        Ok(())
    }

    /// Makes the listed blocks the blob. All others are forgotten.
    fn commit(&mut self, request: &Request) -> Result<(), Refused> {
        let text = std::str::from_utf8(&request.body).unwrap_or_default();
        let ids =
            listed(text).ok_or((400, "InvalidXmlDocument", "XML specified is not syntactically valid."))?;
        let mut bytes = BytesMut::new();
        let mut blocks = BTreeMap::new();
        for (kind, id) in ids {
            let found = match kind {
                "Committed" => self.blocks.get(&id),
                "Uncommitted" => self.uncommitted.get(&id),
                _ => self.uncommitted.get(&id).or_else(|| self.blocks.get(&id)),
            };
            let block = found.ok_or((400, "InvalidBlockList", "The specified block list is invalid."))?;
            bytes.extend_from_slice(block);
            blocks.insert(id, block.clone());
        }
        let content_type = request.header("x-ms-blob-content-type").map(str::to_owned);
        self.committed = Some(Blob { bytes: bytes.freeze(), content_type });
        self.blocks = blocks;
        self.uncommitted.clear();
        Ok(())
    }
}

/// The ids of a list of blocks, each with the element that names it.
fn listed(text: &str) -> Option<Vec<(&str, String)>> {
    let text = match text.trim_start().strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1,
        None => text,
    };
    let mut rest = match text.trim().strip_prefix("<BlockList") {
        Some("/>") => return Some(Vec::new()),
        Some(rest) => rest.trim_start().strip_prefix('>')?.strip_suffix("</BlockList>")?,
        None => return None,
    };
    let mut ids = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(ids);
        }
        let (kind, behind) = rest.strip_prefix('<')?.split_once('>')?;
        if !["Latest", "Committed", "Uncommitted"].contains(&kind) {
            return None;
        }
        let (id, behind) = behind.split_once(&format!("</{kind}>"))?;
        ids.push((kind, id.trim().to_owned()));
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_blocks_are_read_strictly() {
        let one = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><Latest>QQ==</Latest> <Committed>Qg==</Committed></BlockList>";
        let ids = listed(one).expect("a list");
        assert_eq!(ids, [("Latest", "QQ==".to_owned()), ("Committed", "Qg==".to_owned())]);
        assert_eq!(listed("<BlockList/>"), Some(Vec::new()));
        assert_eq!(listed("<BlockList></BlockList>"), Some(Vec::new()));
        for none in
            ["", "<BlockList>", "<BlockList><Other>QQ==</Other></BlockList>", "<BlockList>x</BlockList>"]
        {
            assert_eq!(listed(none), None, "{none}");
        }
    }
}
