/** Where the bars of a lane lie. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bar, placed } from "../../../src/client/devtools/lane.ts";

const SEND = {
  ...{ at: 0, endedAt: null, brought: null, status: null, replayed: null },
  ...{ fault: null, isByHand: false },
};
const wait = (from: number, to: number | null): Bar => ({ kind: "wait", for: "pausing", from, to });
const send = (from: number, to: number | null): Bar => ({ kind: "send", send: SEND, from, to });

test("C-61: bars that follow each other never overlap, and all lie within their lane", () => {
  const steps = fc.array(
    fc.record({ idle: fc.nat(1_000_000), ms: fc.nat(10_000), isSend: fc.boolean() }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      let now = 0;
      const bars = all.map(({ idle, ms, isSend }) => {
        const from = now + idle + 1;
        now = from + ms;
        return (isSend ? send : wait)(from, now);
      });
      let last = 0;
      for (const { start, width } of placed(bars, now).places) {
        ok(start >= last - 1e-9, `${start} begins before ${last}`);
        ok(width > 0);
        last = start + width;
        ok(last <= 1 + 1e-9, `${last} is outside`);
      }
    }),
  );
});

test("C-61: ten idle minutes are cut short, and count for nothing in what it took", () => {
  const { places, ms } = placed([send(0, 100), send(600_100, 600_200)], 600_200);
  equal(ms, 200);
  ok((places[1]?.start ?? 1) < 0.6);
});

test("C-61: a quick send beside a long wait can still be read, and what goes on grows", () => {
  const { places } = placed([send(0, 5), wait(5, 8_000), send(8_000, null)], 8_100);
  ok(places.every(({ width }) => width >= 0.1));
  equal(placed([send(0, null)], 700).ms, 700);
  deepEqual(placed([], 0), { places: [], ms: 0 });
});
