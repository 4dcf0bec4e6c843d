/** What makes two JSON bodies the same, parsed before or not: protocol.md, P-40 to P-44. */
import { type Case, equal } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { different, pairs, same } from "./comparison.ts";
import { problem, scene } from "./scene.ts";

const FORM = "application/x-www-form-urlencoded";
const deep = (levels: number, inner: string): string =>
  `${"[".repeat(levels)}${inner}${"]".repeat(levels)}`;

export const sameJsonCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-40: member order, white space, escapes and the spelling of decimals make no difference",
    run: (subject) =>
      same(
        subject,
        {},
        pairs([
          ['{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
          ['{"a":[1,2]}', ' {\r\n\t"a" : [ 1 , 2 ] }\n'],
          [String.raw`{"a":"\u0041\/\u00e9"}`, '{"a":"A/é"}'],
          ['{"\\u0061":1}', '{"a":1}'],
          ["[1,1,1]", "[1,1.0,1e0]"],
          ["[100,0.5]", "[1E+2,50e-2]"],
          ["[0,0,0]", "[0,-0,0.00]"],
        ]),
      ),
  },
  {
    name: "P-41: numbers are not rounded",
    run: (subject) =>
      different(
        subject,
        {},
        pairs([
          ['{"a":9007199254740992}', '{"a":9007199254740993}'],
          ['{"a":0.1}', '{"a":0.10000000000000001}'],
          ['{"a":1e400}', '{"a":1e401}'],
          ['{"a":1}', '{"a":-1}'],
        ]),
      ),
  },
  {
    name: "P-42: null and absent, two orders of a list, and two forms of a letter are different",
    run: (subject) =>
      different(
        subject,
        {},
        pairs([
          ['{"a":null}', "{}"],
          ['{"a":[1,2]}', '{"a":[2,1]}'],
          ['{"a":"\u00e9"}', '{"a":"e\u0301"}'],
          ['{"a":1}', '{"a":"1"}'],
          ['{"a":{}}', '{"a":[]}'],
        ]),
      ),
  },
  {
    name: "P-43: JSON that is doubtful is compared by its bytes, and nothing crashes",
    async run(subject) {
      const doubtful = [
        '{"a":1,"a":2}',
        String.raw`{"a":"\ud800"}`,
        deep(101, "1"),
        deep(20_000, ""),
        '{"a":1',
        "{'a':1}",
        "",
        '{"a":01}',
      ];
      await same(subject, {}, pairs(doubtful.map((body) => [body, body])));
      await different(subject, {}, pairs(doubtful.map((body) => [body, `${body} `])));
    },
  },
  {
    name: "P-43: a hundred levels are still compared by meaning, and `__proto__` is a name",
    async run(subject) {
      await same(
        subject,
        {},
        pairs([
          [deep(100, "1"), deep(100, " 1.0 ")],
          ['{"__proto__":{"x":1},"a":2}', '{"a":2,"__proto__":{"x":1}}'],
          ['{"constructor":1,"toString":2}', '{"toString":2,"constructor":1}'],
        ]),
      );
      await different(
        subject,
        {},
        pairs([
          ['{"__proto__":{"x":1}}', "{}"],
          ['{"__proto__":{"x":1}}', '{"__proto__":{"x":2}}'],
        ]),
      );
    },
  },
  {
    name: "P-44: what a parser made of JSON before oncekey is compared",
    async run(subject) {
      const options = { parser: "json" } as const;
      await same(subject, options, pairs([['{"a":1,"b":[2]}', '{ "b":[2.0],\n"a":1 }']]));
      await different(
        subject,
        options,
        pairs([
          ['{"a":1}', '{"a":2}'],
          ['{"a":1}', '{"a":"1"}'],
          ['{"a":[1,2]}', '{"a":[2,1]}'],
        ]),
      );
    },
  },
  {
    name: "P-44: what a parser made of an urlencoded form before oncekey is compared",
    async run(subject) {
      const options = { parser: "urlencoded" } as const;
      await same(subject, options, pairs([["a=%41+b&c=1", "a=A%20b&c=1"]], FORM));
      await different(subject, options, pairs([["a=1", "a=2"]], FORM));
    },
  },
  {
    name: "P-44: any other consumed body cannot be compared, and is not run",
    run: (subject) =>
      scene(subject, { parser: "text" }, async ({ send, runs, store }) => {
        const answer = await send({ type: "text/plain", body: "ten" });
        problem(answer, 500, "idempotency_body_unreadable");
        equal(runs(), 0, "the runs");
        equal((await store.list({ limit: 1 })).records.length, 0, "the records");
        const unkeyed = await send({ key: null, type: "text/plain", body: "ten" });
        equal(unkeyed.status, 201, "the status without a key");
      }),
  },
];
