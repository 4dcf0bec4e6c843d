/**
 * `npm run compare:clients`: what clients do when somebody clicks more than once, when the work is
 * done and the answer is lost, twice, and how often a browser sends by itself. Prints the tables
 * with the versions that are installed, and fails when a row of oncekey's own is not met.
 */
import { readFileSync } from "node:fs";
import { measureClicks, WAYS } from "./clicks.js";
import { openServer } from "./lossy-server.js";
import { measureResend } from "./resend.js";
import { OTHERS, oncekey } from "./senders.js";

/** @type {readonly import("./lossy-server.js").Loss[]} */
const LOSSES = ["socket dropped", "503"];
/** What is demanded of the last row: three sends under one key, one execution. */
const MUST = { sends: 3, executions: 1, keys: 1, told: "ok" };

/**
 * @param {import("./senders.js").Send} send
 * @param {import("./lossy-server.js").Loss} loss
 * @param {boolean} isGuarded
 */
async function measure(send, loss, isGuarded) {
  const server = await openServer(loss, isGuarded);
  const told = await send(`${server.origin}/orders`).then(
    () => "ok",
    (error) => error?.code ?? error?.name ?? "error",
  );
  const counted = server.counted();
  await server.close();
  return { ...counted, told };
}

/** @param {Awaited<ReturnType<typeof measure>>} cell */
const shown = ({ sends, executions, keys, told }) =>
  `sent ${sends}, executed ${executions}, keys ${keys}, "${told}"`;

/** @param {import("./senders.js").Send} send */
const rowOf = (send, isGuarded = false) =>
  Promise.all(LOSSES.map((loss) => measure(send, loss, isGuarded)));

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const versions = Object.entries(dependencies).filter(([name]) => !name.includes("oncekey"));
console.log(
  `Node ${process.versions.node}; ${versions.map((pair) => pair.join(" ")).join(", ")}\n`,
);

console.log(
  `| POSTs at the server, clicks: | ${Object.keys(WAYS).join(" | ")} |\n|---|---|---|---|---|`,
);
const clicked = await measureClicks();
for (const { name, posts } of clicked) console.log(`| ${name} | ${posts.join(" | ")} |`);
console.log();

const rows = await Promise.all(
  Object.entries(OTHERS).map(async ([name, send]) => ({ name, cells: await rowOf(send) })),
);
const ours = await rowOf(oncekey, true);
console.log(`| the answer is lost twice | ${LOSSES.join(" | ")} |\n|---|---|---|`);
for (const { name, cells } of [...rows, { name: "oncekey, its own server", cells: ours }]) {
  console.log(`| ${name} | ${cells.map(shown).join(" | ")} |`);
}

const resent = await measureResend();
console.log(
  `\nChromium ${resent.version} sends again by itself, on a reused connection that drops`,
);
console.log("| | server | sent | executed | told |\n|---|---|---|---|---|");
for (const { way, isGuarded, sends, executions, told } of resent.rows) {
  const server = isGuarded ? "oncekey" : "ignores keys";
  console.log(`| ${way} | ${server} | ${sends} | ${executions} | ${told} |`);
}

const missed = ours
  .filter((cell) => JSON.stringify(cell) !== JSON.stringify(MUST))
  .map((cell) => `oncekey must be: ${shown(MUST)}; it was: ${shown(cell)}`);
const twice = resent.rows
  .filter(({ isGuarded, executions, told }) => isGuarded && (executions !== 1 || told !== "done"))
  .map(({ way, executions, told }) => `${way}: executed ${executions}, told "${told}"`);
const clickedTwice = clicked
  .filter(({ isOurs, posts }) => isOurs && posts.some((count) => count !== 1))
  .map(({ name, posts }) => `${name} must send once, however it is clicked; it was: ${posts}`);
const complaints = [...clickedTwice, ...missed, ...twice];
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
