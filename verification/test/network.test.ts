/** The network sweep: its judge on rounds known to be bad, its framers, and that it finds what is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reply, Sighting } from "../src/chaos/client.ts";
import type { Leg } from "../src/chaos/ground.ts";
import type { Effect, Entry } from "../src/chaos/ledger.ts";
import type { Break } from "../src/network/broken.ts";
import { type Cell, cellsOf, type Selection, STORES, sampleOf } from "../src/network/cell.ts";
import { isTwiceTheLimit, likeStopped } from "../src/network/expectation.ts";
import { createFramer, type Framer, framersFor } from "../src/network/framer.ts";
import { judge } from "../src/network/judge.ts";
import { sweep } from "../src/network/network.ts";
import type { Observation } from "../src/network/observation.ts";
import { network } from "../src/network/program.ts";
import { redisReplies } from "../src/network/redis-framer.ts";
import { routeOf } from "../src/network/route.ts";
import { unseenOf } from "../src/network/unseen.ts";

const ROUND = "round";
const NOTED = { round: ROUND, pid: 1 };

const effect = (change: Partial<Effect> = {}): Effect => ({
  ...{ ...NOTED, what: "effect", at: 2, guest: "ann", amount: 5 },
  ...{ token: 1, attempt: 1, derived: "d", ...change },
});
const kept = (token: number, at = 3): Entry => ({ ...NOTED, what: "kept", token, at });
const legs = (token: number, guest = "ann"): Leg[] => [
  { round: ROUND, guest, token, leg: "debit" },
  { round: ROUND, guest, token, leg: "credit" },
];
const answer = ({ token = 1, guest = "ann", replayed = true } = {}): Reply => {
  const body = JSON.stringify({ guest, token });
  return { kind: "answer", status: 201, bytes: `201\n\n${body}`, body, replayed };
};
const problem = (code: string, retryAfter = false): Reply => ({
  ...{ kind: "problem", status: 409, code: `idempotency_${code}`, retryAfter },
});
const seen = (reply: Reply, at = 10): Sighting => ({ reply, sentAt: at - 1, at });
const OWN = seen(answer({ replayed: false }));

const COMMITTED = { step: "commit", side: "reply", at: "before" } as const;
const CUT = { step: "commit", side: "request", at: "middle" } as const;
const NOT_CLAIMED = { step: "claim", side: "request", at: "before", reach: "outage" } as const;

function good(cell: Selection = {}, first: Sighting = OWN): Observation {
  const whole: Cell = {
    ...{ store: "postgres", mode: "unrepeatable", step: "complete", side: "request" },
    ...{ at: "before", fault: "reset", reach: "connection", ...cell },
  };
  const round = {
    ...{ cell: likeStopped(whole), round: ROUND, guest: "ann", amount: 5 },
    sightings: [first, seen(answer())],
    finals: [answer(), answer()],
    entries: [
      ...[{ ...NOTED, what: "hit", at: 1 } as const, effect(), kept(1)],
      ...[effect({ guest: "bob", token: 9 }), kept(9)],
    ],
    legs: [...legs(1), ...legs(9, "bob")],
    stranger: { guest: "bob", reply: answer({ guest: "bob", token: 9, replayed: false }) },
    mismatch: { amount: 1_005, reply: problem("conflict") },
    ...{ settling: undefined, healedAt: 20 },
  };
  return { cell: whole, round, struckAt: 1, first, witnessed: [seen(answer())], isMissed: false };
}

const within = (observation: Observation, change: Partial<Observation["round"]>): Observation => ({
  ...observation,
  round: { ...observation.round, ...change },
});
const withEntries = (observation: Observation, ...more: Entry[]): Observation =>
  within(observation, { entries: [...observation.round.entries, ...more] });
const properties = (observation: Observation) =>
  judge(observation).violations.map((what) => what.slice(0, what.indexOf(":")));

test("A round in which all went well is acquitted, in every mode", () => {
  for (const mode of ["unrepeatable", "repeatable", "deduplicated", "transactional"] as const) {
    const judgement = judge(good({ mode }));
    assert.deepEqual(judgement, { effects: 1, runs: 1, disturbed: false, violations: [] }, mode);
  }
});

test("A second effect is found, and half of one, although every answer is the same", () => {
  const second = effect({ token: 2, attempt: 2, derived: "other" });
  for (const mode of ["unrepeatable", "repeatable", "deduplicated"] as const) {
    assert.deepEqual(properties(withEntries(good({ mode }), second)), ["G1"], mode);
  }
  const transactional = good({ mode: "transactional" });
  const rows = transactional.round.legs;
  assert.deepEqual(properties(within(transactional, { legs: [...rows, ...legs(1)] })), ["G1"]);
  assert.deepEqual(properties(within(transactional, { legs: rows.slice(1) })), ["G1"]);
});

test("A second effect is the limit only where the owner was cut off for as long as a lease", () => {
  const second = effect({ token: 2, attempt: 2 });
  const cut = { mode: "repeatable", reach: "outage", fault: "hole" } as const;
  assert.deepEqual(properties(withEntries(good(cut), second)), []);
  const third = effect({ token: 3, attempt: 3 });
  assert.deepEqual(properties(withEntries(good(cut), second, third)), ["G1"]);
  const refused = seen(problem("store_unavailable", true));
  const unclaimed = good({ mode: "repeatable", ...NOT_CLAIMED }, refused);
  assert.deepEqual(properties(withEntries(unclaimed, second)), ["G1"]);
});

test("A caller that is never answered is found", () => {
  assert.deepEqual(properties(good({}, seen({ kind: "cut" }))), ["P-105"]);
});

test("Who could not claim, and is told anything but to come again, is found", () => {
  const told = (reply: Reply) => properties(good(NOT_CLAIMED, seen(reply)));
  assert.deepEqual(told(problem("store_unavailable", true)), []);
  assert.deepEqual(told(problem("store_unavailable")), ["P-105"]);
  assert.deepEqual(told(problem("in_flight", true)), ["P-105"]);
  assert.deepEqual(told(answer({ replayed: false })), ["P-105"]);
});

test("A key that is blocked for long after its owner was cut off is found", () => {
  const observation = good();
  const late = { ...observation, witnessed: [seen(problem("in_flight")), seen(answer(), 60_000)] };
  assert.deepEqual(properties(late), ["G7"]);
  assert.deepEqual(properties({ ...observation, witnessed: [] }), ["G7"]);
});

test("Doubt that is not listed is found", () => {
  assert.deepEqual(properties({ ...good(), isMissed: true }), ["G8"]);
});

test("A COMMIT that went through is not run again, and is not lost", () => {
  const committed = good({ mode: "transactional", ...COMMITTED });
  assert.deepEqual(properties(committed), []);
  const again = withEntries(committed, effect({ token: 2 }), kept(2));
  assert.ok(properties(again).includes("P-111"));
  const lost = within(committed, { legs: legs(9, "bob") });
  assert.ok(properties(lost).includes("G2"));
});

test("A COMMIT that was cut in its middle leaves nothing behind, and another run has the effect", () => {
  const cut = good({ mode: "transactional", ...CUT }, seen(problem("not_recorded", true)));
  const next = effect({ token: 2 });
  const rows = [...legs(2), ...legs(9, "bob")];
  const replies = { finals: [answer({ token: 2 }), answer({ token: 2 })] };
  const sightings = [cut.first, seen(answer({ token: 2 }))];
  const entries = [...cut.round.entries.filter(({ what }) => what !== "kept"), kept(2), kept(9)];
  const fine = within(cut, {
    ...{ ...replies, sightings, legs: rows, entries: [...entries, next] },
  });
  assert.deepEqual(properties(fine), []);
  assert.ok(properties(within(fine, { legs: [...legs(1), ...rows] })).includes("G1"));
});

test("What the other judge sees is seen here: answers, scopes, mismatches, owners, order", () => {
  const observation = good();
  const other: Reply = { ...answer(), bytes: "201\nLink: other" } as Reply;
  const { entries } = observation.round;
  const cases: readonly (readonly [property: string, Partial<Observation["round"]>])[] = [
    ["G3", { finals: [answer(), other] }],
    ["G4", { stranger: { guest: "bob", reply: answer() } }],
    ["G5", { mismatch: { amount: 1_005, reply: answer() } }],
    ["G6", { entries: entries.filter(({ what }) => what !== "kept") }],
    ["G8", { finals: [answer(), problem("outcome_unknown")] }],
    ["G10", { entries: [...entries, effect({ guest: "ann" })] }],
    ["harness", { entries: entries.filter(({ what }) => what !== "hit") }],
  ];
  for (const [property, change] of cases) {
    assert.ok(properties(within(observation, change)).includes(property), property);
  }
});

test("A run that never came where it must have been says so", () => {
  assert.ok(unseenOf([]).length > 5);
});

/** A stream is cut at the same places, however it arrives. */
function cutsOf(framer: () => Framer, bytes: Buffer): readonly string[] {
  const whole = framer().push(bytes);
  const slow = framer();
  const single = [...bytes].flatMap((byte) => slow.push(Buffer.of(byte)));
  const strings = (list: typeof whole) => list.map(({ bytes }) => bytes.toString("latin1"));
  assert.deepEqual(strings(single), strings(whole));
  return whole.map(({ what }) => what);
}

