/** Streams, and answers that are too large to keep: protocol.md, section 11. */
import type { Store } from "../../core/store.ts";
import type { TransactionalStore } from "../../core/transaction.ts";
import { type Case, equal, ok, rejection, soon } from "../case.ts";
import type { AdapterSubject, Line, RawConnection, Reply } from "./application.ts";
import { always, isTransactional } from "./faults.ts";
import { streamed, text } from "./replies.ts";
import {
  EFFECTS,
  type Gate,
  gate,
  inEachMode,
  pause,
  problem,
  replays,
  runsAgain,
  type Scene,
  type SceneHandler,
  scene,
  unanswered,
} from "./scene.ts";
import { ask, spell } from "./wire.ts";

/** Those whose answer leaves as it is made; a transaction's waits for its COMMIT (P-119). */
const FLOWING = ["unrepeatable", "repeatable"] as const;

const TRANSACTIONAL = { effects: "transactional" };

/** Time enough for bytes to arrive that must not. */
const QUIET_MS = 100;

/** Says its words one by one, each but the first when the case lets it. */
interface Telling {
  readonly handler: () => Reply;
  readonly steps: readonly Gate[];
}

function telling(words: readonly string[], more: Partial<Reply> = {}): Telling {
  const steps = words.map(() => gate());
  const body = streamed(async function* () {
    for (const [index, word] of words.entries()) {
      yield word;
      await steps[index]?.opened;
    }
  });
  const headers: readonly Line[] = [["Content-Type", "text/event-stream"]];
  return { handler: () => ({ status: 200, headers, ...more, ...body }), steps };
}

/** A body that is read as it comes. */
function reading(response: Response): {
  until(text: string): Promise<void>;
  rest(): Promise<string>;
} {
  ok(response.body !== null, "the answer has a body");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  const next = async () => {
    const { done, value } = await reader.read();
    if (!done) heard += value;
    return !done;
  };
  return {
    async until(wanted) {
      const comes = async () => {
        while (!heard.includes(wanted)) ok(await next(), `${wanted} comes before the end`);
      };
      await soon(comes(), `the bytes of ${JSON.stringify(wanted)}`);
    },
    async rest() {
      while (await next());
      return heard;
    },
  };
}

/** What has come on a connection by now, and after a while. */
async function heardBy(connection: RawConnection): Promise<string> {
  await pause(QUIET_MS);
  return connection.read(() => true);
}

