//! Releases and their assets in answers.

use serde_json::{Value, json};

use crate::sim::github::links::{Links, path, segment};
use crate::sim::github::release::{Asset, Release};

use super::{bot, date};

/// How many assets a release object embeds. Whether the service cuts the list, and whether failed uploads show
/// in it, is not known; clients that rely on either must not pass. // R27
const EMBEDDED_ASSETS: usize = 30;

/// A release with the first of its assets.
pub(in crate::sim::github) fn release(links: &Links, release: &Release) -> Value {
    let at = |rest: &str| links.repo(&format!("/releases/{}{rest}", release.id));
    let ball = |kind: &str| {
        let address = links.repo(&format!("/{kind}/{}", path(&release.tag_name)));
        (!release.draft).then_some(address)
    };
    let whole = release.assets.iter().filter(|asset| asset.uploaded).take(EMBEDDED_ASSETS);
    let embedded: Vec<Value> = whole.map(|one| asset(links, release, one)).collect();
    let mut body = json!({
        "id": release.id,
        "node_id": format!("RE_{}", release.id),
        "url": at(""),
        "assets_url": at("/assets"),
        "upload_url": links.upload(release.id),
        "html_url": links.page(&format!("/releases/tag/{}", path(&shown_tag(release)))),
        "tarball_url": ball("tarball"),
        "zipball_url": ball("zipball"),
        "author": bot(links),
        "tag_name": release.tag_name,
        "target_commitish": release.target_commitish,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "immutable": release.immutable,
        "created_at": date(release.created_at_s),
        "updated_at": date(release.updated_at_s),
        "published_at": release.published_at_s.map(date),
        "assets": embedded,
    });
    if release.discussion_category_name.is_some() {
        body["discussion_url"] = links.page(&format!("/discussions/{}", release.id)).into();
    }
    body
}

/// An asset of a release.
pub(in crate::sim::github) fn asset(links: &Links, release: &Release, asset: &Asset) -> Value {
    let file = format!("/releases/download/{}/{}", path(&shown_tag(release)), segment(&asset.name));
    json!({
        "id": asset.id,
        "node_id": format!("RA_{}", asset.id),
        "url": links.repo(&format!("/releases/assets/{}", asset.id)),
        "name": asset.name,
        "label": asset.label,
        "uploader": bot(links),
        "content_type": asset.content_type,
        "state": if asset.uploaded { "uploaded" } else { "starter" }, // R22
        "size": asset.size_bytes,
        "digest": asset.sha256.map(|digest| format!("sha256:{digest}")), // R24
        "download_count": 0,
        "created_at": date(asset.created_at_s),
        "updated_at": date(asset.created_at_s),
        "browser_download_url": links.page(&file),
    })
}

fn shown_tag(release: &Release) -> String {
    if release.draft { release.untagged() } else { release.tag_name.clone() }
}
