/** Each store whose transactions are wrong in one way fails the case written for it. */
import { test } from "node:test";
import { transactionCases } from "../../src/conformance/index.ts";
import { register } from "../register.ts";
import { failsItsCase } from "./broken.ts";
import { brokenTransactions, transactional } from "./transactions.ts";

// The same store, unbroken: what its cases notice below is what is broken, and nothing else.
register(transactionCases, () => transactional());

for (const one of brokenTransactions) {
  test(`a store that ${one.name} fails: ${one.fails}`, () => failsItsCase(transactionCases, one));
}
