/** Calls that share a statement: none waits for a timer, none is told another one's answer. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { type BatchOptions, createBatch, type Reply } from "../../src/stores/sql/batch.ts";

interface Call {
  readonly id: string;
  readonly bytes?: number;
}

type Answer = { readonly kind: "answer"; readonly answer: string };
const told = (call: Call): Answer => ({ kind: "answer", answer: `told ${call.id}` });

/** A batch that notes which ids went together. */
function batchOf(
  reply: (call: Call, statement: number) => Reply<string> = told,
  options: Partial<BatchOptions<Call, string>> = {},
) {
  const statements: string[][] = [];
  const call = createBatch<Call, string>({
    idOf: ({ id }) => id,
    bytesOf: ({ bytes = 0 }) => bytes,
    follow: () => undefined,
    async ask(calls) {
      statements.push(calls.map(({ id }) => id));
      const statement = statements.length;
      await new Promise((resolve) => setImmediate(resolve));
      return calls.map((one) => reply(one, statement));
    },
    ...options,
  });
  return { call, statements };
}

const ids = (count: number): Call[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${index}` }));

test("calls of one turn go together, and each is told its own answer", async () => {
  const { call, statements } = batchOf();
  const answers = await Promise.all(ids(3).map(call));
  deepEqual(answers, ["told 0", "told 1", "told 2"]);
  deepEqual(statements, [["0", "1", "2"]]);
});

test("a statement holds 500 calls, and 8 MiB unless one call is larger", async () => {
  const many = batchOf();
  await Promise.all(ids(1_100).map(many.call));
  deepEqual(
    many.statements.map(({ length }) => length),
    [500, 500, 100],
  );
  const large = batchOf();
  const bytes = 3 * 1024 * 1024;
  const sizes = [bytes, bytes, bytes, 9 * 1024 * 1024, 1];
  await Promise.all(sizes.map((size, index) => large.call({ id: `${index}`, bytes: size })));
  deepEqual(large.statements, [["0", "1", "4"], ["2"], ["3"]]);
});

test("an id stands once in a statement: the others follow, or ask for themselves", async () => {
  const alone = batchOf();
  await Promise.all([{ id: "a" }, { id: "a" }, { id: "b" }].map(alone.call));
  deepEqual(alone.statements, [["a", "b"], ["a"]]);
  const followed = batchOf(told, { follow: (_, answer) => `${answer} as well` });
  const answers = await Promise.all([{ id: "a" }, { id: "a" }].map(followed.call));
  deepEqual(answers, ["told a", "told a as well"]);
  equal(followed.statements.length, 1);
});

test("a statement that fails fails its calls, and the next one goes", async () => {
  const { call } = batchOf((one, statement) => {
    if (statement === 1) throw new Error("no answer");
    return told(one);
  });
  const failed = [{ id: "a" }, { id: "a" }, { id: "b" }].map(call);
  for (const one of failed) await rejects(one, /no answer/);
  equal(await call({ id: "a" }), "told a");
});

test("what fails for one call fails for that one alone", async () => {
  const { call } = batchOf((one) =>
    one.id === "1" ? { kind: "failure", error: new Error("damaged") } : told(one),
  );
  const [first, second, third] = await Promise.allSettled(ids(3).map(call));
  equal(first?.status, "fulfilled");
  equal(second?.status, "rejected");
  equal(third?.status, "fulfilled");
});

test("whoever did not fit asks again, as often as it takes", async () => {
  const { call, statements } = batchOf((one, statement) =>
    Number(one.id) < statement ? told(one) : { kind: "later" },
  );
  await Promise.all(ids(20).map(call));
  equal(statements.length, 20);
});

test("a busy row is asked for again, for a while, and holds nobody up", async () => {
  const { call, statements } = batchOf((one, statement) => {
    if (one.id === "free" || (one.id === "soon" && statement > 2)) return told(one);
    return { kind: "busy", lastly: { kind: "answer", answer: "still busy" } };
  });
  const busy = call({ id: "busy" });
  const soon = call({ id: "soon" });
  equal(await call({ id: "free" }), "told free");
  equal(statements.length, 1);
  equal(await soon, "told soon");
  equal(statements.length, 3, "twice at once");
  equal(await busy, "still busy");
  equal(statements.flat().filter((id) => id === "busy").length, 9);
});

test("a statement that hangs for a second no longer holds up those behind it", async () => {
  let isHanging = true;
  const { call } = batchOf(told, {
    ask: (calls) => {
      if (isHanging) return new Promise(() => {});
      return Promise.resolve(calls.map(told));
    },
  });
  void call({ id: "hangs" });
  await new Promise((resolve) => setImmediate(resolve));
  isHanging = false;
  const waiting = call({ id: "behind" });
  let isWaiting = true;
  void waiting.then(() => {
    isWaiting = false;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  ok(isWaiting, "until then it waits");
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  equal(await call({ id: "later" }), "told later");
  equal(await waiting, "told behind", "and goes with the next one that comes");
});