test("Redis's stream is cut into its commands and replies, byte by byte or at once", () => {
  const sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
  const commands = `*2\r\n$4\r\nINFO\r\n$0\r\n\r\n*3\r\n$7\r\nevalsha\r\n$40\r\n${sha}\r\n$1\r\n0\r\n`;
  assert.deepEqual(
    cutsOf(() => framersFor("redis").request, Buffer.from(commands)),
    ["info", `script ${sha}`],
  );
  const replies = ["+OK\r\n", "$-1\r\n", "*-1\r\n", "*2\r\n*1\r\n:1\r\n$2\r\n\r\n\r\n", "-ERR\r\n"];
  const framer = createFramer(redisReplies());
  const found = framer.push(Buffer.from(replies.join("")));
  assert.deepEqual(
    found.map(({ bytes }) => bytes.toString()),
    replies,
  );
});

test("A script has one name, whether it is sent whole or by its digest", () => {
  const request = (words: readonly string[]) =>
    Buffer.from(
      `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`,
    );
  const names = [
    ["EVAL", "return 1", "0"],
    ["evalsha", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"],
  ].flatMap((words) => cutsOf(() => framersFor("redis").request, request(words)));
  assert.equal(new Set(names).size, 1);
});

test("Postgres's stream is cut at Sync and Query, and what was prepared keeps its name", () => {
  const part = (letter: string, body: string) => {
    const head = Buffer.alloc(5);
    head.write(letter);
    head.writeUInt32BE(body.length + 4, 1);
    return Buffer.concat([head, Buffer.from(body, "latin1")]);
  };
  const greeting = part("?", "\0\x03\0\0user\0x\0\0").subarray(1);
  const bind = [part("B", "\0claim\0rest"), part("E", "\0"), part("S", "")];
  const parse = part("P", "claim\0INSERT INTO a\0\0\0");
  const stream = [greeting, parse, ...bind, part("Q", "BEGIN\0"), ...bind, part("X", "")];
  const names = cutsOf(() => framersFor("postgres").request, Buffer.concat(stream));
  assert.deepEqual(
    names.map((name) => name.split(" ")[0]),
    ["greeting", "insert", "begin", "insert", "farewell"],
  );
  assert.equal(names[1], names[3]);
});

test("The way of a request is learned from two, or not at all", () => {
  const route = routeOf("unrepeatable", ["c", "k"], ["c", "r", "r", "k", "r"]);
  assert.equal(route?.get("renew")?.what, "r");
  assert.equal(route?.get("complete")?.what, "k");
  const legs = routeOf("transactional", ["c", "b", "i", "i", "s", "m"], ["c", "b", "r", "i", "m"]);
  assert.deepEqual(legs?.get("credit"), { what: "i", nth: 2 });
  // Not renewed; renewed when it should not be; something else as well.
  assert.equal(routeOf("unrepeatable", ["c", "k"], ["c", "k"]), undefined);
  assert.equal(routeOf("unrepeatable", ["c", "r", "k"], ["c", "r", "k"]), undefined);
  assert.equal(routeOf("unrepeatable", ["c", "k"], ["c", "r", "x", "k"]), undefined);
});

test("A sample meets every step of every store and mode, and the limit, whatever its seed", () => {
  const all = cellsOf();
  for (const seed of [1, 2, 3, 4, 5]) {
    const sample = sampleOf(all, seed);
    assert.ok(sample.length * 10 < all.length);
    const met = (cells: readonly Cell[]) =>
      new Set(cells.map(({ store, mode, step }) => `${store} ${mode} ${step}`)).size;
    assert.equal(met(sample), met(all));
    assert.equal(sample.filter(isTwiceTheLimit).length >= STORES.length, true);
  }
});

const WRONG: readonly (Selection & { says: string; how: Break; property: RegExp })[] = [
  {
    // Not over Redis: ioredis sends what was not answered once more by itself, nonce and all.
    says: "A claim that forgets its nonce is found: with its reply lost it bars itself",
    ...{ how: "nonce", property: /G8/, store: "postgres", mode: "unrepeatable" },
    ...{ step: "claim", side: "reply", at: "before", fault: "reset", reach: "connection" },
  },
  {
    says: "A store that takes a COMMIT without an answer for one that went through is found",
    ...{ how: "commit", property: /G3|G10/, store: "postgres", mode: "transactional" },
    ...{ step: "commit", side: "request", at: "middle", fault: "reset", reach: "connection" },
  },
  {
    says: "An application that runs without its store is found",
    ...{ how: "open", property: /P-105/, store: "redis", mode: "unrepeatable" },
    ...{ step: "claim", side: "request", at: "before", fault: "hole", reach: "outage" },
  },
];

for (const { says, how, property, ...selection } of WRONG) {
  test(says, async () => {
    const [cell] = await sweep({ selection, seed: 7, broken: how });
    assert.match(cell?.violations.join("\n") ?? "", property);
    assert.match(cell?.command ?? "", /^npm run verify -- --only network --store .* --seed 7$/);
  });
}

test("A sample holds, and has seen all that a run has to see", async () => {
  const { holds, limits, sections } = await network.run(["--sample"]);
  assert.ok(holds);
  assert.equal(limits.length, 5);
  assert.equal(sections.length, 3);
});

test("A single cell runs alone, and help plays nothing", async () => {
  const cell = "--store redis --mode repeatable --step claim --side request --at middle";
  const { holds, summary } = await network.run(
    `${cell} --fault reset --reach connection --seed 3`.split(" "),
  );
  assert.ok(holds);
  assert.match(summary, /^1 cells, 1 rounds, 0 violations/);
  assert.equal((await network.run(["--help"])).sections.length, 0);
  await assert.rejects(network.run(["--step", "nowhere"]), /--step/);
});
