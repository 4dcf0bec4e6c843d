/** Equal decimals have one spelling, unequal ones never share it. */
import { equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonicalDecimal } from "../../src/http/decimal.ts";

function check(name: string, families: readonly (readonly string[])[]): void {
  test(name, () => {
    const spelt = families.map((family) => {
      const [first = "", ...others] = family;
      for (const other of others) {
        equal(canonicalDecimal(other), canonicalDecimal(first), `${other} is ${first}`);
      }
      return canonicalDecimal(first);
    });
    equal(new Set(spelt).size, families.length, "no two families share a spelling");
  });
}

check("P-40: equal decimals, however they are written", [
  ["1", "1.0", "1e0", "10e-1", "0.1E+1", "1.000e-0", "100e-0000002"],
  ["0", "-0", "0.0", "-0.00e99", "0e999999999999999999999"],
  ["-1", "-1.0", "-10e-1"],
  ["10", "1e1", "1.0e+1", "0.01e3"],
  ["120000", "12e4", "1.2e5"],
  ["0.5", "5e-1", "0.50"],
  ["1e400", "10e399", "0.1e401"],
]);

check("P-41: what a double would round stays apart", [
  ["9007199254740992"],
  ["9007199254740993"],
  ["0.1"],
  ["0.10000000000000001"],
  ["1e-400"],
  ["2e-400"],
  ["1e999"],
  ["1e1000"],
]);

test("P-43: an exponent beyond counting has no canonical form, and costs nothing", () => {
  equal(canonicalDecimal(`1e${"9".repeat(15)}`), `1e${"9".repeat(15)}`);
  equal(canonicalDecimal(`1e${"9".repeat(16)}`), undefined);
  equal(canonicalDecimal(`-1e-${"9".repeat(1_000_000)}`), undefined);
  equal(canonicalDecimal(`1e${"0".repeat(1_000_000)}1`), "1e1");
});

test("P-40: long runs of zeros are shortened exactly", () => {
  const zeros = "0".repeat(100_000);
  equal(canonicalDecimal(`1${zeros}1${zeros}`), `1${zeros}1e100000`);
  equal(canonicalDecimal(`0.${zeros}1`), "1e-100001");
  equal(canonicalDecimal(`0.${zeros}`), "0");
});

/** A decimal and another spelling of it: digits moved over the point, and back by the exponent. */
const respelt = fc
  .record({
    sign: fc.constantFrom("", "-"),
    digits: fc.stringMatching(/^[1-9][0-9]{0,20}$/),
    exponent: fc.integer({ min: -400, max: 400 }),
    shift: fc.nat({ max: 20 }),
  })
  .map(({ sign, digits, exponent, shift }) => ({
    one: `${sign}${digits}e${exponent}`,
    other: `${sign}0.${"0".repeat(shift)}${digits}000e${exponent + shift + digits.length}`,
    next: `${sign}${BigInt(digits) + 1n}e${exponent}`,
  }));

test("P-40, P-41: moving the point keeps a number, adding one in its last digit does not", () => {
  fc.assert(
    fc.property(respelt, ({ one, other, next }) => {
      equal(canonicalDecimal(other), canonicalDecimal(one));
      notEqual(canonicalDecimal(next), canonicalDecimal(one));
    }),
  );
});

test("P-40: a canonical form is its own canonical form, and the same number", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const canonical = canonicalDecimal(String(number)) ?? "";
      equal(canonicalDecimal(canonical), canonical);
      equal(Number(canonical), number === 0 ? 0 : number);
    }),
  );
});