/** The same store, whose transactions commit when the gate is open. */
function committingLate(store: Store, late: Gate): Store {
  ok(isTransactional(store), "the store has transactions");
  const { transaction } = store;
  const slow: TransactionalStore<unknown> = {
    ...store,
    transaction: (lease, work) =>
      transaction(lease, async (handle) => {
        const result = await work(handle);
        await late.opened;
        return result;
      }),
  };
  return slow;
}

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
    name: "P-116: an answer of exactly `maxResponseBytes` is kept, and one byte more is not",
    run: (subject) =>
      inEachMode(subject, { options: { maxResponseBytes: 10 }, handler: sized }, async (played) => {
        const { send, runs } = played;
        for (const path of ["/whole", "/streamed"]) {
          const key = path.slice(1);
          const before = runs();
          const fits = await send({ key, path: `${path}?bytes=10` });
          equal(fits.text.length, 10, "the length of what fits");
          replays(await send({ key, path: `${path}?bytes=10` }), fits);

          const large = { key: `${key}-large`, path: `${path}?bytes=11` };
          const first = await send(large);
          equal(first.status, 201, "the status for the first caller");
          equal(first.text, "x".repeat(11), "what the first caller gets");
          await isNotKept(played, large);
          equal(runs(), before + 2, "the runs");
        }
      }),
  },
  {
    name: "P-116: an answer whose headers are past 128 lines or 32 KiB is not kept",
    run: (subject) =>
      inEachMode(subject, { handler: headed }, async (played) => {
        const { mounted, runs } = played;
        // With `Content-Type` and `Location`. A client would refuse so large a head: so by hand.
        for (const [fits, tooLarge] of [
          ["/lines/126", "/lines/127"],
          ["/bytes/32000", "/bytes/33000"],
        ] as const) {
          const before = runs();
          const kept = await ask(mounted, { path: fits, key: fits });
          const again = await ask(mounted, { path: fits, key: fits });
          equal(kept.status, 201, "the status of what fits");
          equal(again.status, 201, "the status of its replay");
          const marker = again.lines.find(([name]) => name.toLowerCase() === "idempotent-replayed");
          equal(marker?.[1], "true", "the marker of its replay");

          const first = await ask(mounted, { path: tooLarge, key: tooLarge });
          equal(first.status, 201, "the status for the first caller");
          equal(first.body, "headed", "what the first caller gets");
          await isNotKept(played, { path: tooLarge, key: tooLarge });
          equal(runs(), before + 2, "the runs");
        }
      }),
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
        const options = { effects, leaseMs: 300 };
        await scene(subject, { options, handler }, async ({ open, send, mounted, runs }) => {
          mounted.link.fate = always("refused", "complete", "renew");
          const { until, rest } = reading(await open());
          await until("a part, ");
          for (const step of steps) step.open();
          await rejection(rest(), "the end of a stream that is not recorded");
          mounted.link.fate = () => "through";
          let again = await send();
          while (again.code === "idempotency_in_flight") {
            await pause(25);
            again = await send();
          }
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
          let again = await send();
          while (again.code === "idempotency_in_flight") {
            await pause(10);
            again = await send();
          }
          equal(again.status, 200, "the status of the replay");
          equal(again.text, words.join(""), "the body of the replay");
          equal(again.isReplay, true, "the marker of the replay");
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
  {
    name: "P-119: transactional: no byte of an answer leaves before COMMIT",
    async run(subject) {
      const { handler, steps } = telling(["a part, ", "the rest"]);
      await scene(subject, { options: TRANSACTIONAL, handler }, async ({ join, store, send }) => {
        const late = gate();
        const slow = await join({
          store: committingLate(store, late),
        });
        const connection = await slow.connect();
        connection.write(spell());
        await soon(slow.link.called("transaction"), "a transaction");
        equal(await heardBy(connection), "", "what has left while the handler runs");
        for (const step of steps) step.open();
        equal(await heardBy(connection), "", "what has left before COMMIT");
        late.open();
        const whole = (heard: string) => heard.includes("the rest");
        await soon(connection.read(whole), "the answer after COMMIT");
        connection.destroy();
        equal((await send()).text, "a part, the rest", "the body of the replay");
      });
    },
  },
  {
    name: "P-119: transactional: an answer that is too large to keep flows, and its end waits for COMMIT",
    run: (subject) =>
      tooLarge(subject, async ({ join, store, effects, send, runs }, steps) => {
        const late = gate();
        const slow = await join({
          store: committingLate(store, late),
        });
        const connection = await slow.connect();
        connection.write(spell());
        const flows = (heard: string) => heard.includes("more than fits, ");
        await soon(connection.read(flows), "what is too large to be held");
        equal(await effects(), 0, "the rows before COMMIT");
        for (const step of steps) step.open();
        ok(!isChunkedWhole(await heardBy(connection)), "the end waits for COMMIT");
        late.open();
        await soon(connection.read(isChunkedWhole), "the end");
        connection.destroy();
        equal(await effects(), 1, "the rows");
        problem(await send(), 409, "idempotency_response_not_kept");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-119: transactional: a failed COMMIT cuts the connection of an answer that has begun",
    run: (subject) =>
      tooLarge(subject, async ({ open, mounted, effects, runs }, steps) => {
        mounted.link.fate = always("commit-refused", "transaction");
        const { until, rest } = reading(await open());
        await until("more than fits, ");
        for (const step of steps) step.open();
        await rejection(rest(), "the end of what was not committed");
        equal(await effects(), 0, "the rows");
        equal(runs(), 1, "the runs");
      }),
  },
];

const isChunkedWhole = (heard: string): boolean => heard.includes("\r\n0\r\n\r\n");

/** A row, and an answer that a record of 8 bytes cannot hold. */
async function tooLarge(
  subject: AdapterSubject,
  play: (scene: Scene, steps: readonly Gate[]) => Promise<void>,
): Promise<void> {
  const { handler: tell, steps } = telling(["more than fits, ", "and the rest"]);
  const handler: SceneHandler = async (_call, act) => {
    await act();
    return tell();
  };
  const options = { ...TRANSACTIONAL, maxResponseBytes: 8 };
  await scene(subject, { options, handler }, (played) => play(played, steps));
}

async function isNotKept({ send }: Scene, wanted: { path: string; key: string }): Promise<void> {
  const again = await send(wanted);
  problem(again, 409, "idempotency_response_not_kept");
  equal(
    JSON.stringify(JSON.parse(again.text).original),
    '{"status":201,"location":"/payments/1"}',
    "the original",
  );
}

const FIELDS: readonly Line[] = [
  ["Content-Type", "text/plain"],
  ["Location", "/payments/1"],
];

const sized: SceneHandler = ({ target }) => {
  const body = "x".repeat(Number(target.split("=")[1]));
  const whole: Reply = { status: 201, headers: FIELDS, body };
  if (!target.startsWith("/streamed")) return whole;
  return {
    ...whole,
    ...streamed(async function* () {
      for (const byte of body) {
        yield byte;
        await pause(1);
      }
    }),
  };
};

const headed: SceneHandler = ({ target }) => {
  const [, unit, count = "0"] = target.split("/");
  const lines: readonly Line[] =
    unit === "lines"
      ? Array.from({ length: Number(count) }, (_, index) => [`X-${index}`, "1"] as const)
      : [["X-Large", "y".repeat(Number(count))]];
  return { status: 201, headers: [...FIELDS, ...lines], body: "headed" };
};
