/** The sweep of the system calls: its judge, its reader of traces, and the whole of it in small. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { emptyPlace } from "local-servers/place";
import type { Reply } from "../src/chaos/client.ts";
import type { Leg } from "../src/chaos/ground.ts";
import type { Effect } from "../src/chaos/ledger.ts";
import type { Brim } from "../src/syscalls/brim.ts";
import { CALLS, type Census, cellsOf, FAULTS, MODES, type Mode } from "../src/syscalls/cell.ts";
import { playDrill } from "../src/syscalls/drill.ts";
import { judge } from "../src/syscalls/judge.ts";
import type { Observation, Settling } from "../src/syscalls/observation.ts";
import { syscalls } from "../src/syscalls/program.ts";
import { straceArguments } from "../src/syscalls/strace.ts";
import { sweep } from "../src/syscalls/sweep.ts";
import { missingIn, outcomeOf } from "../src/syscalls/told.ts";
import { censusOf, parseTrace, unsafeIn } from "../src/syscalls/trace.ts";

const OWNER = 1;
const HEIR = 2;
const ROUND = "only";

const effect = (change: Partial<Effect> = {}): Effect => ({
  ...{ what: "effect", round: ROUND, pid: OWNER, at: 1, guest: "ann", amount: 5 },
  ...{ token: 1, attempt: 1, derived: "d", ...change },
});
const second = effect({ pid: HEIR, token: 2, attempt: 2 });
const leg = (side: Leg["leg"], token = 1): Leg => ({
  ...{ round: ROUND, guest: "ann", token, leg: side },
});
const LEGS = [leg("debit"), leg("credit")];

function answer(token = 1, replayed = true): Reply {
  const body = JSON.stringify({ token });
  return { kind: "answer", status: 201, bytes: `201\n\n${body}`, body, replayed };
}
const problem = (code: string, status = 503, retryAfter = true): Reply => ({
  ...{ kind: "problem", status, code: `idempotency_${code}`, retryAfter },
});
const REFUSED = problem("store_unavailable");
const NOT_RECORDED = problem("not_recorded");
const IN_DOUBT = problem("outcome_unknown", 409);
const CUT: Reply = { kind: "cut" };

/** The owner met an error, and answered all the same. */
function fine(mode: Mode, change: Partial<Observation> = {}): Observation {
  return {
    ...{ mode, isStruck: true, isKilled: false, isAlive: true, ownerPid: OWNER },
    ...{ reply: answer(1, false), look: answer(), legsThen: LEGS, legs: LEGS },
    ...{ finals: [answer(), answer()], settling: undefined, entries: [effect()], damage: [] },
    ...change,
  };
}

/** The owner was killed, and somebody else ran after it. */
const followed = (mode: Mode, change: Partial<Observation> = {}): Observation =>
  fine(mode, {
    ...{ isKilled: true, isAlive: false, reply: CUT, look: answer(2, false), legsThen: [] },
    ...{ finals: [answer(2), answer(2)], entries: [effect(), second] },
    ...{ legs: [leg("debit", 2), leg("credit", 2)], ...change },
  });

const broken = (observation: Observation): readonly string[] => [
  ...new Set(judge(observation).violations.map((what) => what.slice(0, what.indexOf(":")))),
];

test("A key with which all went well is acquitted in every mode", () => {
  for (const mode of MODES) assert.deepEqual(broken(fine(mode)), [], mode);
});

