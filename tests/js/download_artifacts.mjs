// Downloads all artifacts of a run with the client that GitHub publishes, as many at a time as its action does.
import { DefaultArtifactClient } from "@actions/artifact";

const AT_ONCE = 5;

async function main() {
  const [folder, repository, run] = process.argv.slice(2);
  const [repositoryOwner, repositoryName] = repository.split("/");
  const findBy = { token: "ghs_of_the_benchmark", workflowRunId: Number(run), repositoryOwner, repositoryName };
  const client = new DefaultArtifactClient();
  const { artifacts } = await client.listArtifacts({ findBy });
  const left = [...artifacts];
  const work = async () => {
    for (let one = left.shift(); one; one = left.shift()) {
      const options = { findBy, path: `${folder}/${one.name}`, expectedHash: one.digest };
      const { digestMismatch } = await client.downloadArtifact(one.id, options);
      if (digestMismatch) throw new Error(`${one.name} is not what was stated`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
