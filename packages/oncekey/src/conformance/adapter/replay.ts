/** First execution and replay: protocol.md, P-19 to P-21 and P-29 to P-33. */
import { pause } from "../../core/door.ts";
import { platform } from "../../core/ports.ts";
import { type Case, each, equal, ok } from "../case.ts";
import { headerSet, isFirst } from "./answer.ts";
import type { AdapterSubject, Call, Reply } from "./application.ts";
import { type Answer, CREATED, gate, problem, replays, type Scene, scene } from "./scene.ts";
import { type Heard, spell, valuesOf, wireTo } from "./wire.ts";

/** Long enough for a server to see that a client has left. */
const NOTICE_MS = 60;

/** Again, once the first has ended: until then there is a 409, which is stored nowhere. */
async function onceEnded({ send }: Scene): Promise<Answer> {
  for (;;) {
    const answer = await send();
    if (answer.code !== "idempotency_in_flight") return answer;
    await pause(platform, 5);
  }
}

export const replayCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-19: a fresh key gets the handler's own answer, with the echo and no marker",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send();
        equal(first.status, 201, "the status");
        equal(first.text, '{"id":1}', "the body");
        equal(
          headerSet(first.headers, ["content-length"]),
          "content-type: application/json\nidempotency-key: k1\nlocation: /payments/1",
          "the headers",
        );
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-20: again, a hundred times, gives a hundred equal replays and one run",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs, effects }) => {
        const first = await send();
        for (let times = 0; times < 100; times++) replays(await send(), first);
        equal(runs(), 1, "the runs");
        equal(await effects(), 1, "the effects");
      }),
  },
  {
    name: "P-20: the marker is never sent with the value false",
    run: (subject) =>
      scene(subject, {}, async ({ send }) => {
        const answers = [
          await send(),
          await send({ key: null }),
          await send({ key: "a, b" }),
          await send({ body: '{"amount":11}' }),
          await send({ method: "PUT" }),
        ];
        for (const answer of answers) {
          equal(answer.headers.get("idempotent-replayed"), null, "the marker");
        }
        equal((await send()).headers.get("idempotent-replayed"), "true", "the marker of a replay");
      }),
  },
  {
    name: "P-21: again on the same socket, right after the last byte, is a replay and never 409",
    run: (subject) =>
      scene(subject, {}, async ({ mounted, runs }) => {
        // A slow store: whoever ends the answer before the record is safe is found out.
        mounted.link.fate = (verb) => (verb === "complete" ? pause(platform, 20) : "through");
        const wire = await wireTo(mounted);
        for (let round = 1; round <= 3; round++) {
          const key = `k${round}`;
          const heard: Heard[] = [];
          for (let times = 0; times < 3; times++) {
            wire.write(spell({ key }));
            heard.push(await wire.hear());
          }
          const markers = heard.map((one) => valuesOf(one, "idempotent-replayed").join());
          equal(heard.map(({ status }) => status).join(), "201,201,201", "the statuses");
          equal(markers.join(), ",true,true", "the markers");
        }
        equal(runs(), 3, "the runs");
      }),
  },
  {
    name: "P-29: other headers than the first request's are not compared",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send({ headers: { accept: "application/json", authorization: "a" } });
        await each(
          [
            { accept: "text/html" },
            { "accept-language": "fr" },
            { "user-agent": "other/2" },
            { authorization: "Bearer renewed" },
            { "x-other": "1", cookie: "a=b", "accept-encoding": "identity" },
          ],
          async (headers) => replays(await send({ headers }), first),
        );
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-30: when the client leaves, the handler finishes and its answer is kept",
    async run(subject) {
      const started = gate();
      const left = gate();
      let call: Call | undefined;
      const handler = async (given: Call) => {
        call = given;
        started.open();
        await left.opened;
        return { ...CREATED, body: await given.text() };
      };
      await scene(subject, { handler }, async (played) => {
        const wire = await wireTo(played.mounted);
        wire.write(spell());
        await started.opened;
        wire.leave();
        await pause(platform, NOTICE_MS);
        equal(call?.idempotency?.signal.aborted, false, "the signal of the handler");
        left.open();
        const again = await onceEnded(played);
        equal(again.status, 201, "the status");
        equal(again.text, '{"amount":10}', "the body");
        equal(again.isReplay, true, "the marker");
        equal(call?.idempotency?.signal.aborted, false, "the signal of the handler in the end");
        replays(await played.send(), again);
        equal(played.runs(), 1, "the runs");
      });
    },
  },
  {
    // Stores of the field wrote a fingerprint at the end, of a body that was another by then.
    name: "P-31: a handler that changes its parsed body changes nothing for the retry",
    async run(subject) {
      const handler = ({ parsed }: Call) => {
        if (typeof parsed === "object" && parsed !== null) Object.assign(parsed, { amount: 99 });
        return CREATED;
      };
      for (const parser of ["json", undefined] as const) {
        await scene(subject, { handler, parser }, async ({ send, runs }) => {
          const first = await send();
          equal(first.status, 201, "the status");
          replays(await send(), first);
          problem(await send({ body: '{"amount":99}' }), 422, "idempotency_conflict");
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
  {
    name: "P-32: a conditional PATCH is replayed, and its condition is not asked again",
    async run(subject) {
      let version = '"1"';
      const handler = (call: Call): Reply => {
        if (call.header("if-match") !== version) return { status: 412, body: "stale" };
        version = '"2"';
        return { status: 200, headers: [["ETag", version]], body: "patched" };
      };
      await scene(subject, { handler }, async ({ send, runs }) => {
        const patch = { method: "PATCH", headers: { "if-match": '"1"' } };
        const first = await send(patch);
        equal(first.status, 200, "the status");
        equal(first.headers.get("etag"), '"2"', "the ETag");
        replays(await send(patch), first);
        equal(runs(), 1, "the runs");
        equal((await send({ ...patch, key: "k2" })).status, 412, "the status under another key");
      });
    },
  },
  {
    name: "P-33: a 103 and trailers reach the first caller",
    run: (subject) =>
      scene(subject, { handler: () => INFORMING }, async ({ mounted }) => {
        const wire = await wireTo(mounted);
        wire.write(spell());
        const first = await wire.hear();
        equal(first.status, 201, "the status");
        const early = first.interim.find(({ status }) => status === 103);
        ok(early !== undefined, "a 103 comes first");
        equal(valuesOf(early, "link").join(), "</style.css>; rel=preload", "its Link");
        equal(valuesOf(first, "trailer").join(), "X-Sum", "Trailer");
        equal(first.trailers.map((line) => line.join(": ")).join(), "X-Sum: 1", "the trailers");
        wire.leave();
      }),
  },
  {
    name: "P-33: a 103 and trailers are not kept",
    run: (subject) =>
      scene(subject, { handler: () => INFORMING }, async ({ mounted, runs, send }) => {
        const first = await send();
        isFirst(first);
        const wire = await wireTo(mounted);
        wire.write(spell());
        const again = await wire.hear();
        equal(valuesOf(again, "idempotent-replayed").join(), "true", "the marker");
        equal(again.body, "sum", "the body");
        equal(again.interim.length, 0, "the interim answers");
        equal(again.trailers.length, 0, "the trailers");
        equal(valuesOf(again, "link").join(), "", "the Link of the 103");
        equal(valuesOf(again, "trailer").join(), "", "Trailer");
        equal(runs(), 1, "the runs");
        wire.leave();
      }),
  },
];

const INFORMING: Reply = {
  status: 201,
  headers: [["Content-Type", "text/plain"]],
  early: [["link", "</style.css>; rel=preload"]],
  get body() {
    return (async function* () {
      yield "sum";
    })();
  },
  trailers: [["X-Sum", "1"]],
};
