/** What makes two requests the same: protocol.md, P-40 to P-48. */
import { type Case, each, equal } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import {
  type Answer,
  problem,
  replays,
  type Scene,
  type SceneOptions,
  scene,
  type Wanted,
} from "./scene.ts";

/** What is sent first, and then under the same key. */
type Pair = readonly [first: Wanted, then: Wanted];

const pairs = (bodies: readonly (readonly [string, string])[], type?: string): readonly Pair[] =>
  bodies.map(([first, then]) => [
    { body: first, ...(type !== undefined && { type }) },
    { body: then, ...(type !== undefined && { type }) },
  ]);

async function firstOf({ send, runs }: Scene, wanted: Wanted): Promise<Answer> {
  const before = runs();
  const first = await send(wanted);
  equal(first.status, 201, "the status of the first");
  equal(runs(), before + 1, "the runs");
  return first;
}

/** Every pair is one request, in both orders. */
async function same(subject: AdapterSubject, options: SceneOptions, rows: readonly Pair[]) {
  await scene(subject, options, async (played) => {
    await each(rows, async ([one, other], index) => {
      for (const [sent, then] of [
        [one, other],
        [other, one],
      ] as const) {
        const key = `k${index}-${sent === one}`;
        const first = await firstOf(played, { ...sent, key });
        replays(await played.send({ ...then, key }), first);
      }
    });
    equal(played.runs(), rows.length * 2, "the runs");
  });
}

/** No pair is one request, in neither order; and the first is replayed after all. */
async function different(subject: AdapterSubject, options: SceneOptions, rows: readonly Pair[]) {
  await scene(subject, options, async (played) => {
    await each(rows, async ([one, other], index) => {
      for (const [sent, then] of [
        [one, other],
        [other, one],
      ] as const) {
        const key = `k${index}-${sent === one}`;
        const first = await firstOf(played, { ...sent, key });
        problem(await played.send({ ...then, key }), 422, "idempotency_conflict");
        replays(await played.send({ ...sent, key }), first);
      }
    });
    equal(played.runs(), rows.length * 2, "the runs");
  });
}

const FORM = "application/x-www-form-urlencoded";
const deep = (levels: number, inner: string): string =>
  `${"[".repeat(levels)}${inner}${"]".repeat(levels)}`;

function multipart(boundary: string, note: string): Wanted {
  const part = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = `${part("amount", "10")}${part("note", note)}--${boundary}--\r\n`;
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

export const sameRequestCases: readonly Case<AdapterSubject>[] = [
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
  {
    name: "P-45: the case and the parameters of the type make no difference, and +json is JSON",
    run: (subject) => {
      const body = '{"a":1,"b":2}';
      const reordered = '{"b":2,"a":1}';
      const json = "application/vnd.pay+json";
      return same(subject, {}, [
        [
          { type: "application/json", body },
          { type: "Application/JSON; charset=utf-8", body: reordered },
        ],
        [
          { type: json, body },
          { type: json, body: reordered },
        ],
        [
          { type: "text/plain", body: "x" },
          { type: "text/plain; charset=utf-8", body: "x" },
        ],
      ]);
    },
  },
  {
    name: "P-45: another type or subtype is another request",
    run: (subject) => {
      const body = '{"a":1}';
      const typed = (one: string, other: string): Pair => [
        { type: one, body },
        { type: other, body },
      ];
      return different(subject, {}, [
        typed("application/json", "text/json"),
        typed("application/json", "application/vnd.pay+json"),
        typed("application/json", "text/plain"),
      ]);
    },
  },
  {
    name: "P-46: how characters are encoded makes no difference in a form or a query",
    run: (subject) =>
      same(subject, {}, [
        ...pairs(
          [
            ["a=%41&b=c+d", "a=A&b=c%20d"],
            ["a=%2f&%62=%c3%a9", "a=/&b=%C3%A9"],
          ],
          FORM,
        ),
        [{ path: "/pay?a=%41&b=c+d" }, { path: "/pay?a=A&b=c%20d" }],
        [{ path: "/pay?to=%7Eann" }, { path: "/pay?to=~ann" }],
      ]),
  },
  {
    name: "P-46: the order of pairs makes a difference",
    run: (subject) =>
      different(subject, {}, [
        ...pairs(
          [
            ["a=1&b=2", "b=2&a=1"],
            ["a=1&a=2", "a=2&a=1"],
            ["a=1%26b=2", "a=1&b=2"],
            ["a=1", "a=1&"],
          ],
          FORM,
        ),
        [{ path: "/pay?a=1&b=2" }, { path: "/pay?b=2&a=1" }],
        [{ path: "/pay?a=1%26b=2" }, { path: "/pay?a=1&b=2" }],
        [{ path: "/pay?a=1%2B1" }, { path: "/pay?a=1+1" }],
      ]),
  },
  {
    name: "P-47: a multipart body may come with a new boundary, and no other byte changed",
    async run(subject) {
      await same(subject, {}, [[multipart("one", "hi"), multipart("--two", "hi")]]);
      await different(subject, {}, [
        [multipart("one", "hi"), multipart("one", "ho")],
        [multipart("one", "hi"), multipart("--two", "hi ")],
      ]);
    },
  },
  {
    name: "P-47: a body with a `Content-Encoding` is compared as it was sent",
    async run(subject) {
      const encoded = { headers: { "content-encoding": "x-own" } };
      await same(subject, {}, [
        [
          { ...encoded, body: '{"a":1,"b":2}' },
          { ...encoded, body: '{"a":1,"b":2}' },
        ],
      ]);
      await different(subject, {}, [
        [
          { ...encoded, body: '{"a":1,"b":2}' },
          { ...encoded, body: '{"b":2,"a":1}' },
        ],
        [{ ...encoded, body: '{"a":1}' }, { body: '{"a":1}' }],
      ]);
    },
  },
  {
    name: "P-48: the application says which headers count too, and which members do not",
    async run(subject) {
      const options = { fingerprint: { headers: ["Api-Version"], ignore: ["/sentAt"] } };
      const versioned = (version: string): Wanted => ({ headers: { "api-version": version } });
      await same(subject, { options }, [
        ...pairs([
          ['{"a":1,"sentAt":1}', '{"a":1,"sentAt":2}'],
          ['{"a":1,"sentAt":1}', '{"a":1}'],
        ]),
        [versioned("1"), versioned("1")],
      ]);
      await different(subject, { options }, [
        ...pairs([
          ['{"a":1,"sentAt":1}', '{"a":2,"sentAt":1}'],
          ['{"a":{"sentAt":1}}', '{"a":{"sentAt":2}}'],
        ]),
        [versioned("1"), versioned("2")],
        [versioned("1"), {}],
      ]);
    },
  },
];
