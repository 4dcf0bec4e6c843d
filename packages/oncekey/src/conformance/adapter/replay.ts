/** First execution and replay: protocol.md, section 2. */
import { type Case, equal } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { replays, scene } from "./scene.ts";

export const replayCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-19: a fresh key gets the handler's own answer, with the echo and no marker",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send();
        equal(first.status, 201, "the status");
        equal(first.text, '{"id":1}', "the body");
        equal(first.headers.get("location"), "/payments/1", "Location");
        equal(first.headers.get("idempotency-key"), "k1", "the echo");
        equal(first.isReplay, false, "the marker");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-20: again, a hundred times, gives a hundred equal replays and one run",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send();
        for (let times = 0; times < 100; times++) replays(await send(), first);
        equal(runs(), 1, "the runs");
      }),
  },
];
