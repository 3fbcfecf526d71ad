// Feeds risks to the page's own verdict (web/src/shield/verdict.ts). In: a JSON list of lists of risks. Out: for each list
// at which frame it cleared, and how often it was covered again.

import { readFileSync } from "node:fs";

import { judge, UNSEEN } from "../web/src/shield/verdict.ts";

const FIRST_MS = 300;
const LATER_MS = 1_000;

function run(risks) {
  let [verdict, at, cleared, again, unjudged] = [UNSEEN, 0, null, 0, 0];
  for (const [n, risk] of risks.entries()) {
    const before = verdict.covered;
    verdict = judge(verdict, risk, at);
    at += verdict.covered ? FIRST_MS : LATER_MS;
    if (cleared === null && risk === null) unjudged++;
    if (before && !verdict.covered) cleared ??= n + 1;
    if (!before && verdict.covered) again++;
  }
  return { cleared, judged: cleared === null ? null : cleared - unjudged, again };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(run)));
