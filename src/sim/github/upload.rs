//! The host that takes the files of releases.

use serde_json::json;

use crate::model::digest::{Hashes, Sha256};
use crate::sim::body::Body;
use crate::sim::{Request, Response};

use super::asset_name::sanitised;
use super::release::{Asset, Release};
use super::reply::{Answer, Call, Refusal, reason};
use super::storage::other_bytes;
use super::{Github, body};

impl Github {
    /// Answers a request to the host for uploads; its errors differ in form from the API's.
    pub(super) fn upload(&mut self, request: &Request) -> Response {
        let answer = self.recording(|github| github.uploaded(request));
        let (documentation, request_id) = (self.links.documentation(), self.request_id());
        let response =
            answer.unwrap_or_else(|refusal| refusal.into_upload_response(&documentation, &request_id));
        self.stamp(response)
    }

    /// The upload breaks off; where it would have been taken, a row is left. // R22
    pub(super) fn upload_in_part(&mut self, request: &Request) {
        let failing = std::mem::replace(&mut self.troubles.failing_uploads, 1);
        self.upload(request);
        self.troubles.failing_uploads = failing;
    }

    fn uploaded(&mut self, request: &Request) -> Answer {
        let caller = self.caller(request)?;
        let parts = request.segments();
        let parts = parts.strip_prefix(&["api".to_owned(), "uploads".to_owned()]).unwrap_or(&parts);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let ["repos", owner, name, "releases", id, "assets"] = parts[..] else {
            return Err(Refusal::not_found());
        };
        let own =
            owner.eq_ignore_ascii_case(&self.links.owner) && name.eq_ignore_ascii_case(&self.links.name);
        let id =
            id.parse().ok().filter(|_| own && request.method == "POST").ok_or_else(Refusal::not_found)?;
        caller.writes_contents()?;
        let call = Call { request, caller, parts: Vec::new(), query: request.query_pairs() };
        let release = self.visible_release(&call, id)?.clone();
        self.receive(&call, &release)
    }

    fn receive(&mut self, call: &Call<'_>, release: &Release) -> Answer {
        self.check_length(call.request)?;
        if release.immutable {
            return Err(Refusal::new(422, "Cannot upload assets to an immutable release.")); // R28
        }
        let missing = || Refusal::field("ReleaseAsset", "name", "missing_field");
        let name = sanitised(call.query("name").ok_or_else(missing)?); // R21
        if release.asset_named(&name).is_some() {
            // R20, and R22: the row of a failed upload blocks the name too.
            return Err(Refusal::field("ReleaseAsset", "name", "already_exists"));
        }
        if release.assets.len() >= self.settings.assets_per_release {
            let message = format!("a release has at most {} assets", self.settings.assets_per_release);
            return Err(Refusal::custom("ReleaseAsset", "release", &message)); // R19
        }
        if self.troubles.failing_uploads > 0 {
            self.troubles.failing_uploads -= 1;
            let starter = Asset::starter(self.next_id(), name, self.now_s());
            self.keep(release.id, starter); // R22
            return Ok(bad_gateway());
        }
        let asset = self.asset(call, name);
        let body = body::release::asset(&self.links, release, &asset);
        let location = self.links.repo(&format!("/releases/assets/{}", asset.id));
        self.keep(release.id, asset);
        if self.troubles.ambiguous_uploads > 0 {
            self.troubles.ambiguous_uploads -= 1;
            return Ok(bad_gateway()); // R23
        }
        Ok(Response::json(201, &body).with("location", location))
    }

    fn check_length(&self, request: &Request) -> Result<(), Refusal> {
        let stated: Option<u64> = request.header("content-length").and_then(|text| text.parse().ok());
        match stated {
            None => Err(Refusal::new(400, "Bad Content-Length: ")), // R17
            Some(0) => Err(Refusal::invalid(vec![reason(
                "ReleaseAsset",
                "size",
                "size must be greater than or equal to 1", // R18
            )])),
            Some(size) if size >= self.settings.asset_limit_bytes => {
                Err(Refusal::new(500, "Error saving asset")) // R19
            }
            Some(_) => Ok(()),
        }
    }

    fn asset(&mut self, call: &Call<'_>, name: String) -> Asset {
        let mut body = call.request.body.clone();
        if self.troubles.corrupt_uploads > 0 {
            self.troubles.corrupt_uploads -= 1;
            body = other_body(&body);
        }
        let content_type = call.request.header("content-type").unwrap_or("application/octet-stream");
        let label = call.query.iter().find(|(name, _)| name == "label").map(|(_, label)| label.clone());
        let asset = Asset::complete(self.next_id(), name, &body, self.now_s());
        let sha256 = asset.sha256.filter(|_| !self.settings.undigested_assets); // R24
        Asset { label, content_type: content_type.to_owned(), sha256, ..asset }
    }

    fn keep(&mut self, release_id: u64, asset: Asset) {
        let release = self.state_mut().release_mut(release_id).expect("it was found a moment ago");
        release.assets.push(asset);
    }
}

/// As many bytes, but not the same.
fn other_body(body: &Body) -> Body {
    match body.kept() {
        Some(bytes) => other_bytes(bytes).into(),
        None => Body::passed(Hashes { size_bytes: body.size_bytes(), sha256: Sha256::of(b"other bytes") }),
    }
}

fn bad_gateway() -> Response {
    Response::json(502, &json!({ "message": "Server Error" }))
}
