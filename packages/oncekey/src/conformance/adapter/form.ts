/** A key in a form, for pages without a script: protocol.md, P-14 and P-15. */
import { type Case, each, equal } from "../case.ts";
import { isFirst } from "./answer.ts";
import type { AdapterSubject } from "./application.ts";
import { problem, replays, scene, type Wanted } from "./scene.ts";

const options = { formField: "_key" };

const urlencoded = (body: string): Wanted => ({
  key: null,
  type: "application/x-www-form-urlencoded",
  body,
});

/** Fields as a browser sends them, in order. */
function multipart(fields: readonly (readonly [string, string])[], boundary = "--x1"): Wanted {
  const parts = fields.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const body = `${parts.join("")}--${boundary}--\r\n`;
  return { key: null, type: `multipart/form-data; boundary=${boundary}`, body };
}

const AMOUNT = ["amount", "10"] as const;

export const formCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-14: an urlencoded form may hold the key, and the field is not compared",
    run: (subject) =>
      scene(subject, { options }, async ({ send, runs }) => {
        const first = await send(urlencoded("_key=k1&amount=10"));
        equal(first.status, 201, "the status");
        isFirst(first);
        equal(first.headers.get("idempotency-key"), null, "the echo");
        await each(
          ["_key=k1&amount=10", "amount=10&_key=k1", "%5Fkey=%6B1&amount=10"],
          async (body) => replays(await send(urlencoded(body)), first),
        );
        replays(await send({ ...urlencoded("amount=10"), key: "k1" }), first);
        problem(await send(urlencoded("_key=k1&amount=11")), 422, "idempotency_conflict");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-14: a multipart form may hold the key, and the field is not compared",
    run: (subject) =>
      scene(subject, { options }, async ({ send, runs }) => {
        const first = await send(multipart([["_key", "k1"], AMOUNT]));
        equal(first.status, 201, "the status");
        isFirst(first);
        equal(first.headers.get("idempotency-key"), null, "the echo");
        replays(await send(multipart([["_key", "k1"], AMOUNT])), first);
        replays(await send(multipart([AMOUNT, ["_key", "k1"]], "other")), first);
        replays(await send({ ...multipart([AMOUNT]), key: "k1" }), first);
        const changed = multipart([
          ["_key", "k1"],
          ["amount", "11"],
        ]);
        problem(await send(changed), 422, "idempotency_conflict", { echo: [] });
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-14: the field is a bare key, by the rules of one",
    run: (subject) =>
      scene(subject, { options }, async ({ send, runs }) => {
        const rows = ["%22k1%22", "", "++", "a+b", "a%2Cb", "a%3Bb", "cl%C3%A9", "a".repeat(256)];
        await each(rows, async (value) => {
          const answer = await send(urlencoded(`_key=${value}&amount=10`));
          problem(answer, 400, "idempotency_key_invalid");
          problem(
            await send(multipart([["_key", decodeURIComponent(value.replaceAll("+", " "))]])),
            400,
            "idempotency_key_invalid",
          );
        });
        equal(runs(), 0, "the runs");
        equal((await send(urlencoded(`_key=${"a".repeat(255)}`))).status, 201, "255 characters");
      }),
  },
  {
    name: "P-14: a form without the field has no key, and a body that is no form is not searched",
    run: (subject) =>
      scene(subject, { options: { ...options, required: true } }, async ({ send, runs }) => {
        problem(await send(urlencoded("amount=10")), 400, "idempotency_key_required");
        problem(await send(multipart([AMOUNT])), 400, "idempotency_key_required");
        const json = '{"_key":"k1"}';
        problem(await send({ key: null, body: json }), 400, "idempotency_key_required");
        equal(runs(), 0, "the runs");
        equal((await send({ body: json })).status, 201, "the status with a header");
      }),
  },
  {
    name: "P-14: the key is found as well in a form that was parsed before",
    run: (subject) =>
      scene(subject, { options, parser: "urlencoded" }, async ({ send, runs }) => {
        const first = await send(urlencoded("_key=k1&amount=10"));
        equal(first.status, 201, "the status");
        replays(await send(urlencoded("amount=10&_key=k1")), first);
        problem(await send(urlencoded("_key=k1&amount=11")), 422, "idempotency_conflict");
        const twice = await send(urlencoded("_key=k1&_key=k1"));
        problem(twice, 400, "idempotency_key_invalid");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-15: a field that occurs twice is refused",
    run: (subject) =>
      scene(subject, { options }, async ({ send, runs }) => {
        const twice: readonly (readonly [string, string])[] = [
          ["_key", "k1"],
          ["_key", "k1"],
        ];
        problem(await send(urlencoded("_key=k1&_key=k1")), 400, "idempotency_key_invalid");
        problem(await send(urlencoded("_key=k1&_key=")), 400, "idempotency_key_invalid");
        problem(await send(multipart(twice)), 400, "idempotency_key_invalid");
        const answer = await send({ ...urlencoded("_key=k1&_key=k2"), key: "k1" });
        problem(answer, 400, "idempotency_key_invalid");
        equal(runs(), 0, "the runs");
      }),
  },
  {
    // Firefox adds a key of its own to a form's request, a new one for each.
    name: "P-15: the field wins over a header",
    run: (subject) =>
      scene(subject, { options }, async ({ send, runs }) => {
        const form = urlencoded("_key=k1&amount=10");
        const first = await send({ ...form, key: '"17293822569102704640"' });
        equal(first.status, 201, "the status");
        equal(first.headers.get("idempotency-key"), null, "the echo");
        await each(['"17293822569102704641"', "a, b", '""'], async (key) => {
          const again = await send({ ...form, key });
          replays(again, first);
          equal(again.headers.get("idempotency-key"), null, "the echo");
        });
        replays(await send({ ...urlencoded("amount=10"), key: "k1" }), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-15: a form too long to search is refused",
    run: (subject) =>
      scene(subject, { options: { ...options, maxRequestBytes: 200_000 } }, async (played) => {
        const { send, runs, store } = played;
        const limit = { maxBytes: 200_000, echo: [] };
        const parts = Array.from({ length: 1001 }, () => AMOUNT);
        const long = multipart([...parts, ["_key", "k1"]]);
        problem(await send(long), 413, "idempotency_request_too_large", limit);
        const wide = urlencoded(`amount=${"1".repeat(200_000)}&_key=k1`);
        problem(await send(wide), 413, "idempotency_request_too_large", limit);
        equal(runs(), 0, "the runs");
        equal((await store.list({ limit: 1 })).records.length, 0, "the records");
      }),
  },
];
