/** A client that is watched, over the scripted server: real sockets, and waits that end at once. */
import { after } from "node:test";
import { createFaults, type Faults } from "../../../src/client/devtools/faults.ts";
import { createFeed, type Feed } from "../../../src/client/devtools/feed.ts";
import type { Intent } from "../../../src/client/devtools/intent.ts";
import { barsOf } from "../../../src/client/devtools/lane.ts";
import { watch } from "../../../src/client/devtools/watch.ts";
import { platform } from "../../../src/client/ports.ts";
import { type HurriedTime, hurriedTime } from "../hurried-time.ts";
import { type MockServer, mockServer } from "../mock-server.ts";

export interface Watched {
  readonly server: MockServer;
  readonly time: HurriedTime;
  readonly feed: Feed;
  readonly faults: Faults;
  close(): Promise<void>;
}

export const DELAY_MS = 3_000;

export async function watched(): Promise<Watched> {
  const server = await mockServer();
  const time = hurriedTime();
  // Its own timers are not the client's waits.
  const feed = createFeed({ ...time.ports, after: platform.after });
  const faults = createFaults(() => {});
  const leave = watch(feed, faults, DELAY_MS);
  const close = async (): Promise<void> => {
    leave();
    await server.close();
  };
  after(close);
  return { server, time, feed, faults, close };
}

/** A lane in words. */
export const laneOf = (intent: Intent | undefined): string[] =>
  intent === undefined
    ? []
    : barsOf(intent).map((bar) => {
        if (bar.kind === "wait") return bar.for;
        const { status, replayed, isByHand } = bar.send;
        return [isByHand && "by hand", status ?? "lost", replayed && "replayed"]
          .filter(Boolean)
          .join(" ");
      });
