/** The engine touches the platform only through its ports: without a platform it does as well. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { examine } from "../src/simulator/examine.ts";
import { planOf } from "../src/simulator/plan.ts";

/** What could tell the time, wait, or draw, other than through the ports. */
const PLATFORM: readonly (readonly [owner: object, name: string])[] = [
  [Date, "now"],
  [performance, "now"],
  [Math, "random"],
  [crypto, "randomUUID"],
  [crypto, "getRandomValues"],
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [globalThis, "setImmediate"],
];

test("nothing in the core calls the platform's clock, randomness or timers", async () => {
  const called = new Set<string>();
  const restore = PLATFORM.map(([owner, name]) => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    const real = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    Object.defineProperty(owner, name, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]) {
        called.add(name);
        return Reflect.apply(real, this, args);
      },
    });
    return () => {
      // What came from a prototype is back once nothing stands before it.
      if (before === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, before);
    };
  });
  try {
    for (let seed = 1; seed <= 100; seed++) await examine(planOf(seed));
  } finally {
    for (const undo of restore) undo();
  }
  deepEqual([...called], []);
});
