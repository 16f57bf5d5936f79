// GitHub's own language service on workflows and on action.yml.
//
// Arguments: our action.yml, then the files to judge. Standard output: a line a finding, nothing when all is well.
// Steps that use `…/release-action` are held to the inputs that our action.yml declares.

import { readFileSync } from "node:fs";
import { validate } from "@actions/languageservice";
import { parse } from "yaml";

const [ourAction, ...files] = process.argv.slice(2);

// Of other people's actions nothing is known here, so their inputs are not judged.
const actionsMetadataProvider = {
  fetchActionMetadata: async ({ name }) =>
    name === "release-action" ? parse(readFileSync(ourAction, "utf8")) : { name, description: "" },
};

const severities = ["", "error", "warning", "information", "hint"];

async function judge(file) {
  const text = readFileSync(file, "utf8");
  const found = await validate(
    { uri: `file://${file}`, languageId: "yaml", version: 1, getText: () => text, ...positions(text) },
    { actionsMetadataProvider },
  );
  for (const { message, range, severity } of found) {
    console.log(`${file}:${range.start.line + 1}: ${severities[severity ?? 1]}: ${message}`);
  }
}

// What the service needs of an editor's document beside its text.
function positions(text) {
  const lines = text.split("\n");
  const starts = lines.reduce((all, line) => [...all, all.at(-1) + line.length + 1], [0]);
  return {
    lineCount: lines.length,
    offsetAt: ({ line, character }) => starts[line] + character,
    positionAt: (offset) => {
      const line = starts.findLastIndex((start) => start <= offset);
      return { line, character: offset - starts[line] };
    },
  };
}

async function main() {
  for (const file of files) await judge(file);
}

main();
