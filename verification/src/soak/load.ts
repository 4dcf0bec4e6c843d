/** Mixed load: new keys, duplicates in a crowd, late retries, reused keys, clients that leave. */
import { setTimeout as pause } from "node:timers/promises";
import { type Reply, type Sent, send } from "../chaos/client.ts";
import type { Random } from "../simulator/random.ts";

export interface Load {
  readonly origins: readonly string[];
  readonly modes: readonly string[];
  readonly random: Random;
  /** How long a key is certain to be remembered. */
  readonly rememberedMs: number;
}

export interface Tally {
  requests: number;
  replays: number;
  refusals: number;
  readonly violations: string[];
}

/** A key that was answered, and with what. */
interface Known {
  readonly sent: Omit<Sent, "origin">;
  readonly at: number;
  /** Undefined: its client left before the answer. */
  readonly bytes: string | undefined;
}

const USERS = 24;
const KNOWN_MAX = 400;
const CROWD = 4;
const DWELL_MS = 30;
const PAUSE_MS = 10;

export interface Users {
  /** Plays for so long, and then waits for all that is under way. */
  play(ms: number): Promise<void>;
  readonly tally: Tally;
}

export function createUsers({ origins, modes, random, rememberedMs }: Load): Users {
  const tally: Tally = { requests: 0, replays: 0, refusals: 0, violations: [] };
  const known: Known[] = [];
  let serial = 0;

  const wrong = (what: string): void => {
    if (tally.violations.length < 20) tally.violations.push(what);
  };

  function fresh(dwellMs = 0): Omit<Sent, "origin"> {
    serial++;
    const round = `soak-${serial}`;
    const amount = random.between(1, 1_000);
    const path = `/${random.pick(modes)}/${round}`;
    return { path, key: round, guest: `guest-${serial % 7}`, amount, dwellMs };
  }

  async function ask(sent: Omit<Sent, "origin">, leaves?: AbortSignal): Promise<Reply> {
    tally.requests++;
    const origin = random.pick(origins);
    const { reply } = await send({ ...sent, origin, ...(leaves && { leaves }) });
    if (reply.kind === "answer" && reply.replayed) tally.replays++;
    if (reply.kind === "problem") tally.refusals++;
    return reply;
  }

  function remember(one: Known): void {
    known.push(one);
    if (known.length > KNOWN_MAX) known.shift();
  }

  async function isNew(): Promise<void> {
    const sent = fresh();
    const reply = await ask(sent);
    if (reply.kind !== "answer") return wrong(`a new key was told ${said(reply)}`);
    if (reply.replayed) wrong("a new key was told of another request");
    remember({ sent, at: performance.now(), bytes: reply.bytes });
  }

  /** Some wait and some are told to come again; whoever is answered is answered the same. */
  async function crowd(): Promise<void> {
    const sent = fresh(DWELL_MS);
    const replies = await Promise.all(Array.from({ length: CROWD }, () => ask(sent)));
    const answers = replies.flatMap((reply) => (reply.kind === "answer" ? [reply.bytes] : []));
    if (new Set(answers).size !== 1) wrong(`G3: ${new Set(answers).size} answers for one key`);
    remember({ sent, at: performance.now(), bytes: answers[0] });
  }

  async function retry({ sent, bytes }: Known): Promise<void> {
    const reply = await ask(sent);
    if (reply.kind !== "answer") return wrong(`a retry was told ${said(reply)}`);
    if (bytes !== undefined && reply.bytes !== bytes) wrong("G3: a retry got another answer");
  }

  async function reuse({ sent }: Known): Promise<void> {
    const reply = await ask({ ...sent, amount: sent.amount + 1_000 });
    const isRefused = reply.kind === "problem" && reply.code === "idempotency_conflict";
    if (!isRefused) wrong(`G5: a reused key was told ${said(reply)}`);
  }

  async function leave(): Promise<void> {
    const sent = fresh(DWELL_MS);
    await ask(sent, AbortSignal.timeout(random.between(1, DWELL_MS)));
    // Its handler goes on, if it had begun: whoever comes later finds an answer.
    await pause(4 * DWELL_MS);
    remember({ sent, at: performance.now(), bytes: undefined });
  }

  function one(): Promise<void> {
    const recent = known.filter(({ at }) => performance.now() - at < rememberedMs);
    const chance = random.between(1, 100);
    if (recent.length === 0 || chance <= 45) return isNew();
    if (chance <= 60) return crowd();
    if (chance <= 85) return retry(random.pick(recent));
    // A client that left may have left before its request came: then the key is still new.
    const used = recent.filter(({ bytes }) => bytes !== undefined);
    if (chance <= 93 && used.length > 0) return reuse(random.pick(used));
    return leave();
  }

  return {
    tally,
    async play(ms) {
      const endsAt = performance.now() + ms;
      const user = async () => {
        while (performance.now() < endsAt) {
          await one();
          await pause(random.between(0, PAUSE_MS));
        }
      };
      await Promise.all(Array.from({ length: USERS }, user));
    },
  };
}

function said(reply: Reply): string {
  return reply.kind === "problem" ? `${reply.status} ${reply.code}` : reply.kind;
}
