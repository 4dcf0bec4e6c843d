/** Where a key is said and where never, and which check comes first: protocol.md, P-16 to P-18. */
import { type Case, each, equal, ok } from "../case.ts";
import type { Answer } from "./answer.ts";
import type { AdapterSubject, Call, Reply } from "./application.ts";
import { always } from "./faults.ts";
import { CREATED, problem, replays, type Scene, scene, unanswered } from "./scene.ts";

const CANARY = "canary-7f3a9c";

/** Everything that an event holds, its errors and their causes included. */
function shownWhole(value: unknown): string {
  const seen = new Set<unknown>();
  const shown = (part: unknown): string => {
    if (typeof part !== "object" || part === null) return String(part);
    if (seen.has(part)) return "";
    seen.add(part);
    const names = Object.getOwnPropertyNames(part);
    return names.map((name) => `${name}=${shown(Reflect.get(part, name))}`).join(" ");
  };
  return shown(value);
}

/** Answers by its body's wish: throws, or cuts, or creates. */
async function obedient(call: Call): Promise<Reply> {
  const wish = await call.text();
  if (wish.includes("throw")) throw new Error("The handler fails.");
  return { ...CREATED, cut: wish.includes("cut") };
}

/** Every kind of answer, each under a key that contains the canary. */
async function playAll({ send, mounted, join }: Scene): Promise<readonly Answer[]> {
  const key = (name: string) => `${CANARY}-${name}`;
  const answers: Answer[] = [];
  const hear = async (wanted: Parameters<typeof send>[0]) => void answers.push(await send(wanted));

  await hear({ key: key("first") });
  await hear({ key: key("first") });
  await hear({ key: key("first"), body: '{"amount":11}' });
  await hear({ key: `${key("a")}, ${key("b")}` });
  await hear({ key: `"${CANARY}` });
  await hear({ key: CANARY.repeat(40) });
  await hear({ key: key("nobody"), user: null });
  await hear({ key: key("long"), body: "x".repeat(101) });
  await hear({ key: null, type: "application/x-www-form-urlencoded", body: `_key=${CANARY}` });
  await hear({ key: key("throws"), body: '"throw"' });
  await unanswered(send({ key: key("cut"), body: '"cut"' }));
  await hear({ key: key("cut"), body: '"cut"' });
  mounted.link.fate = always("refused");
  await hear({ key: key("down") });
  mounted.link.fate = always("refused", "complete", "renew");
  await hear({ key: key("unrecorded") });
  const open = await join({ options: { scope: "global", onStoreDown: "run" } });
  open.link.fate = always("refused");
  answers.push(await send({ key: key("unprotected") }, open));
  return answers;
}

