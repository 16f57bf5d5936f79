// A release made by GitHub's own JavaScript client.
//
// Environment: API_URL, TOKEN, REPOSITORY, TAG, FILE; UNTIL=draft stops before the release is published.
// Standard output: one JSON object that tells what the client saw.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Octokit } from "@octokit/rest";

const { API_URL: baseUrl, TOKEN: auth, REPOSITORY, TAG: tag, FILE: file, UNTIL: until } = process.env;
const [owner, repo] = REPOSITORY.split("/");
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const { rest, paginate } = new Octokit({ auth, baseUrl, log, userAgent: "release-action-tests" });

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const statusOf = (request) => request.then(({ status }) => status, ({ status }) => status);

async function main() {
  const draft = (
    await rest.repos.createRelease({ owner, repo, tag_name: tag, name: tag, body: "By hand.", draft: true })
  ).data;
  const bytes = readFileSync(file);
  const asset = (
    await rest.repos.uploadReleaseAsset({
      url: draft.upload_url, // a template, which the client expands
      owner,
      repo,
      release_id: draft.id,
      name: basename(file),
      data: bytes,
      headers: { "content-type": "application/octet-stream", "content-length": bytes.length },
    })
  ).data;
  const seen = {
    id: draft.id,
    draftByTag: await statusOf(rest.repos.getReleaseByTag({ owner, repo, tag })),
    listed: (await paginate(rest.repos.listReleases, { owner, repo, per_page: 100 })).map(({ id }) => id),
    uploaded: { name: asset.name, state: asset.state, size: asset.size, digest: asset.digest },
  };
  if (until !== "draft") Object.assign(seen, await published(draft, asset));
  console.log(JSON.stringify(seen));
}

async function published({ id: release_id }, { id: asset_id }) {
  const parameters = { owner, repo, release_id, tag_name: tag, draft: false, make_latest: "true" };
  const release = (await rest.repos.updateRelease(parameters)).data;
  const assets = await paginate(rest.repos.listReleaseAssets, { owner, repo, release_id, per_page: 100 });
  const accept = { accept: "application/octet-stream" };
  const { data } = await rest.repos.getReleaseAsset({ owner, repo, asset_id, headers: accept });
  return {
    draft: release.draft,
    tag: release.tag_name,
    publishedByTag: await statusOf(rest.repos.getReleaseByTag({ owner, repo, tag })),
    assets: assets.map(({ name }) => name),
    downloaded: sha256(Buffer.from(data)),
  };
}

main();
