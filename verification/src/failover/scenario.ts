/** The scripts: what happens to each pair before its primary dies and, of one owner, after that. */
import { setTimeout as pause } from "node:timers/promises";
import type { Scenario } from "./cell.ts";
import { PATIENCE_MS } from "./pair.ts";
import { isAnswer, type Stage } from "./stage.ts";
import { until } from "./until.ts";

export interface Script {
  /** All that comes before the primary dies. What it returns ends when its caller has been told. */
  before(stage: Stage): Promise<Pending>;
  /** Whether the owner's process dies with the primary, or before it. */
  readonly ownerDies: boolean;
  /** What comes when the applications have been led to the promoted server. */
  after?(stage: Stage): Promise<void>;
}

/** A request whose answer comes later than the failover, if at all. */
interface Pending {
  readonly answered: Promise<unknown>;
}

const NOTHING_PENDING: Pending = { answered: Promise.resolve() };
/** Nobody waits for a primary to be at rest before it dies. */
const DELAY_MAX_MS = 20;
const CANCEL_MS = 10;
/** Some claims outlast it, and some are given up in it. */
const HOLE_MAX_MS = 600;
/** A replica looks once a second whether it is connected. */
const MENDED_MIN_MS = 1_000;

export const SCRIPTS: Readonly<Record<Scenario, Script>> = {
  healthy: {
    ownerDies: false,
    async before(stage) {
      await stage.askUntil(stage.owner, isAnswer);
      // Where an answer waits for the replica, nothing else must be waited for.
      if (stage.isConfirmed) await pause(stage.random.between(0, DELAY_MAX_MS));
      else await stage.pair.caughtUp();
      return NOTHING_PENDING;
    },
  },

  "before-claim": { ownerDies: false, before: firstInTheHole },

  "before-complete": {
    ownerDies: false,
    async before(stage) {
      const pending = await completeInTheHole(stage);
      if (!stage.isConfirmed) await pending.answered;
      return pending;
    },
  },

  "owner-lost": { ownerDies: true, before: completeInTheHole },

  "caught-up": {
    ownerDies: false,
    async before(stage) {
      const { pair, owner } = stage;
      await firstInTheHole(stage);
      await pair.link.mend();
      if (!stage.isConfirmed) await pair.caughtUp();
      await stage.askUntil(owner, isAnswer);
      return NOTHING_PENDING;
    },
  },

  flickering: {
    ownerDies: false,
    async before({ pair, owner, random, ...stage }) {
      await pair.link.swallow();
      const asked = stage.askUntil(owner, isAnswer);
      let isOver = false;
      void asked.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await pair.link.swallow();
        await pause(random.between(50, HOLE_MAX_MS));
        await pair.link.mend();
        await pause(random.between(MENDED_MIN_MS, 2 * MENDED_MIN_MS));
      }
      await asked;
      return NOTHING_PENDING;
    },
  },

  "stale-owner": {
    ownerDies: false,
    async before(stage) {
      await stage.owner.hold();
      await stage.pair.link.swallow();
      const answered = stage.ask(stage.owner);
      await stage.hasRun();
      return { answered };
    },
    async after(stage) {
      // The newcomer is answered before the stale one goes on: it finds a completed record.
      await stage.askUntil(stage.other, isAnswer);
      await stage.owner.goOn();
    },
  },

  "committed-late": {
    ownerDies: true,
    async before(stage) {
      await firstInTheHole(stage);
      await stage.owner.kill();
      await stage.pair.link.mend();
      await stage.pair.caughtUp();
      return NOTHING_PENDING;
    },
  },

  cancelled: {
    ownerDies: false,
    async before(stage) {
      const { pair, owner } = stage;
      await pair.link.swallow();
      const asked = stage.askUntil(owner, isAnswer);
      let isOver = false;
      const cancelling = (async () => {
        while (!isOver) {
          await pair.cancelWaits();
          await pause(CANCEL_MS);
        }
      })();
      await asked;
      isOver = true;
      await cancelling;
      return NOTHING_PENDING;
    },
  },
};

/** Asked while the link swallows: answered where nobody need confirm, else told to come again. */
async function firstInTheHole({ pair, owner, isConfirmed, ...stage }: Stage): Promise<Pending> {
  await pair.link.swallow();
  if (isConfirmed) await stage.ask(owner);
  else await stage.askUntil(owner, isAnswer);
  return NOTHING_PENDING;
}

/** Claimed while all is well; then the link swallows what the owner completes. */
async function completeInTheHole(stage: Stage): Promise<Pending> {
  const { pair, owner, rounds } = stage;
  await owner.hold();
  const answered = stage.ask(owner);
  await stage.hasRun();
  await pair.caughtUp();
  await pair.link.swallow();
  await owner.goOn();
  const names = new Set(rounds.map(({ name }) => name));
  await until("completions are written", PATIENCE_MS, () => pair.isWritten(names));
  return { answered };
}
