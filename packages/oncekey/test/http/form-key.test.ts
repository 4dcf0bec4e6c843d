/** The key in a form's own field: found, absent, blank, invalid, or not to be searched for. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { RequestBody } from "../../src/http/fingerprint.ts";
import { type FormKey, formKey } from "../../src/http/form-key.ts";

const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data; boundary=b";

interface Given {
  readonly type: string;
  readonly body: string | { readonly parsed: unknown };
  readonly encoding?: string;
}

function check(name: string, { type, body, encoding }: Given, expected: FormKey): void {
  const fields: Record<string, string | undefined> = {
    "content-type": type,
    "content-encoding": encoding,
  };
  const content: RequestBody =
    typeof body === "string"
      ? { kind: "bytes", bytes: new TextEncoder().encode(body) }
      : { kind: "parsed", value: body.parsed };
  test(name, () => {
    deepEqual(formKey({ header: (field) => fields[field], body: content }, "_key"), expected);
  });
}

const K1: FormKey = { kind: "key", key: "k1" };
const ABSENT: FormKey = { kind: "absent" };
const INVALID: FormKey = { kind: "invalid" };
const BLANK: FormKey = { kind: "blank" };

const part = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

check("P-14: in an urlencoded form", { type: URLENCODED, body: "a=1&_key=k1" }, K1);
check(
  "P-14: with parameters of its type",
  { type: `${URLENCODED};charset=x`, body: "_key=k1" },
  K1,
);
check(
  "P-14: in a form of parts",
  { type: MULTIPART, body: `${part("a", "1")}${part("_key", "k1")}--b--` },
  K1,
);
check(
  "P-14: in what a parser made of the form",
  { type: URLENCODED, body: { parsed: { _key: "k1" } } },
  K1,
);
check("P-14: no field, no key", { type: URLENCODED, body: "a=1" }, ABSENT);
check("P-14: no part, no key", { type: MULTIPART, body: `${part("a", "1")}--b--` }, ABSENT);
check("P-14: an empty form", { type: URLENCODED, body: "" }, ABSENT);
check(
  "P-14: nothing that a parser kept",
  { type: URLENCODED, body: { parsed: undefined } },
  ABSENT,
);
check("P-14: JSON is no form", { type: "application/json", body: '{"_key":"k1"}' }, ABSENT);
check(
  "P-14: nor is parsed JSON",
  { type: "application/json", body: { parsed: { _key: "k1" } } },
  ABSENT,
);
check(
  "P-14: what is encoded is not read",
  { type: URLENCODED, body: "_key=k1", encoding: "gzip" },
  ABSENT,
);
check(
  "P-14: identity is no encoding",
  { type: URLENCODED, body: "_key=k1", encoding: "identity" },
  K1,
);
check(
  "P-14: by the rules of a bare key: no quotes",
  { type: URLENCODED, body: "_key=%22k1%22" },
  INVALID,
);
check("P-14: no space", { type: URLENCODED, body: "_key=a+b" }, INVALID);
check("P-14: no line break", { type: MULTIPART, body: `${part("_key", "k1\r\n")}--b--` }, INVALID);
check("P-14: nothing outside ASCII", { type: URLENCODED, body: "_key=%c3%a9" }, INVALID);
check(
  "P-9: 255 characters",
  { type: URLENCODED, body: `_key=${"a".repeat(255)}` },
  { kind: "key", key: "a".repeat(255) },
);
check("P-9: but not 256", { type: URLENCODED, body: `_key=${"a".repeat(256)}` }, INVALID);
check("P-7: a blank field is blank", { type: URLENCODED, body: "_key=+" }, BLANK);
check("P-7: so is one without a value", { type: URLENCODED, body: "_key" }, BLANK);
check("P-7: and a blank part", { type: MULTIPART, body: `${part("_key", "")}--b--` }, BLANK);
check(
  "P-15: twice is invalid, even if equal",
  { type: URLENCODED, body: "_key=k1&_key=k1" },
  INVALID,
);
check(
  "P-15: in parts too",
  { type: MULTIPART, body: `${part("_key", "k1").repeat(2)}--b--` },
  INVALID,
);
check(
  "P-15: and as a parser's list",
  { type: URLENCODED, body: { parsed: { _key: ["k1", "k1"] } } },
  INVALID,
);
check(
  "P-15: or its object",
  { type: URLENCODED, body: { parsed: { _key: { a: "k1" } } } },
  INVALID,
);
check(
  "P-6: a form that cannot be read may hold any key",
  { type: MULTIPART, body: part("_key", "k1") },
  INVALID,
);
check(
  "P-15: a form of more parts than are searched",
  { type: MULTIPART, body: `${part("a", "1").repeat(1_001)}--b--` },
  { kind: "too-long" },
);
check(
  "S-15: an inherited name is no field",
  { type: URLENCODED, body: { parsed: Object.create({ _key: "k1" }) } },
  ABSENT,
);