test("A second effect is found, and is the limit only where the owner of a repeatable one died", () => {
  assert.deepEqual(broken(followed("repeatable")), []);
  assert.ok(judge(followed("repeatable")).sights.includes("a second effect of a repeatable key"));
  assert.deepEqual(broken(followed("deduplicated")), []);
  assert.deepEqual(broken(followed("transactional")), []);
  assert.deepEqual(broken(followed("unrepeatable")), ["G1"]);
  const entries = [effect(), second];
  for (const mode of ["unrepeatable", "repeatable"] as const) {
    assert.deepEqual(broken(fine(mode, { entries })), ["G1"], mode);
  }
  const others = [effect(), effect({ pid: HEIR, token: 2, derived: "other" })];
  assert.deepEqual(broken(followed("deduplicated", { entries: others })), ["G1"]);
  const twice = [...LEGS, leg("debit", 2), leg("credit", 2)];
  assert.deepEqual(broken(followed("transactional", { legs: twice })), ["G1"]);
  const third = [effect(), second, effect({ pid: HEIR, token: 3 })];
  assert.deepEqual(broken(followed("repeatable", { entries: third })), ["G1"]);
});

test("Half an effect is found, whether it stayed or somebody could see it for a moment", () => {
  const half = [leg("debit")];
  assert.deepEqual(broken(fine("transactional", { legsThen: half })), ["G1"]);
  assert.ok(broken(fine("transactional", { legs: half })).includes("G1"));
});

test("An effect that never happened is found", () => {
  const legs: readonly Leg[] = [];
  assert.ok(broken(fine("transactional", { legs })).includes("G2"));
  const never = { entries: [], reply: REFUSED, finals: [IN_DOUBT, IN_DOUBT] };
  assert.ok(broken(fine("unrepeatable", never)).includes("G2"));
});

test("A claim that was refused and ran all the same is found", () => {
  const refused = { reply: REFUSED, look: answer(2, false), finals: [answer(2), answer(2)] };
  const entries = [effect({ pid: HEIR, token: 2 })];
  assert.deepEqual(broken(fine("unrepeatable", { ...refused, entries })), []);
  const ran = [effect(), effect({ pid: HEIR, token: 2 })];
  assert.ok(broken(fine("deduplicated", { ...refused, entries: ran })).includes("P-105"));
});

test("What was said not to be recorded must have run", () => {
  assert.deepEqual(broken(fine("unrepeatable", { reply: NOT_RECORDED })), []);
  const entries = [effect({ pid: HEIR })];
  assert.deepEqual(broken(fine("unrepeatable", { reply: NOT_RECORDED, entries })), ["P-109"]);
});

test("An owner that dies of an error, or says nothing, or something else, is found", () => {
  assert.deepEqual(broken(fine("repeatable", { reply: CUT, isAlive: false })), ["P-105"]);
  assert.deepEqual(broken(fine("repeatable", { reply: CUT })), ["P-105"]);
  assert.deepEqual(broken(fine("repeatable", { reply: problem("in_flight", 409) })), ["P-105"]);
  const hasty = problem("not_recorded", 503, false);
  assert.deepEqual(broken(fine("repeatable", { reply: hasty })), ["P-105"]);
});

test("An answer that was lost afterwards is found", () => {
  const look = problem("in_flight", 409);
  assert.deepEqual(broken(fine("repeatable", { look })), ["G6"]);
  assert.deepEqual(broken(fine("repeatable", { look: answer(1, false) })), ["G6"]);
  assert.deepEqual(broken(fine("transactional", { legsThen: [] })), ["G6"]);
});

test("Two answers for one key, or one of an attempt that came to nothing, are found", () => {
  const entries = [effect(), effect({ pid: HEIR, token: 2 })];
  const finals = [answer(1), answer(2)];
  assert.deepEqual(broken(fine("deduplicated", { entries, finals })), ["G3"]);
  const foreign = {
    reply: CUT,
    isKilled: true,
    isAlive: false,
    look: answer(7),
    finals: [answer(7)],
  };
  assert.deepEqual(broken(fine("deduplicated", foreign)), ["G10"]);
  const rolledBack = followed("transactional", { look: answer(1), finals: [answer(1)] });
  assert.deepEqual(broken(rolledBack), ["G10"]);
});

