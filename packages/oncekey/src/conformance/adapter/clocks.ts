/** No decision hangs on the application's clock: protocol.md, P-102. */
import { platform } from "../../core/ports.ts";
import type { Effects } from "../../core/record.ts";
import { type Case, equal } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { type Answer, inEachMode, type Scene } from "./scene.ts";

const HOUR_MS = 3_600_000;

/** Both clocks that an application has, wrong by `ms`: the one that tells the date, and the other. */
const portsAt = (ms: number) => ({ ...platform, now: () => platform.now() + ms });

/** Plays with every date of this process wrong by `ms`. */
export async function atSkewedDate<T>(ms: number, play: () => Promise<T>): Promise<T> {
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: []) =>
      given.length === 0 ? new target(target.now() + ms) : new target(...given),
    get: (target, name) =>
      name === "now" ? () => target.now() + ms : Reflect.get(target, name, target),
  });
  try {
    return await play();
  } finally {
    globalThis.Date = RealDate;
  }
}

type Clocks = readonly [slow: object, fast: object];

/** The exchanges of protocol.md that hang on time, over two processes; what was answered. */
async function exchanges(played: Scene, effects: Effects, clocks: Clocks): Promise<string> {
  const { send, join, hold, runs, store } = played;
  const heard: string[] = [];
  const hear = async (what: string, sent: Promise<Answer>) => {
    const { status, code, isReplay, text } = await sent;
    heard.push(`${what}: ${status} ${code ?? text}${isReplay ? " (replay)" : ""}`);
  };
  const slow = await join({ options: { ports: clocks[0] } });
  const fast = await join({ options: { ports: clocks[1] } });
  await hear("first", send({}, slow));
  await hear("again", send({}, fast));
  await hear("mismatch", send({ body: "{}" }, fast));

  // The store's date is the one that counts.
  const { records } = await store.list({ limit: 1 });
  const now = records[0]?.claimedAt ?? 0;
  for (const minutes of [-61, -59, 61]) {
    const date = new Date(now + minutes * 60_000).toUTCString();
    const headers = { "repeatability-first-sent": date };
    await hear(`sent at ${minutes} minutes`, send({ key: `d${minutes}`, headers }, fast));
  }

  const held = hold(runs() + 1);
  const running = send({ key: "k2" }, fast);
  await held.reached;
  await hear("in flight", send({ key: "k2" }, slow));
  if (effects !== "transactional") await leaseAndRetention();
  held.goOn();
  await hear("the owner", running);
  await hear("after it", send({ key: "k2" }, slow));
  heard.push(`runs: ${runs()}`);
  return heard.join("\n");

  /** Where the store's clock can be turned. */
  async function leaseAndRetention(): Promise<void> {
    const { pass } = played;
    await pass(29_999);
    await hear("before the lease ends", send({ key: "k2" }, slow));
    await pass(1);
    await hear("after the lease", send({ key: "k2" }, slow));
    await pass(HOUR_MS - 30_001);
    await hear("before the retention ends", send({}, slow));
    await pass(1);
    await hear("after the retention", send({}, fast));
  }
}

export const clockCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-102: with clocks an hour fast and an hour slow, every answer is the same",
    async run(subject) {
      const heard = new Map<Effects, string>();
      const play = (clocks: Clocks) =>
        inEachMode(subject, { options: { retentionMs: HOUR_MS } }, async (played, effects) => {
          const told = await exchanges(played, effects, clocks);
          equal(told, heard.get(effects) ?? told, "what is answered");
          heard.set(effects, told);
        });
      await play([platform, platform]);
      for (const ms of [-HOUR_MS, HOUR_MS]) {
        await atSkewedDate(ms, () => play([portsAt(-HOUR_MS), portsAt(HOUR_MS)]));
      }
    },
  },
];
