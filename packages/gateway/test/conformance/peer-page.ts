/**
 * The page about a peer, made from a run of the suite. By itself this writes the page; the test
 * holds the page that is there to a run of its own.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readDescription } from "../../src/conformance/description.ts";
import { type Finding, type Report, tally } from "../../src/conformance/report.ts";
import { run } from "../../src/conformance/run.ts";
import { PEER_DESCRIPTION, servePeer } from "./peer-server.ts";

export const PAGE: string = join(
  import.meta.dirname,
  "../../../../../docs/conformance-of-a-peer.md",
);

export async function peerPage(): Promise<string> {
  const serving = await servePeer();
  try {
    return pageOf(await run(readDescription(serving.url, PEER_DESCRIPTION)));
  } finally {
    await serving.close();
  }
}

function pageOf({ document, findings }: Report): string {
  const failed = findings.filter(({ outcome }) => outcome.kind === "fail");
  const [must, should] = [tally(findings, "MUST"), tally(findings, "SHOULD")];
  return [
    `# A peer under the suite: express-idempotency ${versionOf("express-idempotency")}`,
    "",
    `What [\`oncekey conformance\`](conformance-url.md) finds at \`express-idempotency\`, mounted behind`,
    "Express as its README has it. Its records are in the memory of one process, so that no time passes",
    "between a look-up and a write: what a race does over a database is not seen here. This page is made by",
    "a run, and a test holds it to one.",
    "",
    `Held to: ${document} (\`--profile draft\`).`,
    "",
    "| level | passed | failed | not applicable |",
    "|---|---|---|---|",
    ...[must, should].map(
      ({ passed, failed: broken, notApplicable }, index) =>
        `| ${index === 0 ? "MUST" : "SHOULD"} | ${passed} | ${broken} | ${notApplicable} |`,
    ),
    "",
    "## Every requirement",
    "",
    "| id | level | requirement | outcome |",
    "|---|---|---|---|",
    ...findings.map(row),
    "",
    "## What came instead",
    "",
    ...failed.flatMap(details),
  ].join("\n");
}

const row = ({ id, level, title, outcome }: Finding): string => {
  const word = { pass: "pass", fail: "**fail**", "not-applicable": "n.a." }[outcome.kind];
  const reason = outcome.kind === "not-applicable" ? `: ${outcome.reason}` : "";
  return `| ${id} | ${level} | ${title} | ${word}${reason} |`;
};

function details({ id, level, title, outcome }: Finding): string[] {
  if (outcome.kind !== "fail") return [];
  const { sent, expected, got } = outcome.failure;
  return [
    `**${id}, ${level}: ${title}.**`,
    "",
    "```",
    ...sent.map((line) => `sent      ${line}`),
    `expected  ${expected}`,
    `got       ${got}`,
    "```",
    "",
  ];
}

function versionOf(name: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return version;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(PAGE, await peerPage());
}
