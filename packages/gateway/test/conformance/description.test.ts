/** The target description: its defaults, and one clear line for each mistake. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { bodyText, isDistinct } from "../../src/conformance/body.ts";
import { readDescription } from "../../src/conformance/description.ts";
import { Usage } from "../../src/conformance/usage.ts";
import { DESCRIPTION } from "./restaurant.ts";

const URL_OF_TARGET = new URL("http://127.0.0.1:1/pay");
const read = (description: unknown) => readDescription(URL_OF_TARGET, description);

test("nothing has to be described: the rest has defaults, or makes cases not apply", () => {
  const target = read({});
  equal(target.profile, "draft");
  equal(target.method, "POST");
  equal(target.keyHeader, "Idempotency-Key");
  equal(target.keyFormat, "quoted");
  equal(target.keyRequired, undefined);
  equal(target.counting, undefined);
  deepEqual(target.behaviours, {});
  deepEqual(target.statuses.conflict, [422]);
});

test("a profile brings its statuses and its marker, and a description its own", () => {
  const stripe = read({ profile: "stripe" });
  deepEqual(stripe.statuses.conflict, [400]);
  equal(stripe.keyFormat, "bare");
  equal(stripe.marker, "Idempotent-Replayed: true");
  const own = read({ profile: "stripe", statuses: { conflict: [409, 422] }, marker: null });
  deepEqual(own.statuses.conflict, [409, 422]);
  equal(own.marker, null);
});

test("runs are counted at an address, in a field, or at a pointer of the answer", () => {
  const { counting } = read(DESCRIPTION);
  deepEqual(counting, { by: "url", url: new URL("/runs", URL_OF_TARGET), pointer: "/runs" });
  deepEqual(read({ count: { header: "Location" } }).counting, { by: "header", header: "Location" });
  deepEqual(read({ count: { pointer: "/id" } }).counting, { by: "pointer", pointer: "/id" });
});

test("a read is a GET, and every other behaviour is like the described request", () => {
  const { behaviours } = read(DESCRIPTION);
  equal(behaviours.read?.method, "GET");
  equal(behaviours.slow?.method, undefined);
  equal(behaviours.slow?.ms, 1000);
});

test("the placeholder is a number where it stands alone, and its digits within text", () => {
  equal(bodyText({ a: "{{n}}", b: ["x{{n}}"] }, 7), '{"a":7,"b":["x7"]}');
  equal(bodyText("amount={{n}}&currency=eur", 7), "amount=7&currency=eur");
  equal(bodyText(undefined, 7), undefined);
  equal(isDistinct({ amount: 10 }), false);
  equal(isDistinct({ amount: "{{n}}" }), true);
});

const MISTAKES: readonly (readonly [description: unknown, message: RegExp])[] = [
  [[], /^Expected the description to be a JSON object\.$/],
  [{ profle: "draft" }, /^`profle` is not known\. What is known there: profile, method, /],
  [{ profile: "rfc" }, /^Expected `profile` to be draft or stripe or acp or oncekey\.$/],
  [{ behaviours: { slwo: {} } }, /^`behaviours\.slwo` is not known\./],
  [{ behaviours: { slow: { path: 1 } } }, /^Expected `behaviours\.slow\.path` to be text\.$/],
  [{ headers: { a: 1 } }, /^Expected `headers\.a` to be text\.$/],
  [{ key: { required: "yes" } }, /^Expected `key\.required` to be true or false\.$/],
  [{ statuses: { conflict: 42 } }, /^Expected `statuses\.conflict` to be a status, or a list/],
  [{ parallel: 0 }, /^Expected `parallel` to be a whole number of 1 or more\.$/],
  [{ principals: ["ann"] }, /^Expected `principals\[0\]` to be a JSON object\.$/],
  [{ count: {} }, /^Expected `count` to have a `url`, a `header` or a `pointer`\.$/],
  [{ count: { pointer: "id" } }, /^Expected `count\.pointer` to be a JSON pointer/],
  [{ count: { url: "http://" } }, /^Expected `count\.url` to be an address/],
  [{ marker: "yes" }, /^Expected `marker` to be "Name: value", or null/],
];

test("a mistake in a description is named in one line, with what would be right", () => {
  for (const [description, message] of MISTAKES) {
    throws(
      () => read(description),
      (error) => error instanceof Usage && message.test(error.message),
      JSON.stringify(description),
    );
  }
});
