// Artifacts left and fetched by GitHub's own client, which its actions for uploads and downloads are made of.
//
// Arguments: `upload NAME ROOT FILE…`, `raw FILE`, `list`, `download ID FOLDER DIGEST` (in the run) or
// `fetch ID FOLDER DIGEST` (as another run does, by the REST interface).
// Environment: what the runner gives a job; TOKEN and GITHUB_REPOSITORY for `fetch`.
// Standard output: what the client logs, and last of all one JSON object.

import { dirname } from "node:path";
import { DefaultArtifactClient } from "@actions/artifact";

const client = new DefaultArtifactClient();
const [action, ...rest] = process.argv.slice(2);

const actions = {
  upload: ([name, root, ...files]) => client.uploadArtifact(name, files, root),
  raw: ([file]) => client.uploadArtifact("ignored", [file], dirname(file), { skipArchive: true }),
  list: () => client.listArtifacts(),
  download: ([id, path, expectedHash]) => client.downloadArtifact(Number(id), { path, expectedHash }),
  fetch: ([id, path, expectedHash]) => {
    const { TOKEN: token, GITHUB_REPOSITORY: repository } = process.env;
    const [repositoryOwner, repositoryName] = repository.split("/");
    const findBy = { token, workflowRunId: Number(process.env.GITHUB_RUN_ID), repositoryOwner, repositoryName };
    return client.downloadArtifact(Number(id), { path, expectedHash, findBy });
  },
};

actions[action](rest).then(
  (seen) => console.log(`\n${JSON.stringify(seen ?? {})}`),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
