/** Which header lines a replay has: protocol.md, P-22 to P-25, and its list of what is never kept. */
import { type Case, each, equal, ok } from "../case.ts";
import { isReplayed } from "./answer.ts";
import type { AdapterSubject, Line, Reply } from "./application.ts";
import { CREATED, replays, scene } from "./scene.ts";
import { ask, type Heard, type Spelling, valuesOf } from "./wire.ts";

/** Of each group of the list, with the prefixes spelled out; one value a field. */
const NEVER_KEPT: readonly Line[] = [
  ["Proxy-Connection", "x"],
  ["Alt-Svc", 'h3=":443"'],
  ["Set-Cookie", "session=secret; HttpOnly"],
  ["Set-Cookie2", "old=1"],
  ["Clear-Site-Data", '"cache"'],
  ["WWW-Authenticate", "Basic"],
  ["Proxy-Authenticate", "Basic"],
  ["Authentication-Info", 'nextnonce="1"'],
  ["Proxy-Authentication-Info", 'nextnonce="2"'],
  ["Age", "3"],
  ["Via", "1.1 inside"],
  ["Server-Timing", "db;dur=53"],
  ["Cache-Status", "inside; hit"],
  ["Proxy-Status", "inside"],
  ["Access-Control-Allow-Origin", "https://a.example"],
  ["Access-Control-Allow-Credentials", "true"],
  ["Access-Control-Expose-Headers", "X-Own"],
  ["Access-Control-Anything-New", "1"],
  ["Timing-Allow-Origin", "*"],
  ["X-Request-Id", "r1"],
  ["Request-Id", "r2"],
  ["X-Correlation-Id", "r3"],
  ["X-Trace-Id", "r4"],
  ["Traceparent", "00-1-2-01"],
  ["Tracestate", "a=1"],
  ["Traceresponse", "00-1-2-01"],
  ["B3", "0"],
  ["X-B3-TraceId", "1"],
  ["X-B3-Sampled", "1"],
  ["X-Amzn-Trace-Id", "Root=1"],
  ["X-Amzn-RequestId", "r5"],
  ["X-Cloud-Trace-Context", "1/2"],
  ["CF-Ray", "r6"],
  ["RateLimit", '"default";r=1'],
  ["RateLimit-Policy", '"default";q=9'],
  ["RateLimit-Remaining", "1"],
  ["X-RateLimit-Remaining", "1"],
  ["X-RateLimit-Reset", "1"],
  ["Retry-After", "7"],
];

/** Fields about one connection, which a handler had better not set, and some do. */
const HOP: readonly Line[] = [
  ["Connection", "X-Hop, keep-alive"],
  ["X-Hop", "1"],
  ["Keep-Alive", "timeout=77"],
  ["TE", "trailers"],
  ["Upgrade", "h2c"],
];

const KEPT: readonly Line[] = [
  ["Content-Type", "application/vnd.payment+json; v=2"],
  ["Location", "/payments/1"],
  ["ETag", '"v1"'],
  ["Content-Language", "de"],
  ["Content-Disposition", 'attachment; filename="r.json"'],
  ["Link", '</payments/1>; rel="self"'],
  ["Cache-Control", "private, max-age=60"],
  ["Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"],
  ["Vary", "Accept"],
  ["Warning", '199 - "x"'],
  ["X-Own", "of the application's own"],
  ["X-Empty", ""],
];

const answering = (headers: readonly Line[], status = 201): Reply => ({
  status,
  headers,
  body: '{"id":1}',
});

const isMarked = (heard: Heard): boolean =>
  valuesOf(heard, "idempotent-replayed").join() === "true";

