/** Methods, and the ways of HTTP: protocol.md, section 7. */
import { pause } from "../../core/door.ts";
import { platform } from "../../core/ports.ts";
import { type Case, each, equal, ok, rejection } from "../case.ts";
import { headerSet } from "./answer.ts";
import type { AdapterSubject, Call, Reply } from "./application.ts";
import { CREATED, gate, problem, replays, type Scene, scene } from "./scene.ts";
import { type Heard, type Spelling, spell, valuesOf, wireTo } from "./wire.ts";

/** Long enough for a server to answer what it can answer already. */
const NOTICE_MS = 40;
/** Long enough to answer without a body, on a loaded machine. */
const HEAD_MS = 2_000;

function isProblem(heard: Heard, status: number, code: string): void {
  equal(heard.status, status, "the status");
  equal(valuesOf(heard, "content-type").join(), "application/problem+json", "Content-Type");
  equal((JSON.parse(heard.body) as { readonly code: string }).code, code, "the problem");
}

/** The answer to a request of which only the head was sent, because its client waits for a word. */
async function toHeadAlone({ mounted }: Scene, spelling: Spelling): Promise<Heard> {
  const wire = await wireTo(mounted);
  wire.write(expecting(spelling).head);
  try {
    return await Promise.race([wire.hear(), pause(platform, HEAD_MS).then(nothing)]);
  } finally {
    wire.leave();
  }
}

function nothing(): never {
  throw new Error(`Expected an answer to the head within ${HEAD_MS} ms, but nothing came.`);
}

function expecting(spelling: Spelling): { readonly head: string; readonly body: string } {
  const text = spell({ ...spelling, lines: [["Expect", "100-continue"]] });
  const end = text.indexOf("\r\n\r\n") + 4;
  return { head: text.slice(0, end), body: text.slice(end) };
}

/** The answer to a request whose body follows only once the server had time to refuse it. */
async function afterBody({ mounted }: Scene, spelling: Spelling): Promise<Heard> {
  const wire = await wireTo(mounted);
  const { head, body } = expecting(spelling);
  wire.write(head);
  let isAnswered = false;
  const heard = wire.hear().then((answer) => {
    isAnswered = true;
    return answer;
  });
  await pause(platform, NOTICE_MS);
  ok(!isAnswered, "nothing is said before the body has come");
  wire.write(body);
  const answer = await heard;
  wire.leave();
  return answer;
}

