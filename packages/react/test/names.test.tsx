/** What the hook gives: the names that people know from other libraries. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { renderToString } from "react-dom/server";
import { useIdempotentSubmit } from "../src/use-idempotent-submit.ts";

test("C-52: the hook gives the names that users of TanStack Query and SWR know, and needs no provider", () => {
  const renders: ReturnType<typeof useIdempotentSubmit>[] = [];
  function Checkout() {
    const checkout = useIdempotentSubmit({ id: "checkout" });
    renders.push(checkout);
    return <form {...checkout.formProps} />;
  }
  equal(renderToString(<Checkout />), "<form></form>");
  const [given] = renders;
  ok(given);
  const { phase, status, isPending, isSuccess, isError, isUnknown, data, error } = given;
  deepEqual(
    { phase, status, data, error },
    { phase: "READY", status: "ready", data: null, error: null },
  );
  deepEqual([isPending, isSuccess, isError, isUnknown], [false, false, false, false]);
  for (const verb of ["submit", "retry", "check", "reset"] as const) {
    equal(typeof given[verb], "function", verb);
  }
  deepEqual(Object.keys(given.formProps), ["ref"]);
  deepEqual(Object.keys(given.buttonProps), ["aria-disabled", "onClick"]);
});
