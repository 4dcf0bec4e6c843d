/** Streams: protocol.md, section 11. */
import { type Case, equal, ok, rejection, soon } from "../case.ts";
import type { AdapterSubject, Line } from "./application.ts";
import { always } from "./faults.ts";
import { text } from "./replies.ts";
import {
  answerAfter,
  EFFECTS,
  gate,
  problem,
  replays,
  runsAgain,
  type SceneHandler,
  scene,
  unanswered,
} from "./scene.ts";
import { committingLate, heardBy, isChunkedWhole, reading, telling } from "./telling.ts";
import { spell } from "./wire.ts";

/** Those whose answer leaves as it is made; a transaction's waits for its COMMIT (P-119). */
const FLOWING = ["unrepeatable", "repeatable"] as const;

export const streamingCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-113: each piece of a stream arrives as it is written",
    async run(subject) {
      for (const effects of FLOWING) {
        const { handler, steps } = telling(["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]);
        await scene(subject, { options: { effects }, handler }, async ({ open }) => {
          // The handler is held until the client has read: what were held back would never come.
          const response = await soon(open(), "the head of the answer");
          equal(response.status, 200, "the status");
          equal(response.headers.get("content-type"), "text/event-stream", "Content-Type");
          const { until, rest } = reading(response);
          for (const [index, step] of steps.entries()) {
            await until(`data: ${index + 1}\n\n`);
            step.open();
          }
          equal(await rest(), "data: 1\n\ndata: 2\n\ndata: 3\n\n", "the whole");
        });
      }
    },
  },
  {
    name: "P-114: the end of a stream is held back until the record is safe",
    async run(subject) {
      for (const effects of FLOWING) {
        const { handler, steps } = telling(["a-part,", "the-rest"]);
        for (const step of steps) step.open();
        await scene(subject, { options: { effects }, handler }, async ({ mounted }) => {
          const safe = gate();
          mounted.link.fate = always(safe.opened, "complete");
          const connection = await mounted.connect();
          connection.write(spell());
          await soon(mounted.link.called("complete"), "a completion");
          const heard = await heardBy(connection);
          ok(heard.includes("a-part,"), "the first part has left");
          ok(!heard.includes("\r\n0\r\n"), "the closing chunk is held back");
          safe.open();
          await soon(connection.read(isChunkedWhole), "the end of the answer");
          connection.destroy();
        });
      }
    },
  },
  {
    // A client that was told the length takes the answer for whole at its last byte.
    name: "P-114: the byte that fulfils Content-Length is held back until the record is safe",
    async run(subject) {
      for (const effects of FLOWING) {
        const headers: readonly Line[] = [["Content-Length", "15"]];
        const { handler, steps } = telling(["a-part,", "the-rest"], { headers });
        await scene(subject, { options: { effects }, handler }, async ({ mounted }) => {
          const safe = gate();
          mounted.link.fate = always(safe.opened, "complete");
          const connection = await mounted.connect();
          connection.write(spell());
          await soon(
            connection.read((heard) => heard.includes("a-part,")),
            "the first part",
          );
          steps[0]?.open();
          ok(!(await heardBy(connection)).includes("the-rest"), "the last byte waits for the end");
          steps[1]?.open();
          await soon(mounted.link.called("complete"), "a completion");
          ok(
            !(await heardBy(connection)).includes("the-rest"),
            "the last byte waits for the record",
          );
          safe.open();
          await soon(
            connection.read((heard) => heard.endsWith("a-part,the-rest")),
            "the rest",
          );
          connection.destroy();
        });
      }
    },
  },
  {
    name: "P-114: a client sees no whole answer before the record is safe",
    async run(subject) {
      for (const effects of EFFECTS) {
        await scene(subject, { options: { effects } }, async ({ mounted, store, join }) => {
          const safe = gate();
          const slow =
            effects === "transactional"
              ? await join({ store: committingLate(store, safe) })
              : mounted;
          if (slow === mounted) mounted.link.fate = always(safe.opened, "complete");
          const connection = await slow.connect();
          connection.write(spell());
          const last = effects === "transactional" ? "transaction" : "complete";
          await soon(slow.link.called(last), `the call of ${last}`);
          ok(!(await heardBy(connection)).includes('{"id":1}'), "the body is held back");
          safe.open();
          await soon(
            connection.read((heard) => heard.includes('{"id":1}')),
            "the body",
          );
          connection.destroy();
        });
      }
    },
  },
  {
    name: "P-115: while a stream runs it is in flight, and then it is replayed in one piece",
    async run(subject) {
      for (const effects of FLOWING) {
        const { handler, steps } = telling(["one,", "two,", "three"]);
        await scene(subject, { options: { effects }, handler }, async ({ open, send, runs }) => {
          const { until, rest } = reading(await open());
          await until("one,");
          problem(await send(), 409, "idempotency_in_flight");
          for (const step of steps) step.open();
          equal(await rest(), "one,two,three", "the whole");
          const again = await send();
          equal(again.status, 200, "the status of the replay");
          equal(again.text, "one,two,three", "the body of the replay");
          equal(again.headers.get("content-length"), "13", "the length of the replay");
          equal(again.isReplay, true, "the marker of the replay");
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
  {
    name: "P-117: a stream that fails is cut, and the record is as after any failure",
    async run(subject) {
      for (const effects of FLOWING) {
        const { handler, steps } = telling(["a part"], { cut: true });
        await scene(subject, { options: { effects }, handler }, async ({ open, send }) => {
          const { until, rest } = reading(await open());
          await until("a part");
          for (const step of steps) step.open();
          await rejection(rest(), "the end of a stream that failed");
          if (effects === "repeatable") await unanswered(send());
          else problem(await send(), 409, "idempotency_outcome_unknown");
        });
      }
    },
  },
  {
    name: "P-117: repeatable: a stream whose owner was overtaken is cut",
    async run(subject) {
      const { handler: tell, steps } = telling(["a part, ", "the rest"]);
      const handler: SceneHandler = (_call, _act, run) =>
        run === 1 ? tell() : text(201, "the whole");
      const options = { effects: "repeatable" };
      await scene(subject, { options, handler }, async (played) => {
        const { until, rest } = reading(await played.open());
        await until("a part, ");
        await played.pass(30_000);
        const other = await played.join();
        const second = await runsAgain(played, 2, other);
        for (const step of steps) step.open();
        await rejection(rest(), "the end of a stream whose owner was overtaken");
        replays(await played.send(), second);
        equal(played.runs(), 2, "the runs");
      });
    },
  },
  {
    name: "P-117: a stream whose completion keeps failing is cut, and replayed when it lands",
    async run(subject) {
      for (const effects of FLOWING) {
        const { handler, steps } = telling(["a part, ", "the rest"]);
        const options = { effects, leaseMs: 100 };
        await scene(subject, { options, handler }, async ({ open, send, mounted, runs }) => {
          mounted.link.fate = always("refused", "complete", "renew");
          const { until, rest } = reading(await open());
          await until("a part, ");
          for (const step of steps) step.open();
          await rejection(rest(), "the end of a stream that is not recorded");
          mounted.link.fate = () => "through";
          const again = await answerAfter("idempotency_in_flight", send);
          equal(again.text, "a part, the rest", "the body of the replay");
          equal(again.isReplay, true, "the marker of the replay");
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
  {
    name: "P-118: a stream whose client leaves is written to its end, and kept whole",
    async run(subject) {
      // More than sockets hold: whoever waited for this client to read on would wait for ever.
      const piece = "x".repeat(16 * 1024);
      const words = ["first", ...Array.from({ length: 40 }, () => piece), "last"];
      for (const effects of FLOWING) {
        const { handler, steps } = telling(words);
        await scene(subject, { options: { effects }, handler }, async ({ open, send, runs }) => {
          const leaving = new AbortController();
          const { until, rest } = reading(await open({ signal: leaving.signal }));
          await until("first");
          leaving.abort();
          await rejection(rest(), "the end for a client that has left");
          for (const step of steps) step.open();
          const again = await answerAfter("idempotency_in_flight", send);
          equal(again.status, 200, "the status of the replay");
          equal(again.text, words.join(""), "the body of the replay");
          equal(again.isReplay, true, "the marker of the replay");
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
];
