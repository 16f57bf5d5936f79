//! The storage behind signed addresses: it knows no tokens, only signatures that soon run out. // R37

use bytes::Bytes;

use crate::sim::{Request, Response};

use super::Github;
use super::git::hash;
use super::links::{path, segment};
use super::settings::Troubles;

/// How long a signed address may be used.
const VALID_S: u64 = 60;

/// Bytes on their way to somebody.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    /// The path on the storage host.
    pub path: String,
    /// What is delivered.
    pub bytes: Bytes,
    /// The media type that the delivery states. // R36
    pub content_type: String,
    /// The file name that the delivery states.
    pub file_name: String,
}

/// A parcel that waits behind a signed address.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    parcel: Parcel,
    expires_s: u64,
}

impl Github {
    /// Makes an address that leads to the parcel for a minute.
    pub(super) fn sign(&mut self, parcel: Parcel) -> String {
        let now_s = self.now_s();
        self.signed.retain(|_, signed| signed.expires_s > now_s);
        let expires_s = now_s + VALID_S;
        let signature = hash(&format!("signature {} {}", self.next_id(), parcel.path));
        let address =
            format!("{}{}?se={expires_s}&sp=r&sig={signature}", self.links.storage, path(&parcel.path));
        self.signed.insert(signature, Signed { parcel, expires_s });
        address
    }

    /// Answers a request to the storage host.
    pub(super) fn storage(&mut self, request: &Request) -> Response {
        if request.header("authorization").is_some() {
            let text = "Authentication information is not given in the correct format.";
            return refusal(400, "InvalidAuthenticationInfo", text);
        }
        if request.method == "PUT" {
            return self.put_blob(request);
        }
        if !["GET", "HEAD"].contains(&request.method.as_str()) {
            return refusal(405, "UnsupportedHttpVerb", "The resource doesn't support the HTTP verb.");
        }
        let pairs = request.query_pairs();
        let signature = pairs.iter().find(|(name, _)| name == "sig").map(|(_, signature)| signature.as_str());
        if signature.is_some_and(|signature| self.is_write_signature(signature)) {
            let text = "This request is not authorized to perform this operation using this permission.";
            return refusal(403, "AuthorizationPermissionMismatch", text);
        }
        let signed = signature.and_then(|signature| self.signed.get(signature));
        let valid = signed
            .filter(|signed| signed.expires_s > self.now_s() && path(&signed.parcel.path) == request.path);
        let Some(signed) = valid else {
            return refusal(403, "AuthenticationFailed", "Server failed to authenticate the request.");
        };
        let parcel = signed.parcel.clone();
        let mut response = self.deliver(parcel);
        if request.method == "HEAD" {
            response.body.clear();
        }
        response
    }

    /// Whether the address with this signature is for reading.
    pub(super) fn is_read_signature(&self, signature: &str) -> bool {
        self.signed.contains_key(signature)
    }

    /// Hands the parcel out.
    pub(super) fn deliver(&mut self, parcel: Parcel) -> Response {
        let Parcel { path: _, mut bytes, content_type, file_name } = parcel;
        let Troubles { corrupt_downloads, short_downloads, cut_downloads, html_downloads, .. } =
            &mut self.troubles;
        if strikes(html_downloads) {
            let page =
                "<!doctype html>\n<html><head><title>Sign in</title></head><body>Welcome.</body></html>\n";
            return Response::of(200, "text/html; charset=utf-8", page);
        }
        if strikes(corrupt_downloads) {
            bytes = other_bytes(&bytes);
        }
        if strikes(short_downloads) {
            bytes.truncate(bytes.len().saturating_sub(1));
        }
        let breaks_off = strikes(cut_downloads);
        let plain: String = file_name.chars().filter(|c| c.is_ascii_graphic() && *c != '"').collect();
        let encoded = segment(&file_name);
        let response = Response::of(200, &content_type, bytes).with(
            "content-disposition",
            format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"),
        );
        Response { breaks_off, ..response }
    }
}

/// Whether a trouble happens now; it is one fewer then.
fn strikes(left: &mut u32) -> bool {
    let strikes = *left > 0;
    *left -= u32::from(strikes);
    strikes
}

/// The same number of bytes, but not the same bytes.
pub(super) fn other_bytes(bytes: &Bytes) -> Bytes {
    let mut other = bytes.to_vec();
    if let Some(first) = other.first_mut() {
        *first ^= 0xff;
    }
    other.into()
}

/// A refusal in the storage's form.
pub(super) fn refusal(status: u16, code: &str, text: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{text}</Message></Error>"
    );
    Response::of(status, "application/xml", body).with("x-ms-error-code", code)
}
