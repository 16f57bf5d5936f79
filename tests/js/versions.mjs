// What npm's own library makes of versions.
//
// Argument: a JSON file with a list of `[version, step, kind]`; the kind may be null. Printed: a JSON list with the next
// version of each, or null where there is none. A kind begins with the number 1.

import { readFileSync } from "node:fs";
import semver from "semver";

const next = ([version, step, kind]) => {
  try {
    return semver.inc(version, step, {}, kind ?? undefined, "1");
  } catch {
    return null;
  }
};

console.log(JSON.stringify(JSON.parse(readFileSync(process.argv[2], "utf8")).map(next)));
