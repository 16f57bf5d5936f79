//! The files of releases: looking, renaming, deleting, fetching.

use crate::sim::Response;

use super::asset_name::sanitised;
use super::release::{Asset, Release};
use super::reply::{Answer, Call, Refusal};
use super::state::Look;
use super::storage::Parcel;
use super::{Github, body};

impl Github {
    /// The files of a release, page by page; a failed upload's rows only for those who may push. // R22 R27
    pub(super) fn list_assets(&mut self, call: &Call<'_>, id: u64) -> Answer {
        let release = self.visible_release(call, id)?.clone();
        let shown = self.shown(Look::Assets);
        let assets = shown.release(id).map(|release| release.assets.as_slice()).unwrap_or_default();
        let starters = call.caller.sees_drafts();
        let assets: Vec<&Asset> = assets.iter().filter(|asset| starters || asset.uploaded).collect();
        Ok(self.page(call, assets, |_, page| {
            page.into_iter().map(|asset| body::release::asset(&self.links, &release, asset)).collect()
        }))
    }

    /// What is known of a file or, asked for as bytes, the way to them. // R26
    pub(super) fn get_asset(&mut self, call: &Call<'_>, id: u64) -> Answer {
        let (release, asset) = self.visible_asset(call, id)?;
        if !call.accepts("application/octet-stream") {
            return Ok(Response::json(200, &body::release::asset(&self.links, release, asset)));
        }
        if !asset.uploaded {
            return Err(Refusal::not_found());
        }
        if !asset.is_kept() {
            return Err(Refusal::new(500, "the bytes of this file were not kept"));
        }
        let parcel = Parcel {
            path: format!("/release-assets/{}/{}", release.id, asset.id),
            bytes: asset.bytes.clone(),
            content_type: "application/octet-stream".to_owned(),
            file_name: asset.name.clone(),
        };
        if self.troubles.unicorn_downloads > 0 {
            self.troubles.unicorn_downloads -= 1;
            let page = "<!DOCTYPE html><title>Unicorn!</title><p>We had issues producing the response.</p>";
            return Ok(Response::of(200, "text/html; charset=utf-8", page));
        }
        if self.settings.direct_downloads {
            return Ok(self.deliver(parcel));
        }
        let location = self.sign(parcel);
        Ok(Response::empty(302).with("location", location))
    }

    /// Renames or relabels a file; its content never changes. // R25
    pub(super) fn update_asset(&mut self, call: &Call<'_>, id: u64) -> Answer {
        call.caller.writes_contents()?;
        let (release, asset) = self.visible_asset(call, id)?;
        let fields = call.fields()?;
        let name = fields.text("name")?.filter(|name| !name.is_empty()).map(|name| sanitised(&name));
        let label = fields.text("label")?.or_else(|| asset.label.clone());
        let next = Asset { name: name.unwrap_or_else(|| asset.name.clone()), label, ..asset.clone() };
        if release.immutable && next.name != asset.name {
            return Err(Refusal::new(422, "Cannot rename assets of an immutable release.")); // R28
        }
        if release.asset_named(&next.name).is_some_and(|other| other.id != id) {
            return Err(Refusal::field("ReleaseAsset", "name", "already_exists")); // R20
        }
        if next.name != asset.name && self.troubles.lingering_names > 0 {
            self.troubles.lingering_names -= 1;
            return Err(Refusal::field("ReleaseAsset", "name", "already_exists")); // R25
        }
        let body = body::release::asset(&self.links, release, &next);
        let release_id = release.id;
        let release = self.state_mut().release_mut(release_id).expect("it was found a moment ago");
        release.assets.iter_mut().filter(|asset| asset.id == id).for_each(|asset| asset.clone_from(&next));
        Ok(Response::json(200, &body))
    }

    /// Removes a file; the way to be rid of what a failed upload left. // R22
    pub(super) fn delete_asset(&mut self, call: &Call<'_>, id: u64) -> Answer {
        call.caller.writes_contents()?;
        let (release, _) = self.visible_asset(call, id)?;
        if release.immutable {
            return Err(Refusal::new(422, "Cannot delete assets from an immutable release.")); // R28
        }
        let release_id = release.id;
        let release = self.state_mut().release_mut(release_id).expect("it was found a moment ago");
        release.assets.retain(|asset| asset.id != id);
        Ok(Response::empty(204))
    }

    fn visible_asset(&self, call: &Call<'_>, id: u64) -> Result<(&Release, &Asset), Refusal> {
        let release = self.state.holder(id).ok_or_else(Refusal::not_found)?;
        let release = self.visible_release(call, release.id)?;
        let asset = release.assets.iter().find(|asset| asset.id == id);
        let asset = asset.filter(|asset| asset.uploaded || call.caller.sees_drafts());
        Ok((release, asset.ok_or_else(Refusal::not_found)?))
    }
}
