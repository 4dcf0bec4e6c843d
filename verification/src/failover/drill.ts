/** One failover: a fresh pair, its script, the death of the primary, and what everybody says then. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { IdempotencyRecord } from "oncekey";
import type { Reply } from "../chaos/client.ts";
import { readLedger } from "../chaos/ledger.ts";
import { mixed, type Random, seeded } from "../simulator/random.ts";
import { startApplication } from "./applications.ts";
import type { Breakage } from "./broken.ts";
import { type Drill, DURABILITIES, SCENARIOS } from "./cell.ts";
import { openFolder } from "./children.ts";
import { expectationOf } from "./expectation.ts";
import type { Observation, Standing } from "./observation.ts";
import { type Follower, openPair, PATIENCE_MS, type Side } from "./pair.ts";
import { recordsOf } from "./records.ts";
import { SCRIPTS } from "./scenario.ts";
import { createStage, isAnswer, type Round, type Stage } from "./stage.ts";
import { until } from "./until.ts";

/** Keys of each mode that one failover meets. */
const KEYS = 3;
/** Ten times what one takes on a machine that is busy. */
const DRILL_MS = 180_000;

export interface DrillOptions {
  readonly seed: number;
  /** The how many-th failover of this drill. */
  readonly turn: number;
  readonly breakage?: Breakage | undefined;
}

export async function playDrill(
  drill: Drill,
  { seed, turn, breakage }: DrillOptions,
): Promise<readonly Observation[]> {
  const { store, durability, scenario } = drill;
  const random = seeded(
    mixed(seed, DURABILITIES.indexOf(durability), SCENARIOS.indexOf(scenario), turn),
  );
  const folder = openFolder("ledger");
  const path = join(folder.path, "ledger");
  const ledger = readLedger(path);
  const pair = await openPair(store, durability);
  const ended: (() => Promise<void>)[] = [];
  try {
    const settings = { store, durability, address: pair.address, ledger: path, breakage };
    const start = async () => {
      const application = await startApplication(settings);
      ended.push(application.kill);
      return application;
    };
    const [owner, other] = await Promise.all([start(), start()]);
    const rounds = roundsOf(drill, `${seed}-${turn}`, random);
    const stage = createStage({ drill, pair, owner, other, rounds, random }, ledger);
    return await inTime(play(stage));
  } finally {
    await Promise.all(ended.map((end) => end()));
    await pair.stop();
    ledger.close();
    folder.remove();
  }
}

/** A drill that hangs fails by its own name, and its servers are ended. */
async function inTime<Value>(playing: Promise<Value>): Promise<Value> {
  const late = new AbortController();
  try {
    const limit = pause(DRILL_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`A drill was not over after ${DRILL_MS} ms.`);
    });
    limit.catch(() => {});
    return await Promise.race([playing, limit]);
  } finally {
    late.abort();
  }
}

function roundsOf({ scenario, modes }: Drill, run: string, random: Random): readonly Round[] {
  return modes.flatMap((mode) =>
    Array.from({ length: KEYS }, (_, index) => ({
      mode,
      name: `${scenario}-${mode}-${run}-${index}`,
      key: `key-${random.between(1, 1e9)}`,
      amount: random.between(1, 1_000),
      before: [],
      after: [],
    })),
  );
}

async function play(stage: Stage): Promise<readonly Observation[]> {
  const { drill, pair, owner, other } = stage;
  const script = SCRIPTS[drill.scenario];
  const pending = await script.before(stage);
  if (drill.scenario !== "healthy") {
    const isStruck = async () => (await pair.link.swallowed()) > 0;
    await until("the link has swallowed something", PATIENCE_MS, isStruck);
  }
  if (script.ownerDies) await owner.kill();

  // Nobody reaches the old primary any more, and then it dies: no word of it comes late.
  await pair.door.route(undefined);
  const entriesBefore = countByRound(stage);
  stage.turn();
  await pair.kill();
  const promoted = await pair.promote();
  const atPromotion = await recordsOf(promoted.records);
  await pair.open();

  await script.after?.(stage);
  const alive = [owner, other].filter((application) => application.isAlive());
  // What is told before there is a replica again counts as well.
  await Promise.all(alive.map((application) => stage.ask(application)));
  const rejoined = await pair.rejoin?.();
  await pending.answered;
  await Promise.all(alive.map((each) => stage.askUntil(each, isEnd(stage))));
  const finals = await Promise.all(alive.map((application) => stage.ask(application)));
  return observe(stage, { promoted, rejoined, atPromotion, entriesBefore, finals });
}

/** In doubt is an end only where it may be one. */
function isEnd({ drill }: Stage): (reply: Reply, round: Round) => boolean {
  return (reply, { mode }) => {
    if (isAnswer(reply)) return true;
    const isDoubt = reply.kind === "problem" && reply.code === "idempotency_outcome_unknown";
    return isDoubt && expectationOf({ ...drill, mode }).end !== "answered";
  };
}

function countByRound(stage: Stage): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { round } of stage.entries()) counts.set(round, (counts.get(round) ?? 0) + 1);
  return counts;
}

interface Aftermath {
  readonly promoted: Side;
  readonly rejoined: Follower | undefined;
  readonly atPromotion: ReadonlyMap<string, IdempotencyRecord>;
  readonly entriesBefore: ReadonlyMap<string, number>;
  /** What each application says of each key when all is over. */
  readonly finals: readonly ReadonlyMap<string, Reply>[];
}

async function observe(stage: Stage, aftermath: Aftermath): Promise<readonly Observation[]> {
  const { drill, pair, rounds } = stage;
  const { promoted, rejoined, atPromotion, entriesBefore, finals } = aftermath;
  await rejoined?.caughtUp();
  const ending = await recordsOf(promoted.records);
  const copied = rejoined && (await recordsOf(rejoined.records));
  const entries = stage.entries();
  const swallowed = await pair.link.swallowed();
  return Promise.all(
    rounds.map(async ({ mode, name: round, before, after }) => ({
      cell: { ...drill, mode },
      round,
      before,
      after,
      finals: finals.flatMap((replies) => replies.get(round) ?? []),
      entries: entries.filter((entry) => entry.round === round),
      entriesBefore: entriesBefore.get(round) ?? 0,
      legs: mode === "transactional" ? await promoted.legs(round) : [],
      promoted: standingOf(atPromotion.get(round)),
      ending: ending.get(round),
      copy: copied && { record: copied.get(round) },
      swallowed,
    })),
  );
}

function standingOf(record: IdempotencyRecord | undefined): Standing {
  if (record === undefined) return "absent";
  return record.state === "completed" ? "completed" : "unsettled";
}
