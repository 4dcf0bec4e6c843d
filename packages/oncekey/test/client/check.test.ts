/** A wrong option is found when something is made, and named. */
import { throws } from "node:assert/strict";
import { test } from "node:test";
import { createIdempotentFetch, createSubmit, type Server } from "../../src/client/index.ts";

const WRONG: readonly [object, string][] = [
  [{ timeoutMs: -1 }, "timeoutMs"],
  [{ budgetMs: Number.NaN }, "budgetMs"],
  [{ retentionMs: "a day" }, "retentionMs"],
  [{ retry: { attempts: Number.POSITIVE_INFINITY } }, "attempts"],
  [{ server: "onekey" as Server }, "server"],
  [{ server: { "api.example": "oncekey" } }, "server"],
  [{ server: { "https://api.example/path": "oncekey" } }, "server"],
  [{ server: { "https://api.example": "on" } }, "server"],
];
for (const [options, name] of WRONG) {
  test(`C-28: ${JSON.stringify(options)} is refused by the name of \`${name}\``, () => {
    const named = { name: "TypeError", message: new RegExp(`^Expected \`${name}\` to be `) };
    throws(() => createIdempotentFetch(options), named);
    throws(() => createSubmit({ id: "checkout", ...options }), named);
  });
}

test("a submit without a name is refused", () => {
  throws(() => createSubmit({ id: "" }), /^TypeError: Expected `id`/);
});