export const methodCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-75, S-5: a safe method runs each time, whatever its key; nothing is stored or replayed",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs, mounted, store }) => {
        const posted = await send();
        equal(posted.status, 201, "the status of the POST");
        let expected = 1;
        for (const method of ["GET", "HEAD", "OPTIONS"]) {
          await each(["k1", "k1", "a, b", "", "x".repeat(300)], async (key) => {
            const answer = await send({ method, key, body: null });
            equal(answer.status, 201, `the status of ${method}`);
            equal(runs(), ++expected, `the runs of ${method}`);
            equal(answer.headers.get("idempotent-replayed"), null, "the marker");
            equal(answer.headers.get("idempotency-key"), null, "the echo");
          });
        }
        const wire = await wireTo(mounted);
        for (const key of ["k1", "a, b"]) {
          wire.write(spell({ method: "TRACE", key, body: "" }));
          const heard = await wire.hear();
          // Some servers know no TRACE. What they answer is theirs, and no replay.
          equal(valuesOf(heard, "idempotent-replayed").join(), "", "the marker of TRACE");
          ok(heard.status !== 400 || !heard.body.includes("idempotency_"), "TRACE is not judged");
        }
        wire.leave();
        equal((await store.list({ limit: 9 })).records.length, 1, "the records");
        replays(await send(), posted);
      }),
  },
  {
    name: "P-75: a safe method cannot be covered: it fails at start, and the option is named",
    run: (subject) =>
      each([["GET"], ["POST", "HEAD"], ["post"], []], async (methods) => {
        const made = scene(subject, { options: { methods } }, async () => {});
        const error = await rejection(made, "the option");
        ok(error instanceof TypeError, "it is a TypeError");
        ok(error.message.includes("`methods`"), "its message names the option");
      }),
  },
  {
    name: "P-76: PUT and DELETE run each time, unless they are covered",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs, store }) => {
        let expected = 0;
        for (const method of ["PUT", "PUT", "DELETE", "DELETE"]) {
          const answer = await send({ method });
          equal(answer.status, 201, "the status");
          equal(answer.headers.get("idempotent-replayed"), null, "the marker");
          equal(runs(), ++expected, "the runs");
        }
        equal((await store.list({ limit: 1 })).records.length, 0, "the records");
      }),
  },
  {
    name: "P-76: a covered DELETE replays its 204, and not the 404 of a second run",
    async run(subject) {
      let isThere = true;
      const handler = (): Reply => {
        const reply = { status: isThere ? 204 : 404 };
        isThere = false;
        return reply;
      };
      const options = { methods: ["POST", "PUT", "DELETE"] };
      await scene(subject, { handler, options }, async ({ send, runs }) => {
        for (const body of [null, '{"amount":10}']) {
          isThere = true;
          const wanted = { method: "DELETE", key: `k-${body?.length}`, body };
          const first = await send(wanted);
          equal(first.status, 204, "the status");
          replays(await send(wanted), first);
        }
        equal(runs(), 2, "the runs");
        equal((await send({ method: "DELETE", key: "new" })).status, 404, "under another key");
      });
    },
  },
  {
    name: "P-77: a bad key is refused before the body, to a client that waits to send it",
    run: (subject) =>
      scene(subject, { options: { required: true } }, async (played) => {
        isProblem(await toHeadAlone(played, { key: "a, b" }), 400, "idempotency_key_invalid");
        isProblem(await toHeadAlone(played, { key: null }), 400, "idempotency_key_required");
        equal(played.runs(), 0, "the runs");
      }),
  },
  {
    name: "P-77: a request that nobody owns is refused before the body",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        const heard = await toHeadAlone(played, { user: null });
        isProblem(heard, 400, "idempotency_scope_unresolved");
        equal(played.runs(), 0, "the runs");
      }),
  },
  {
    name: "P-77: 409 and 422 come after the body, and so does the handler's answer",
    async run(subject) {
      const started = gate();
      const finish = gate();
      const handler = async (call: Call) => {
        if (call.header("x-wait") !== undefined) {
          started.open();
          await finish.opened;
        }
        return { ...CREATED, body: await call.text() };
      };
      await scene(subject, { handler }, async (played) => {
        const running = played.send({ key: "slow", headers: { "x-wait": "1" } });
        await started.opened;
        isProblem(await afterBody(played, { key: "slow" }), 409, "idempotency_in_flight");
        const other = await afterBody(played, { key: "slow", body: "{}" });
        isProblem(other, 422, "idempotency_conflict");
        finish.open();
        equal((await running).status, 201, "the status of the first");
        const fresh = await afterBody(played, {});
        equal(fresh.status, 201, "the status of a fresh key");
        equal(fresh.body, '{"amount":10}', "the body that the handler was given");
        equal(played.runs(), 2, "the runs");
      });
    },
  },
  {
    name: "P-78: a refusal in mid-upload arrives whole, and the connection is in step or closed",
    run: (subject) => {
      const options = { maxRequestBytes: 50_000 };
      return scene(subject, { options }, async ({ mounted, runs }) => {
        const body = "x".repeat(400_000);
        const chunked = `61a80\r\n${body}\r\n0\r\n\r\n`;
        const rows: readonly (readonly [Spelling, number, string])[] = [
          [{ key: "a, b", body }, 400, "idempotency_key_invalid"],
          [{ user: null, body }, 400, "idempotency_scope_unresolved"],
          [{ body }, 413, "idempotency_request_too_large"],
          [
            { body: chunked, framing: ["Transfer-Encoding", "chunked"] },
            413,
            "idempotency_request_too_large",
          ],
        ];
        await each(rows, async ([spelling, status, code], index) => {
          const wire = await wireTo(mounted);
          const text = spell(spelling);
          wire.write(text.slice(0, 100_000));
          await pause(platform, NOTICE_MS);
          // Bytes that reach a closed socket reset the connection, and take the answer along.
          wire.write(text.slice(100_000));
          const refused = await wire.hear();
          isProblem(refused, status, code);
          if (valuesOf(refused, "connection").join().toLowerCase() === "close") {
            await wire.closed();
          } else {
            wire.write(spell({ key: `next-${index}` }));
            equal((await wire.hear()).status, 201, "the next answer on the connection");
          }
          wire.leave();
        });
        ok(runs() <= rows.length, "no refused request has run");
      });
    },
  },
  {
    name: "P-79: early data is handled like any other",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send({ headers: { "early-data": "1" } });
        equal(first.status, 201, "the status");
        replays(await send({ headers: { "early-data": "1" } }), first);
        replays(await send(), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-80: a problem and a replay have their own headers, and no others",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send();
        const again = await send();
        equal(
          headerSet(again.headers),
          "content-length: 8\ncontent-type: application/json\nidempotency-key: k1\n" +
            "idempotent-replayed: true\nlocation: /payments/1",
          "the headers of the replay",
        );
        equal(again.text, first.text, "the body of the replay");
        const refused = await send({ body: "{}" });
        problem(refused, 422, "idempotency_conflict");
        equal(
          headerSet(refused.headers, ["content-length"]),
          "cache-control: no-store\ncontent-type: application/problem+json\nidempotency-key: k1",
          "the headers of the problem",
        );
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-81: a problem is application/problem+json, whatever the request accepts",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const usual = await send({ key: "a, b" });
        await each(
          ["text/html", "image/png", "application/json;q=0", "nonsense"],
          async (accept) => {
            const answer = await send({ key: "a, b", headers: { accept } });
            problem(answer, 400, "idempotency_key_invalid");
            equal(answer.text, usual.text, "the body");
            equal(headerSet(answer.headers), headerSet(usual.headers), "the headers");
          },
        );
        equal(runs(), 0, "the runs");
      }),
  },
];
