/** Scope and security: protocol.md, section 6. */
import { levelOf } from "../../core/events.ts";
import { type Case, equal, ok, rejection } from "../case.ts";
import type { AdapterSubject, Call, Reply, Scoped } from "./application.ts";
import { CREATED, text } from "./replies.ts";
import { type Answer, gate, inEachMode, problem, replays, runsAgain, scene } from "./scene.ts";

const isRun = (answer: Answer, what: string): void => {
  equal(answer.status, 201, `the status of ${what}`);
  equal(answer.isReplay, false, `the marker of ${what}`);
};

/** Says to each caller who they are: whoever reads it is told from whom it comes. */
const personal = (call: Call): Reply => ({ ...CREATED, body: `for ${call.header("x-user")} only` });

export const scopeCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-64, S-1: without `scope` the application fails at start, and is told why",
    run: (subject) =>
      scene(subject, {}, async ({ join }) => {
        for (const scope of [undefined, null, "", "ann", {}]) {
          const error = await rejection(join({ options: { scope } }), "no scope");
          ok(error instanceof TypeError, "it is a TypeError");
          ok(error.message.includes("`scope`"), "the message names the option");
        }
      }),
  },
  {
    name: "P-65, S-1, S-17: the same key of another person runs, later or at the same time",
    run: (subject) =>
      inEachMode(subject, { handler: personal }, async ({ send, runs }) => {
        const anns = await send({ user: "ann" });
        const bobs = await send({ user: "bob" });
        equal(anns.text, "for ann only", "what ann reads");
        isRun(anns, "ann's request");
        equal(bobs.text, "for bob only", "what bob reads");
        isRun(bobs, "bob's request");
        replays(await send({ user: "ann" }), anns);
        replays(await send({ user: "bob" }), bobs);
        equal(runs(), 2, "the runs");

        const users = ["cat", "dan", "eve"];
        const answers = await Promise.all(users.map((user) => send({ user })));
        for (const [index, user] of users.entries()) {
          const answer = answers[index] as Answer;
          isRun(answer, `the request of ${user}`);
          equal(answer.text, `for ${user} only`, `what ${user} reads`);
        }
        equal(runs(), 5, "the runs");
      }),
  },
  {
    name: "P-65, S-2: another person's request runs while the first one's is running",
    async run(subject) {
      // SQLite lets one transaction write at a time, so the third kind of effects is not played.
      const modes = ["unrepeatable", "repeatable"] as const;
      const held = { ending: gate() };
      const handler = async (call: Call): Promise<Reply> => {
        if (call.header("x-user") === "ann") await held.ending.opened;
        return personal(call);
      };
      await inEachMode(
        subject,
        { handler },
        async ({ send, mounted }) => {
          held.ending = gate();
          const anns = send({ user: "ann" });
          await mounted.link.called("claim");
          const bobs = await send({ user: "bob" });
          isRun(bobs, "bob's request");
          held.ending.open();
          equal((await anns).text, "for ann only", "what ann reads");
        },
        modes,
      );
    },
  },
  {
    name: "P-66, S-1: a request whose owner cannot be told is refused, and said to be so",
    async run(subject) {
      const unnamed: readonly (() => unknown)[] = [
        () => undefined,
        () => null,
        () => "",
        () => [],
        () => ["tenant", undefined],
        () => ["tenant", ""],
        () => 7,
        async () => undefined,
        () => {
          throw new Error("no session");
        },
        () => Promise.reject(new Error("no session")),
      ];
      for (const scope of unnamed) {
        await scene(subject, { options: { scope } }, async ({ send, runs, events, store }) => {
          problem(await send(), 400, "idempotency_scope_unresolved");
          equal(runs(), 0, "the runs");
          equal(events.map((event) => event.type).join(), "scope-unresolved", "the events");
          ok(
            events.every((event) => levelOf(event) === "error"),
            "the event is an error",
          );
          equal((await store.list({ limit: 1 })).records.length, 0, "the records");
        });
      }
    },
  },
  {
    name: "P-66: without a key nobody is asked whose it is",
    async run(subject) {
      let asked = 0;
      const scope = () => {
        asked++;
        return "ann";
      };
      await inEachMode(subject, { options: { scope } }, async ({ send, runs }) => {
        asked = 0;
        isRun(await send({ key: null }), "the request without a key");
        equal(asked, 0, "how often the scope was asked for");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: 'P-67: with scope "global" all share one space of keys',
    run: (subject) =>
      inEachMode(subject, { options: { scope: "global" } }, async ({ send, runs }) => {
        const first = await send({ user: "ann" });
        isRun(first, "the first request");
        replays(await send({ user: "bob" }), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-68: a renewed token is the same person",
    run: (subject) =>
      inEachMode(subject, {}, async ({ send, runs }) => {
        const first = await send({ headers: { authorization: "Bearer old" } });
        replays(await send({ headers: { authorization: "Bearer new" } }), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-69, S-3: a token that was revoked reads the application's 401, not what was kept",
    async run(subject) {
      const revoked = new Set<string | undefined>();
      const outside = (call: Scoped) =>
        revoked.has(call.header("authorization")) ? { refuse: text(401, "revoked") } : {};
      await inEachMode(subject, { outside }, async ({ send, runs }) => {
        revoked.clear();
        const headers = { authorization: "Bearer t" };
        isRun(await send({ headers }), "the first request");
        revoked.add("Bearer t");
        const again = await send({ headers });
        equal(again.status, 401, "the status after the revocation");
        equal(again.text, "revoked", "the body after the revocation");
        equal(again.isReplay, false, "the marker after the revocation");
        equal(again.headers.get("location"), null, "the Location that was kept");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-70, S-1: scope and key are framed, so none runs into the other",
    async run(subject) {
      const scope = (call: Scoped) => JSON.parse(call.header("x-user") ?? "null");
      await scene(subject, { options: { scope } }, async ({ send, runs, store }) => {
        const pairs: readonly (readonly [principal: unknown, key: string])[] = [
          [["a", "b:c"], "k"],
          [["a:b", "c"], "k"],
          [["a:b:c"], "k"],
          [["a", "b", "c"], "k"],
          ["a:b", "c"],
          ["a", "b:c"],
          ["ab", "c"],
          ["a", "bc"],
        ];
        for (const [principal, key] of pairs) {
          isRun(await send({ user: JSON.stringify(principal), key }), "a record of its own");
        }
        equal(runs(), pairs.length, "the runs");
        const { records } = await store.list({ limit: 100 });
        equal(records.length, pairs.length, "the records");
        for (const { id, scope: owner } of records) {
          ok(/^[0-9a-f]{64}$/.test(id), "the record's address is a SHA-256 digest");
          ok(/^[0-9a-f]{64}$/.test(owner), "the scope is a SHA-256 digest");
        }
      });
    },
  },
  {
    name: "P-71, S-9, S-15, S-16: an odd key is a key like any other",
    async run(subject) {
      const odd = ["../x", "*", "k1*", "'drop", "__proto__", "constructor", "%".repeat(255)];
      await inEachMode(subject, {}, async ({ send, runs, store }) => {
        const neighbour = await send({ key: "k1" });
        for (const [index, key] of odd.entries()) {
          const first = await send({ key });
          isRun(first, `the request with ${key.slice(0, 20)}`);
          replays(await send({ key }), first);
          equal(runs(), index + 2, "the runs");
        }
        replays(await send({ key: "k1" }), neighbour);
        equal((await store.list({ limit: 100 })).records.length, odd.length + 1, "the records");
      });
    },
  },
  {
    name: "P-71: a request that carries the marker itself is not taken for a replay",
    run: (subject) =>
      inEachMode(subject, {}, async ({ send, runs }) => {
        const headers = { "idempotent-replayed": "true" };
        const first = await send({ headers });
        isRun(first, "the request with the marker");
        replays(await send({ headers }), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-72: with the path in the scope, the routes are independent",
    async run(subject) {
      const scope = (call: Scoped) => [call.header("x-user"), call.target];
      await inEachMode(subject, { options: { scope } }, async (played) => {
        await runsAgain(played, 1);
        isRun(await played.send({ path: "/refund" }), "the request to the other path");
        equal(played.runs(), 2, "the runs");
      });
    },
  },
  {
    name: "P-73, S-40: what the handler omits is shown once, and never kept",
    async run(subject) {
      const secret = "sesame-4711";
      const handler = (call: Call): Reply => {
        call.idempotency?.omit();
        return { ...CREATED, body: secret };
      };
      await inEachMode(subject, { handler }, async ({ send, runs, mounted, store }) => {
        const first = await send();
        isRun(first, "the first request");
        equal(first.text, secret, "what is shown once");
        const again = await send();
        problem(again, 409, "idempotency_response_not_kept");
        const { original } = JSON.parse(again.text);
        equal(JSON.stringify(original), '{"status":201,"location":"/payments/1"}', "the original");
        equal(runs(), 1, "the runs");
        const given = mounted.link.calls.map(({ given }) => shown(given)).join("\n");
        ok(!given.includes(secret), "the store was not given the secret");
        const { records } = await store.list({ limit: 10 });
        ok(!shown(records).includes(secret), "the store does not hold the secret");
      });
    },
  },
  {
    name: "P-74, S-11: a full store refuses a new key, and forgets no live record",
    run: (subject) =>
      scene(subject, { maxRecords: 2 }, async ({ send, runs, store }) => {
        const [a, b] = [await send({ key: "a" }), await send({ key: "b" })];
        const refused = await send({ key: "c" });
        problem(refused, 503, "idempotency_store_unavailable");
        equal(refused.headers.get("retry-after"), "5", "Retry-After");
        equal(runs(), 2, "the runs");
        replays(await send({ key: "a" }), a);
        replays(await send({ key: "b" }), b);
        equal((await store.list({ limit: 10 })).records.length, 2, "the records");
      }),
  },
];

/** Everything in it, with the bytes as text. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    inner instanceof Uint8Array ? new TextDecoder("latin1").decode(inner) : inner,
  );
}