export const orderCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-16: no event and no body says the key, only the start of a digest",
    run: (subject) => {
      const options = {
        maxRequestBytes: 100,
        formField: "_key",
        leaseMs: 300,
        storeTimeoutMs: 100,
        docs: "https://docs.example/keys",
      };
      return scene(subject, { options, handler: obedient }, async (played) => {
        const answers = await playAll(played);
        for (const answer of answers) {
          ok(!answer.text.includes(CANARY), `no key is in ${JSON.stringify(answer.text)}`);
        }
        const { records } = await played.store.list({ limit: 100 });
        ok(records.length > 0 && played.events.length > answers.length, "there is much to search");
        for (const event of played.events) {
          ok(!shownWhole(event).includes(CANARY), `no key is in an event "${event.type}"`);
          if (!("record" in event)) continue;
          ok(/^[0-9a-f]{12}$/.test(event.record), "an event names 12 digits of a record");
        }
        const named = new Set(
          played.events.flatMap((event) => ("record" in event ? [event.record] : [])),
        );
        for (const { id, label } of records) {
          ok(named.has(id.slice(0, 12)), "the digits are the first of the record's address");
          ok(!label.includes(CANARY), "no key is in a label");
        }
      });
    },
  },
  {
    name: "P-17: every answer carries a valid key as it was sent",
    run: (subject) =>
      scene(subject, { options: { maxRequestBytes: 100 } }, async ({ send, mounted }) => {
        await each(["k1", '"k2"', '"k3";v=1'], async (key) => {
          mounted.link.fate = always("through");
          const first = await send({ key });
          const again = await send({ key });
          replays(again, first);
          const other = await send({ key, body: "{}" });
          problem(other, 422, "idempotency_conflict");
          const nobody = await send({ key, user: null });
          problem(nobody, 400, "idempotency_scope_unresolved");
          const long = await send({ key, body: "x".repeat(101) });
          problem(long, 413, "idempotency_request_too_large", { maxBytes: 100 });
          const dated = await send({ key, headers: { "repeatability-first-sent": "yesterday" } });
          problem(dated, 400, "idempotency_key_invalid");
          mounted.link.fate = always("refused");
          const down = await send({ key });
          problem(down, 503, "idempotency_store_unavailable");
          for (const answer of [first, again, other, nobody, long, dated, down]) {
            equal(answer.headers.get("idempotency-key"), key, "the echo");
          }
        });
      }),
  },
  {
    name: "P-17: a malformed key is not echoed, nor one from a form, nor any if it is not wanted",
    async run(subject) {
      const form = { key: null, type: "application/x-www-form-urlencoded" };
      await scene(subject, { options: { formField: "_key" } }, async ({ send }) => {
        const malformed = await send({ key: "a, b" });
        equal(malformed.headers.get("idempotency-key"), null, "the echo of a malformed key");
        const first = await send({ ...form, body: "_key=k1" });
        const again = await send({ ...form, body: "_key=k1" });
        replays(again, first);
        equal(first.headers.get("idempotency-key"), null, "the echo of a form field");
        equal(again.headers.get("idempotency-key"), null, "the echo of a form field");
      });
      await scene(subject, { options: { echoKey: false } }, async ({ send }) => {
        const first = await send();
        replays(await send(), first);
        equal(first.headers.get("idempotency-key"), null, "the echo of the first answer");
        equal((await send()).headers.get("idempotency-key"), null, "the echo of the replay");
        problem(await send({ body: "{}" }), 422, "idempotency_conflict", { echo: [] });
      });
    },
  },
  {
    name: "P-18: of several things wrong at once, the first in the list answers",
    run: (subject) =>
      scene(subject, { options: { required: true, maxRequestBytes: 100 } }, async (played) => {
        const { send, runs, mounted } = played;
        const first = await send({ key: "used" });
        equal(first.status, 201, "the status");
        mounted.link.fate = always("refused");
        const long = { body: "x".repeat(101) };
        const nobody = { user: null };

        const passed = await send({ key: "a, b", method: "PUT", ...nobody, ...long });
        equal(passed.status, 201, "the status of a method that is not covered");
        const keyless = await send({ key: null, ...nobody, ...long });
        problem(keyless, 400, "idempotency_key_required");
        const malformed = await send({ key: "a, b", ...nobody, ...long });
        problem(malformed, 400, "idempotency_key_invalid");
        const unowned = await send({ ...nobody, ...long });
        problem(unowned, 400, "idempotency_scope_unresolved");
        const limit = { maxBytes: 100 };
        problem(await send(long), 413, "idempotency_request_too_large", limit);
        const down = await send({ key: "used", body: "{}" });
        problem(down, 503, "idempotency_store_unavailable");
        mounted.link.fate = always("through");
        problem(await send({ key: "used", body: "{}" }), 422, "idempotency_conflict");
        replays(await send({ key: "used" }), first);
        equal(runs(), 2, "the runs");
      }),
  },
  {
    name: "P-18: a body that cannot be read comes after the scope, and before the store",
    run: (subject) =>
      scene(subject, { parser: "text" }, async ({ send, mounted, runs }) => {
        mounted.link.fate = always("refused");
        const body = { type: "text/plain", body: "ten" };
        const unowned = await send({ ...body, user: null });
        problem(unowned, 400, "idempotency_scope_unresolved");
        problem(await send(body), 500, "idempotency_body_unreadable");
        equal(runs(), 0, "the runs");
      }),
  },
];
