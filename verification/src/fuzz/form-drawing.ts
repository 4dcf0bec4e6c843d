/**
 * Forms to be drawn. A form that is drawn field by field is known to be what it is, so the oracle
 * never reads it. Of one that was damaged only so much is read as is needed to say that two differ.
 */
import * as fc from "fast-check";
import { seeded } from "../simulator/random.ts";

/** The field that may carry the key. */
export const KEY_FIELD = "_key";

export interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly type?: string;
  /** A character for each byte, as in all that follows. */
  readonly content: string;
}

export type Form =
  | {
      readonly kind: "urlencoded";
      readonly pairs: readonly (readonly [name: string, value: string])[];
      /** Another one encodes other characters. */
      readonly spelling: number;
    }
  | {
      readonly kind: "multipart";
      readonly boundary: string;
      readonly parts: readonly Part[];
      /** How often the parts are repeated. */
      readonly times: number;
    }
  /** Something that was one of the others once. */
  | { readonly kind: "raw"; readonly type: string; readonly body: string };

export interface Sent {
  readonly type: string;
  readonly body: string;
}

export function sentOf(form: Form): Sent {
  switch (form.kind) {
    case "raw":
      return { type: form.type, body: form.body };
    case "urlencoded": {
      const random = seeded(form.spelling);
      const encoded = (text: string) =>
        Array.from(text, (character) => {
          const mustBe = !/[A-Za-z0-9_ ]/.test(character);
          if (character === " " && random.chance(0.5)) return "+";
          return mustBe || character === " " || random.chance(0.2) ? percent(character) : character;
        }).join("");
      const body = form.pairs
        .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
        .join("&");
      const digits = random.chance(0.5) ? body : body.replace(/%../g, (each) => each.toLowerCase());
      return { type: "application/x-www-form-urlencoded", body: digits };
    }
    case "multipart":
      return multipartOf(form);
  }
}

const percent = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

function multipartOf({ boundary, parts, times }: Form & { kind: "multipart" }): Sent {
  const sections = Array.from({ length: times }, () => parts.map(sectionOf)).flat();
  let mark = boundary;
  // A boundary is what stands nowhere else.
  while (sections.some((section) => section.includes(`\r\n--${mark}`))) mark += "x";
  const body = [...sections.map((section) => `--${mark}${section}\r\n`), `--${mark}--\r\n`].join(
    "",
  );
  return { type: `multipart/form-data; boundary="${mark}"`, body };
}

function sectionOf({ name, filename, type, content }: Part): string {
  const file = filename === undefined ? "" : `; filename="${filename}"`;
  const kind = type === undefined ? "" : `\r\nContent-Type: ${type}`;
  return `\r\nContent-Disposition: form-data; name="${name}"${file}${kind}\r\n\r\n${content}`;
}

/** What of a form is compared, as text; the values of the key's field stand apart. */
export interface Reading {
  readonly keys: readonly string[];
  readonly fields: string;
  readonly parts: number;
}

export function readingOf(form: Form, field: string | undefined): Reading | undefined {
  if (form.kind === "raw") return readRaw(form, field);
  const parts: readonly Part[] =
    form.kind === "urlencoded"
      ? form.pairs.map(([name, content]) => ({ name, content }))
      : Array.from({ length: form.times }, () => form.parts).flat();
  const keys = parts.filter(({ name }) => name === field).map(({ content }) => content);
  const counting = parts.filter(({ name }) => name !== field);
  const fields = counting.map(({ name, filename, type, content }) => [
    name,
    filename,
    type,
    content,
  ]);
  return { keys, fields: JSON.stringify([form.kind, fields]), parts: parts.length };
}

/** As lenient as can be: it is only asked whether two forms may be one. */
function readRaw({ type, body }: Sent, field: string | undefined): Reading | undefined {
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    const pairs = body.split("&").map((pair) => {
      const equals = pair.indexOf("=");
      const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals)];
      return [decoded(name), decoded(value)] as const;
    });
    // No parser makes anything of a pair that is empty.
    const counting = pairs.filter(([name, value]) => name !== field && name + value !== "");
    return { keys: [], fields: JSON.stringify(["raw", counting]), parts: pairs.length };
  }
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^";\s]+))/i.exec(type) ?? [];
  const boundary = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare;
  if (boundary === undefined) return undefined;
  const [before, ...sections] = `\r\n${body}`.split(`\r\n--${boundary}`);
  const last = sections.pop();
  if (before !== "" || last === undefined || !/^--(\r\n)?$/.test(last)) return undefined;
  // Whatever else stands in the head of the key's own part: that part is not compared.
  const isKey = new RegExp(`;[ \\t]*name="?${field}(?!\\w)`);
  const counting = sections.filter((section) => field === undefined || !isKey.test(section));
  return { keys: [], fields: JSON.stringify(["raw", counting]), parts: sections.length };
}