export const keptHeaderCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-22: the replay has all of the handler's own fields, and 201 stays 201",
    run: (subject) =>
      scene(subject, { handler: () => answering(KEPT) }, async ({ send, mounted, runs }) => {
        const first = await send();
        equal(first.status, 201, "the status");
        for (const [name, value] of KEPT) equal(first.headers.get(name), value, name);
        const again = await send();
        replays(again, first);
        for (const [name, value] of KEPT) equal(again.headers.get(name), value, name);
        const heard = await ask(mounted);
        for (const [name, value] of KEPT) equal(valuesOf(heard, name).join("|"), value, name);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-23: the first answer has the fields that belong to one exchange, and the replay none",
    run: (subject) => {
      const handler = () => answering([...NEVER_KEPT, ["X-Own", "1"]]);
      return scene(subject, { handler }, async ({ mounted, runs }) => {
        const first = await ask(mounted);
        for (const [name, value] of NEVER_KEPT) {
          equal(valuesOf(first, name).join("|"), value, `${name} on the first answer`);
        }
        const again = await ask(mounted);
        ok(isMarked(again), "the second is a replay");
        for (const [name] of NEVER_KEPT) {
          ok(!isReplayed(name.toLowerCase()), `${name} is on the list`);
          equal(valuesOf(again, name).join("|"), "", `${name} on the replay`);
        }
        equal(valuesOf(again, "x-own").join("|"), "1", "X-Own on the replay");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-23: what is about one connection is not kept, nor what `Connection` names",
    run: (subject) =>
      scene(subject, { handler: () => answering([...HOP, ["X-Own", "1"]]) }, async (played) => {
        const first = await ask(played.mounted);
        equal(valuesOf(first, "x-hop").join("|"), "1", "X-Hop on the first answer");
        equal(valuesOf(first, "te").join("|"), "trailers", "TE on the first answer");
        const again = await ask(played.mounted);
        ok(isMarked(again), "the second is a replay");
        equal(valuesOf(again, "x-hop").join("|"), "", "X-Hop on the replay");
        equal(valuesOf(again, "te").join("|"), "", "TE on the replay");
        equal(valuesOf(again, "upgrade").join("|"), "", "Upgrade on the replay");
        ok(!valuesOf(again, "connection").join().includes("X-Hop"), "Connection is the server's");
        ok(!valuesOf(again, "keep-alive").join().includes("77"), "Keep-Alive is the server's");
        equal(valuesOf(again, "x-own").join("|"), "1", "X-Own on the replay");
      }),
  },
  {
    name: "P-23: the framing of a replay is made anew, once",
    run: (subject) =>
      scene(subject, { handler: chunkedReply }, async ({ mounted }) => {
        const first = await ask(mounted);
        equal(first.body, "in two", "the body of the first answer");
        for (let times = 0; times < 2; times++) {
          const again = await ask(mounted);
          ok(isMarked(again), "it is a replay");
          equal(again.body, "in two", "the body of the replay");
          equal(valuesOf(again, "content-length").join("|"), "6", "Content-Length");
          equal(valuesOf(again, "transfer-encoding").join("|"), "", "Transfer-Encoding");
          equal(valuesOf(again, "trailer").join("|"), "", "Trailer");
        }
      }),
  },
  {
    name: "P-23: `Date`, the echo and the marker are made new for each replay",
    run: (subject) => {
      const old = "Wed, 21 Oct 2015 07:28:00 GMT";
      const own: readonly Line[] = [
        ["Date", old],
        ["Idempotency-Key", "of-the-handler"],
        ["Idempotent-Replayed", "true"],
      ];
      return scene(subject, { handler: () => answering(own) }, async ({ mounted, runs }) => {
        const first = await ask(mounted);
        equal(valuesOf(first, "date").join("|"), old, "Date on the first answer");
        equal(valuesOf(first, "idempotency-key").join("|"), "k1", "the echo of the first answer");
        const again = await ask(mounted, { key: '"k1"' });
        equal(valuesOf(again, "idempotent-replayed").join("|"), "true", "the marker");
        equal(valuesOf(again, "idempotency-key").join("|"), '"k1"', "the echo of the replay");
        const [date = ""] = valuesOf(again, "date");
        ok(Date.now() - Date.parse(date) < 60_000, "the Date of the replay is its own");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-24: what middleware outside sets is new on each answer, and there once",
    async run(subject) {
      let count = 0;
      const outside = () => ({ headers: [["X-Nonce", `n${++count}`]] as const });
      await scene(subject, { outside }, async ({ mounted, runs }) => {
        const rows: readonly Spelling[] = [{}, {}, {}, { body: "other" }, { key: "a, b" }];
        await each(rows, async (spelling) => {
          const heard = await ask(mounted, spelling);
          equal(valuesOf(heard, "x-nonce").join("|"), `n${count}`, "X-Nonce");
        });
        equal(count, rows.length, "the calls of the middleware outside");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    // A session and a token against forgery: without either of them the next request is refused.
    name: "P-24: two cookies that middleware outside sets are two on each answer",
    async run(subject) {
      let count = 0;
      const outside = () => {
        count++;
        const headers = ["a", "b"].map((name) => ["Set-Cookie", `${name}=${count}`] as const);
        return { headers };
      };
      await scene(subject, { outside }, async ({ mounted, runs }) => {
        const rows: readonly Spelling[] = [{}, {}, {}, { body: "other" }, { key: "a, b" }];
        await each(rows, async (spelling) => {
          const heard = await ask(mounted, spelling);
          equal(valuesOf(heard, "set-cookie").join("|"), `a=${count}|b=${count}`, "Set-Cookie");
        });
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-24: what the handler sets over what stood outside is the handler's, and kept",
    async run(subject) {
      let count = 0;
      const outside = () => ({ headers: [["X-Nonce", `n${++count}`]] as const });
      const handler = () => answering([["X-Version", "2"]]);
      await scene(subject, { outside, handler }, async ({ send }) => {
        const first = await send();
        const again = await send();
        replays(again, first, ["x-nonce"]);
        equal(again.headers.get("x-version"), "2", "X-Version");
      });
    },
  },
  {
    name: "P-25: a replay has the lines of a field as the first answer had them",
    run: (subject) =>
      scene(subject, { handler: () => answering(TWO_LINKS) }, async ({ mounted }) => {
        const first = await ask(mounted);
        const again = await ask(mounted);
        ok(isMarked(again), "the second is a replay");
        equal(valuesOf(again, "link").join("\n"), valuesOf(first, "link").join("\n"), "Link");
        equal(valuesOf(again, "link").join(", "), LINKS.join(", "), "all of Link");
      }),
  },
  {
    name: "P-25: two lines of a field stay two lines",
    run: (subject) =>
      scene(subject, { handler: () => answering(TWO_LINKS) }, async ({ mounted }) => {
        equal(valuesOf(await ask(mounted), "link").join("\n"), LINKS.join("\n"), "the first's");
        equal(valuesOf(await ask(mounted), "link").join("\n"), LINKS.join("\n"), "the replay's");
      }),
  },
];

const LINKS = ['</a>; rel="x"; title="one, two"', "</b>; rel=y"];
const TWO_LINKS: readonly Line[] = LINKS.map((value) => ["Link", value] as const);

function chunkedReply(): Reply {
  async function* body(): AsyncGenerator<string> {
    yield "in ";
    yield "two";
  }
  const headers = [...(CREATED.headers ?? []), ["Transfer-Encoding", "chunked"] as const];
  return { ...CREATED, headers, body: body() };
}
