/** What makes two requests the same besides JSON: protocol.md, P-45 to P-48. */
import type { Case } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { different, type Pair, pairs, same } from "./comparison.ts";
import type { Wanted } from "./scene.ts";

const FORM = "application/x-www-form-urlencoded";
function multipart(boundary: string, note: string): Wanted {
  const part = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = `${part("amount", "10")}${part("note", note)}--${boundary}--\r\n`;
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

export const sameRequestCases: readonly Case<AdapterSubject>[] = [
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
