/** Pages on another origin: protocol.md, section 14. */
import { CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS } from "../../protocol/header.ts";
import { type Case, equal } from "../case.ts";
import { isFirst } from "./answer.ts";
import type { AdapterSubject, Call, Line, Reply, Scoped } from "./application.ts";
import { CREATED, problem, replays, scene } from "./scene.ts";

const A = "https://a.example";
const B = "https://b.example";
const FIELDS = ["access-control-allow-origin", "access-control-expose-headers", "vary"];

const allowed = (origin: string | undefined): readonly Line[] =>
  origin === undefined
    ? []
    : [
        ["Access-Control-Allow-Origin", origin],
        ["Access-Control-Expose-Headers", CORS_EXPOSE_HEADERS.join(", ")],
        ["Vary", "Origin"],
      ];

export const corsCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-136: a preflight is the application's to answer, with the lists that oncekey exports",
    run: (subject) => {
      const preflight: Reply = {
        status: 204,
        headers: [
          ["Access-Control-Allow-Origin", A],
          ["Access-Control-Allow-Headers", CORS_ALLOW_HEADERS.join(", ")],
        ],
      };
      const handler = (call: Call) => (call.method === "OPTIONS" ? preflight : CREATED);
      return scene(
        subject,
        { handler, options: { required: true } },
        async ({ send, runs, store }) => {
          equal(CORS_ALLOW_HEADERS.join(), "Idempotency-Key", "the headers to allow");
          equal(
            CORS_EXPOSE_HEADERS.join(),
            "Idempotent-Replayed,Idempotency-Key,Retry-After,Location",
            "the headers to expose",
          );
          for (let times = 1; times <= 2; times++) {
            const answer = await send({
              method: "OPTIONS",
              key: null,
              body: null,
              headers: {
                origin: A,
                "access-control-request-method": "POST",
                "access-control-request-headers": "idempotency-key",
              },
            });
            equal(answer.status, 204, "the status");
            const fields = answer.headers.get("access-control-allow-headers");
            equal(fields, "Idempotency-Key", "the application's own header");
            isFirst(answer);
            equal(runs(), times, "the runs");
          }
          equal((await store.list({ limit: 1 })).records.length, 0, "the records");
        },
      );
    },
  },
  {
    name: "P-137: problems and replays carry what CORS middleware outside has set",
    run: (subject) => {
      const outside = (call: Scoped) => ({ headers: allowed(call.header("origin")) });
      return scene(subject, { outside }, async ({ send, runs }) => {
        const from = (origin: string) => ({ headers: { origin } });
        const first = await send(from(A));
        equal(first.headers.get(FIELDS[0] ?? ""), A, "the origin on the first answer");
        const again = await send(from(A));
        replays(again, first, FIELDS);
        const other = await send({ ...from(A), body: "{}" });
        problem(other, 422, "idempotency_conflict", { outside: FIELDS });
        const refused = await send({ ...from(A), key: "a, b" });
        problem(refused, 400, "idempotency_key_invalid", { outside: FIELDS });
        for (const answer of [again, other, refused]) {
          for (const [name, value] of allowed(A)) equal(answer.headers.get(name), value, name);
        }

        const elsewhere = await send(from(B));
        replays(elsewhere, first, FIELDS);
        for (const [name, value] of allowed(B)) equal(elsewhere.headers.get(name), value, name);
        const nowhere = await send();
        replays(nowhere, first, FIELDS);
        equal(nowhere.headers.get(FIELDS[0] ?? ""), null, "the origin for a client that has none");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-137: a replay never names an origin that the handler itself has named",
    run: (subject) => {
      const handler = (call: Call): Reply => ({
        ...CREATED,
        headers: [["Access-Control-Allow-Origin", call.header("origin") ?? "none"]],
      });
      return scene(subject, { handler }, async ({ send, runs }) => {
        const first = await send({ headers: { origin: A } });
        equal(first.headers.get(FIELDS[0] ?? ""), A, "the origin on the first answer");
        for (const origin of [A, B]) {
          const again = await send({ headers: { origin } });
          replays(again, first);
          equal(again.headers.get(FIELDS[0] ?? ""), null, "the origin on the replay");
        }
        equal(runs(), 1, "the runs");
      });
    },
  },
];
