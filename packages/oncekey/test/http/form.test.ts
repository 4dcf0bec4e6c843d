/** The hidden field: a fresh key, and markup that nothing in it can leave. */
import { equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { hiddenField } from "../../src/http/form.ts";
import { parseBareKey } from "../../src/protocol/header.ts";

test("P-154: each form has a key of its own, which reads as a bare key", () => {
  const field = hiddenField();
  const key =
    /^<input type="hidden" name="_idempotency_key" value="([^"]+)" autocomplete="off">$/.exec(
      field,
    )?.[1] ?? "";
  equal(parseBareKey(key).kind, "key");
  match(key, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  notEqual(hiddenField(), field);
});

test("P-154: a form that is shown again carries its key again", () => {
  equal(
    hiddenField({ name: "once", key: "k1" }),
    '<input type="hidden" name="once" value="k1" autocomplete="off">',
  );
});

test("P-154: no name and no key leaves its quotes", () => {
  equal(
    hiddenField({ name: `"><script>'&`, key: `"><b>'&amp;` }),
    '<input type="hidden" name="&quot;&gt;&lt;script&gt;&#39;&amp;" ' +
      'value="&quot;&gt;&lt;b&gt;&#39;&amp;amp;" autocomplete="off">',
  );
});