const decoded = (text: string): string =>
  text
    .replaceAll("+", " ")
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );

const word = fc.constantFrom("a", "b", "c", "amount");
const content = fc.oneof(
  fc.constantFrom("", "1", "2", "a b", "a+b", "a%20b", "a&b=c", "\u00ff", "\u00fe", "\u00c3\u00a9"),
  fc.constantFrom("\r\n", "\r\n--", "--b", "\r\n--b", "\r\n--b--\r\n", "\r\n\r\n", "\u0000"),
  fc.string({ maxLength: 3 }).map((text) => Buffer.from(text).toString("latin1")),
);
const keyField = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("k1", "k1", "k2") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", " ", '"k1"', "a b", " k1", "k".repeat(256), "\u00e9"),
  },
);

const plain: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ name: word, content }),
  fc.record({
    ...{ name: word, content, filename: fc.constantFrom("a.txt", "b.txt", `${KEY_FIELD}`) },
    type: fc.constantFrom("text/plain", "image/png"),
  }),
);
const carrier: fc.Arbitrary<Part> = fc.record({ name: fc.constant(KEY_FIELD), content: keyField });

const parts: fc.Arbitrary<readonly Part[]> = fc
  .tuple(
    fc.array(plain, { maxLength: 3 }),
    fc.oneof(
      { weight: 8, arbitrary: fc.array(carrier, { minLength: 1, maxLength: 1 }) },
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(carrier, { minLength: 2, maxLength: 2 }) },
    ),
    fc.nat(3),
  )
  .map(([plains, carriers, at]) => plains.toSpliced(at, 0, ...carriers));

const boundary = fc.constantFrom("b", "bb", "----WebKitFormBoundary0123", "a b'()+_,./:=?c", "=_1");

const urlencodedOf = (all: readonly Part[], spelling: number): Form => ({
  kind: "urlencoded",
  pairs: all.map(({ name, content }) => [name, content] as const),
  spelling,
});

/** Two forms: one twice, sent otherwise; one that was changed; one that was damaged; any two. */
export const forms: fc.Arbitrary<readonly [Form, Form]> = fc
  .record({
    how: fc.constantFrom(...(["same", "same", "changed", "damaged", "damaged", "other"] as const)),
    isMultipart: fc.boolean(),
    ...{ all: parts, others: parts, change: plain, boundaries: fc.tuple(boundary, boundary) },
    ...{ spellings: fc.tuple(fc.nat(9), fc.nat(9)), damage: fc.nat() },
    times: fc.oneof(
      { weight: 99, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constantFrom(500, 1_001) },
    ),
  })
  .map(({ how, isMultipart, all, others, change, boundaries, spellings, damage, times }) => {
    const make = (which: 0 | 1, of: readonly Part[]): Form =>
      isMultipart
        ? { kind: "multipart", boundary: boundaries[which], parts: of, times }
        : urlencodedOf(of, spellings[which]);
    const first = make(0, all);
    if (how === "same") return [first, make(1, all)] as const;
    if (how === "other") return [first, make(1, others)] as const;
    if (how === "changed") return [first, make(1, all.toSpliced(damage % 3, 1, change))] as const;
    const broken = damaged(sentOf(first), damage);
    return damage % 2 === 0 ? ([first, broken] as const) : ([broken, make(1, all)] as const);
  });

const BITS = [
  "\r\n",
  "\r",
  "\n",
  "--",
  "-",
  '"',
  ";",
  "=",
  "&",
  "%",
  "\u0000",
  "\u00ff",
  "a",
  "--b",
];

function damaged({ type, body }: Sent, seed: number): Form {
  const random = seeded(seed);
  const cut = (text: string) => {
    const at = random.between(0, text.length);
    return random.pick([
      () => text.slice(0, at),
      () => text.slice(0, at) + text.slice(at + 1),
      () => text.slice(0, at) + random.pick(BITS) + text.slice(at),
      () => text.slice(0, at) + random.pick(BITS) + text.slice(at + 1),
    ])();
  };
  const types = [
    type.replace(/boundary=.*/, "boundary=b"),
    type.replace(/; boundary=.*/, ""),
    type.replace(/boundary="/, 'boundary="\\'),
    type.replace(/boundary=/, "x=y;BOUNDARY="),
    type.replace(/boundary=.*/, `boundary=${"b".repeat(71)}`),
  ];
  if (random.chance(0.3)) return { kind: "raw", type: random.pick(types), body };
  return { kind: "raw", type, body: cut(body) };
}
