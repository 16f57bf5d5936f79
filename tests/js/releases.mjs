// A hand on the releases page: GitHub's own JavaScript client does one thing and says what it sees.
//
// Arguments: look TAG | draft TAG FILE… | add TAG FILE | publish TAG | words TAG TITLE BODY | rename TAG OLD NEW |
// drop TAG NAME | delete TAG. Environment: API_URL, TOKEN, REPOSITORY.
// Standard output: one JSON object, of `look` what there is.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Octokit } from "@octokit/rest";

const { API_URL: baseUrl, TOKEN: auth, REPOSITORY } = process.env;
const [owner, repo] = REPOSITORY.split("/");
const [verb, tag_name, ...rest] = process.argv.slice(2);
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const { rest: { repos }, paginate } = new Octokit({ auth, baseUrl, log, userAgent: "release-action-tests" });

async function found() {
  const all = await paginate(repos.listReleases, { owner, repo, per_page: 100 });
  return all.filter((release) => release.tag_name === tag_name);
}

async function add({ id: release_id, upload_url: url }, file) {
  const data = readFileSync(file);
  const headers = { "content-type": "application/octet-stream", "content-length": data.length };
  await repos.uploadReleaseAsset({ url, owner, repo, release_id, name: basename(file), data, headers });
}

async function latest() {
  const { data } = await repos.getLatestRelease({ owner, repo }).catch(() => ({ data: { tag_name: null } }));
  return data.tag_name;
}

async function bytesOf(asset_id) {
  const headers = { accept: "application/octet-stream" };
  const { data } = await repos.getReleaseAsset({ owner, repo, asset_id, headers });
  return createHash("sha256").update(Buffer.from(data)).digest("hex");
}

async function look() {
  const releases = await found();
  const [release] = releases;
  if (!release) return { releases: 0 };
  const assets = {};
  const rows = await paginate(repos.listReleaseAssets, { owner, repo, release_id: release.id, per_page: 100 });
  for (const { id, name, digest } of rows) assets[name] = { digest, downloaded: await bytesOf(id) };
  const { draft, prerelease, name: title, body } = release;
  return { releases: releases.length, draft, prerelease, title, body, assets, latest: await latest() };
}

async function main() {
  if (verb === "look") return look();
  if (verb === "draft") {
    const words = { name: "By hand", body: "By hand.", draft: true };
    const { data } = await repos.createRelease({ owner, repo, tag_name, ...words });
    for (const file of rest) await add(data, file);
    return {};
  }
  const [release] = await found();
  const of = { owner, repo, release_id: release.id };
  const asset = (name) => release.assets.find((asset) => asset.name === name).id;
  if (verb === "add") await add(release, rest[0]);
  else if (verb === "publish") await repos.updateRelease({ ...of, tag_name, draft: false, make_latest: "true" });
  else if (verb === "words") await repos.updateRelease({ ...of, tag_name, name: rest[0], body: rest[1] });
  else if (verb === "rename") {
    await repos.updateReleaseAsset({ owner, repo, asset_id: asset(rest[0]), name: rest[1] });
  } else if (verb === "drop") await repos.deleteReleaseAsset({ owner, repo, asset_id: asset(rest[0]) });
  else if (verb === "delete") await repos.deleteRelease(of);
  else throw new Error(`there is no ${verb}`);
  return {};
}

main().then((seen) => console.log(JSON.stringify(seen)));
