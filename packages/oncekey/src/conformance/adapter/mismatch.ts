/** The key comes back with another request: protocol.md, P-37 to P-39 and P-49 to P-51. */
import { pause } from "../../core/door.ts";
import { platform } from "../../core/ports.ts";
import { type Case, each, equal } from "../case.ts";
import { isFirst } from "./answer.ts";
import type { AdapterSubject, Call } from "./application.ts";
import {
  CREATED,
  gate,
  problem,
  replays,
  type Scene,
  scene,
  unanswered,
  type Wanted,
} from "./scene.ts";
import { ask, spell, wireTo } from "./wire.ts";

const MEBIBYTE = 1024 * 1024;
/** Long enough for a server to see half an upload, or that its client has left. */
const NOTICE_MS = 40;

const recorded = async ({ store }: Scene): Promise<number> =>
  (await store.list({ limit: 10 })).records.length;

export const mismatchCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-37: a changed body is a conflict, and the record stays as it was",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send();
        await each(['{"amount":11}', "{}", "", '{"amount":10,"to":"eve"}'], async (body) => {
          problem(await send({ body }), 422, "idempotency_conflict");
          replays(await send(), first);
        });
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-37: the last byte of a body of 1 MiB counts",
    run: (subject) =>
      each(["application/octet-stream", "application/json"], (type) =>
        scene(subject, {}, async ({ send, runs }) => {
          const inner = "x".repeat(MEBIBYTE - 3);
          const first = await send({ type, body: `"${inner}1"` });
          equal(first.status, 201, "the status");
          const changed = await send({ type, body: `"${inner}2"` });
          problem(changed, 422, "idempotency_conflict");
          replays(await send({ type, body: `"${inner}1"` }), first);
          equal(runs(), 1, "the runs");
        }),
      ),
  },
  {
    name: "P-38: another method, path or query is a conflict",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs, mounted }) => {
        const first = await send();
        const rows: readonly Wanted[] = [
          { method: "PATCH" },
          { path: "/refund" },
          { path: "/pay/" },
          { path: "/pay?x=1" },
          { path: "/PAY" },
          { path: "/p%61y" },
        ];
        await each(rows, async (wanted) => {
          problem(await send(wanted), 422, "idempotency_conflict");
        });
        // No client of the web's sends an empty query.
        equal((await ask(mounted, { path: "/pay?" })).status, 422, "the status for an empty query");
        replays(await send(), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-39: a mismatch wins while the first is still running",
    async run(subject) {
      const started = gate();
      const finish = gate();
      const handler = async () => {
        started.open();
        await finish.opened;
        return CREATED;
      };
      await scene(subject, { handler }, async ({ send, runs }) => {
        const running = send();
        await started.opened;
        problem(await send({ body: '{"amount":11}' }), 422, "idempotency_conflict");
        problem(await send({ path: "/refund" }), 422, "idempotency_conflict");
        problem(await send(), 409, "idempotency_in_flight");
        finish.open();
        const first = await running;
        replays(await send(), first);
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-39: a mismatch wins over a record in doubt",
    run: (subject) =>
      scene(subject, { handler: () => ({ ...CREATED, cut: true }) }, async ({ send, runs }) => {
        await unanswered(send());
        problem(await send({ body: '{"amount":11}' }), 422, "idempotency_conflict");
        problem(await send(), 409, "idempotency_outcome_unknown");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    // A router hides the part of the path that it was mounted under.
    name: "P-49: one guard under two paths compares the whole path, as received",
    run: (subject) =>
      scene(subject, { at: ["/charge", "/refund"] }, async ({ send, runs }) => {
        const first = await send({ path: "/charge/go" });
        equal(first.status, 201, "the status");
        problem(await send({ path: "/refund/go" }), 422, "idempotency_conflict");
        replays(await send({ path: "/charge/go" }), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-49: one route with a parameter compares the path, and not the pattern",
    run: (subject) =>
      scene(subject, { at: ["/users/:id/pay"] }, async ({ send, runs }) => {
        const first = await send({ path: "/users/1/pay" });
        equal(first.status, 201, "the status");
        problem(await send({ path: "/users/2/pay" }), 422, "idempotency_conflict");
        replays(await send({ path: "/users/1/pay" }), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-50: a keyed body that is too long is refused, and nothing is claimed",
    run: (subject) =>
      scene(subject, { options: { maxRequestBytes: 16 } }, async (played) => {
        const { send, runs, mounted } = played;
        const limit = { maxBytes: 16 };
        const long = await send({ type: "text/plain", body: "x".repeat(17) });
        problem(long, 413, "idempotency_request_too_large", limit);
        const chunked = await ask(mounted, {
          framing: ["Transfer-Encoding", "chunked"],
          body: `9\r\n${"x".repeat(9)}\r\n8\r\n${"x".repeat(8)}\r\n0\r\n\r\n`,
        });
        equal(chunked.status, 413, "the status of a body without a length");
        equal(chunked.body, long.text, "the problem of a body without a length");
        equal(runs(), 0, "the runs");
        equal(await recorded(played), 0, "the records");

        const exact = await send({ type: "text/plain", body: "x".repeat(16) });
        isFirst(exact);
        equal(exact.status, 201, "the status of exactly so many bytes");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-50: requests without a key have no such limit",
    async run(subject) {
      const handler = async (call: Call) => ({ ...CREATED, body: await call.text() });
      await scene(subject, { handler, options: { maxRequestBytes: 16 } }, async ({ send }) => {
        const body = "x".repeat(100_000);
        const answer = await send({ key: null, type: "text/plain", body });
        equal(answer.status, 201, "the status");
        equal(answer.text, body, "the body that the handler was given");
      });
    },
  },
  {
    name: "P-51, S-6, S-13: when the client dies in the middle of its upload, nothing was claimed",
    run: (subject) =>
      each([false, true], (isChunked) =>
        scene(subject, {}, async (played) => {
          const { send, runs, mounted } = played;
          const wire = await wireTo(mounted);
          const half = isChunked
            ? spell({ framing: ["Transfer-Encoding", "chunked"], body: '9\r\n{"amount"\r\n' })
            : spell().slice(0, -4);
          wire.write(half);
          await pause(platform, NOTICE_MS);
          equal(await recorded(played), 0, "the records while it uploads");
          wire.leave();
          await pause(platform, NOTICE_MS);
          equal(await recorded(played), 0, "the records once it has left");
          equal(runs(), 0, "the runs");

          const again = await send();
          equal(again.status, 201, "the status");
          isFirst(again);
          equal(runs(), 1, "the runs");
        }),
      ),
  },
];