test("A key that never comes to an end is found, and doubt is an end of unrepeatable ones alone", () => {
  const open = problem("in_flight", 409);
  for (const mode of MODES) {
    const stuck = fine(mode, { reply: NOT_RECORDED, look: open, finals: [open, open] });
    assert.deepEqual(broken(stuck), ["G7"], mode);
  }
  const doubt = { reply: NOT_RECORDED, look: IN_DOUBT, finals: [IN_DOUBT, IN_DOUBT] };
  assert.deepEqual(broken(fine("repeatable", doubt)), ["G7"]);
  assert.deepEqual(broken(fine("unrepeatable", { ...doubt, finals: [IN_DOUBT, open] })), ["G7"]);
});

test("Doubt that is not listed, not settled, or not answered as settled is found", () => {
  const body = "{}";
  const settled: Reply = { kind: "answer", status: 200, bytes: "200", body, replayed: true };
  const right: Settling = { isListed: true, happened: true, isSettled: true, body, reply: settled };
  const of = (change: Partial<Settling>) =>
    broken(
      fine("unrepeatable", {
        ...{ reply: NOT_RECORDED, look: IN_DOUBT, finals: [IN_DOUBT, IN_DOUBT] },
        settling: { ...right, ...change },
      }),
    );
  assert.deepEqual(of({}), []);
  assert.deepEqual(of({ isListed: false }), ["G8"]);
  assert.deepEqual(of({ isSettled: false }), ["G8"]);
  assert.deepEqual(of({ reply: IN_DOUBT }), ["G8"]);
  assert.deepEqual(of({ happened: false }), ["G8"]);
});

test("A file that is damaged, and a fault that never struck, are found", () => {
  assert.deepEqual(broken(fine("repeatable", { damage: ["row 1 missing"] })), ["file"]);
  assert.deepEqual(broken(fine("repeatable", { isStruck: false })), ["harness"]);
  assert.deepEqual(broken(fine("repeatable", { finals: [] })), ["harness"]);
});

const TRACE = `
7 pread64(3</d/oncekey.db>, ""..., 4096, 0) = 4096
7 access("/m/ready", F_OK) = 0
7 pwrite64(4</d/oncekey.db-wal>, ""..., 4096, 56) = 4096
7 fsync(4</d/oncekey.db-wal>) = 0
7 write(5</l/ledger>, ""..., 9) = 9
7 fsync(5</l/ledger>) = 0
7 pwrite64(4</d/oncekey.db-wal>, ""..., 4096, 4152 <unfinished ...>
8 +++ exited with 0 +++
7 <... pwrite64 resumed>) = -1 EIO (Input/output error) (INJECTED)
7 fsync(4</d/oncekey.db-wal>) = ?
7 access("/m/answering", F_OK) = 0
`;

test("A trace is read: what was called on what, what was struck, and what belongs to a request", () => {
  const struck = parseTrace(TRACE).filter(({ isStruck }) => isStruck);
  assert.deepEqual(
    struck.map(({ name, file }) => `${name} ${file}`),
    ["pwrite64 oncekey.db-wal", "fsync oncekey.db-wal"],
  );
  const census = censusOf(parseTrace(TRACE), "ledger");
  assert.deepEqual(census.pwrite64, { all: 2, claim: 1 });
  assert.deepEqual(census.fsync, { all: 2, claim: 1 });
  assert.deepEqual(census.pread64, { all: 0, claim: 0 });
});

test("A log that was not on the disk when somebody acted on it is found in the trace", () => {
  const of = (text: string) => unsafeIn(parseTrace(text), "ledger");
  assert.deepEqual(of(TRACE), []);
  const lines = TRACE.split("\n");
  const without = (line: number) => lines.filter((_, index) => index !== line).join("\n");
  assert.deepEqual(of(without(4)), ["the claim was acted upon before it was synced"]);
  assert.deepEqual(of(without(10)), ["the result was acted upon before it was synced"]);
  assert.deepEqual(of(without(7)), ["the result was acted upon before it was written"]);
  assert.equal(of(without(11)).length, 1);
});

test("strace hits the calls on the named files alone, and SIGKILL comes in place of the call", () => {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-strace-"));
  try {
    const [named, other] = [join(folder, "named"), join(folder, "other")];
    const script = join(folder, "script.mjs");
    const write = (file: string) =>
      `try { writeSync(${file}, "x", 0) } catch (e) { console.log(e.code) }`;
    const steps = ["other", "named", "other", "named", "other", "named"].map(write);
    const open = `const [named, other] = [openSync("${named}", "w"), openSync("${other}", "w")];`;
    writeFileSync(
      script,
      `import { openSync, writeSync } from "node:fs"; ${open} ${steps.join(";")}`,
    );
    const run = (fault: "eio" | "kill", nth: number) => {
      const log = join(folder, "log");
      const args = straceArguments(log, [named], { call: "pwrite64", nth, fault });
      const child = spawnSync("strace", [...args, process.execPath, script], { encoding: "utf8" });
      const calls = parseTrace(readFileSync(log, "utf8")).map(({ isStruck }) => isStruck);
      return { said: child.stdout, signal: child.signal, calls };
    };
    const failed = run("eio", 2);
    assert.deepEqual(failed.calls, [false, true, false]);
    assert.equal(failed.said, "EIO\n");
    const killed = run("kill", 1);
    assert.deepEqual(killed.calls, [true]);
    assert.equal(killed.signal, "SIGKILL");
    assert.equal(readFileSync(named, "utf8"), "", "the call was made");
    assert.equal(readFileSync(other, "utf8"), "x", "killed too soon");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("Each call that a request makes is hit by each fault that it can meet", () => {
  const counts = CALLS.map((call) => [call, { all: 3, claim: 1 }] as const);
  const census = Object.fromEntries(counts) as unknown as Census;
  const cells = cellsOf("transactional", census, {});
  const writes = cells.filter(({ call }) => call === "pwrite64");
  assert.equal(writes.length, 3 * FAULTS.length);
  assert.equal(
    cellsOf("transactional", census, { call: "fsync", nth: 2, fault: "kill" }).length,
    1,
  );
});

test("A run that has not seen what it has to see does not hold", () => {
  const missing = missingIn([]);
  assert.ok(missing.length > 0);
  const run = { watched: [], cells: [], drills: [], seed: 1 };
  assert.equal(outcomeOf({ ...run, missing }).holds, false);
  assert.equal(outcomeOf({ ...run, missing: [] }).holds, true);
});

test("A store that says too early that a result is kept is found where its commit dies", async () => {
  const worker = fileURLToPath(import.meta.resolve("./syscalls-weak-worker.js"));
  const selection = { mode: "unrepeatable", call: "fsync", fault: "kill" } as const;
  const { cells } = await sweep({ selection, seed: 1, worker });
  const found = cells.filter(({ violations }) => violations.some((what) => what.startsWith("G6")));
  assert.ok(found.length > 0);
  for (const { command } of found) assert.match(command, /--only syscalls --mode unrepeatable/);
});

test("A store that was told to be full, and has room, proves nothing, and the drill says so", async () => {
  const { address, stop } = await emptyPlace("sqlite");
  const nothing = async () => {};
  const brim: Brim = {
    ...{ store: "sqlite", address, fill: nothing, relieve: nothing, stop },
    damage: () => [],
  };
  try {
    const cell = { drill: "sqlite-full", mode: "unrepeatable", at: "claim" } as const;
    const { violations } = await playDrill(brim, cell);
    assert.ok(violations.includes("harness: the fault never struck"));
    assert.ok(violations.some((what) => what.startsWith("P-109")));
  } finally {
    await stop();
  }
});

test("A sample of the sweep and of the drills holds", async () => {
  const outcome = await syscalls.run(["--sample"]);
  assert.ok(outcome.holds, outcome.summary);
  assert.deepEqual(
    outcome.sections.map(({ title }) => title),
    ["SQLite, hit at each system call", "What became of those keys", "Stores that run full"],
  );
  assert.ok(outcome.limits.length >= 2);
});
