/**
 * Plays one way to answer: what a bare application sends is what a guarded one sends first and
 * replays, from one run. Also when the client leaves before the handler says its first word.
 */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Answer,
  answerOf,
  headerSet,
  isFirst,
  replays,
} from "../../src/conformance/adapter/answer.ts";
import { gate } from "../../src/conformance/adapter/scene.ts";
import { spell, wireTo } from "../../src/conformance/adapter/wire.ts";
import type { Mounted } from "../../src/conformance/adapter.ts";
import { soon } from "../../src/conformance/case.ts";
import type { ClaimRequest, Store } from "../../src/core/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";

/** What stands around a way: the guard's options, or none, and what the handler awaits first. */
export interface Around {
  readonly guard: { readonly store: Store; readonly scope: "global" } | undefined;
  begin(): Promise<void>;
}

/** `bare` is what comes without a guard, where an application has no answer of its own to it. */
export interface Expected {
  readonly bare?: { readonly status: number; readonly text: string };
}

/** Long enough for a server to see that its client has left. */
const NOTICE_MS = 50;

const REQUEST = {
  method: "POST",
  headers: { "content-type": "application/json", "idempotency-key": "k1" },
  body: '{"amount":10}',
  redirect: "manual",
} as const;

export function playWays<Way>(
  framework: string,
  serve: (way: Way, around: Around) => Promise<Mounted>,
  ways: Readonly<Record<string, Way>>,
  expected: Readonly<Record<string, Expected["bare"]>> = {},
): void {
  for (const [name, way] of Object.entries(ways)) {
    test(`${framework}, ${name}: the first answer is whole, and again is its replay`, async () => {
      let runs = 0;
      const around = guarded(async () => void runs++);
      const mounted = await serve(way, around);
      try {
        const first = await send(mounted);
        isFirst(first);
        const bare = expected[name];
        if (bare === undefined) same(first, await sendBare(serve, way));
        else equal(`${first.status} ${first.text}`, `${bare.status} ${bare.text}`);
        replays(await send(mounted), first);
        replays(await send(mounted), first);
        equal(runs, 1);
      } finally {
        await mounted.close();
      }
    });

    for (const moment of MOMENTS) {
      test(`${framework}, ${name}: the answer is kept when the client leaves ${moment}`, () =>
        leaving(serve, way, moment));
    }
  }
}

const MOMENTS = ["during the claim", "during the run"] as const;

async function leaving<Way>(
  serve: (way: Way, around: Around) => Promise<Mounted>,
  way: Way,
  moment: (typeof MOMENTS)[number],
): Promise<void> {
  const started = gate();
  const left = gate();
  const departure = async () => {
    started.open();
    await left.opened;
  };
  let runs = 0;
  const around = guarded(async () => {
    if (++runs === 1 && moment === "during the run") await departure();
  });
  const { store } = around.guard;
  const claim = async (request: ClaimRequest) => {
    if (moment === "during the claim") await departure();
    return store.claim(request);
  };
  const mounted = await serve(way, {
    ...around,
    guard: { ...around.guard, store: { ...store, claim } },
  });
  try {
    const wire = await wireTo(mounted);
    wire.write(spell());
    await soon(started.opened, moment);
    wire.leave();
    await pause(NOTICE_MS);
    left.open();
    const again = await whenEnded(mounted);
    equal(again.isReplay, true);
    const whole = await send(mounted, "k2");
    isFirst(whole);
    replays(again, whole);
    equal(runs, 2);
  } finally {
    await mounted.close();
  }
}

const guarded = (begin: () => Promise<void>) =>
  ({ guard: { store: memoryStore(), scope: "global" }, begin }) as const satisfies Around;

async function send(mounted: Mounted, key = "k1"): Promise<Answer> {
  const headers = new Headers({ ...REQUEST.headers, "idempotency-key": key });
  return answerOf(await mounted.fetch("/pay", { ...REQUEST, headers }), headers);
}

async function sendBare<Way>(
  serve: (way: Way, around: Around) => Promise<Mounted>,
  way: Way,
): Promise<Answer> {
  const mounted = await serve(way, { guard: undefined, begin: async () => {} });
  try {
    return await send(mounted);
  } finally {
    await mounted.close();
  }
}

function same(first: Answer, bare: Answer): void {
  equal(first.status, bare.status);
  equal(first.text, bare.text);
  const own = ["content-length", "idempotency-key"];
  equal(headerSet(first.headers, own), headerSet(bare.headers, own));
}

/** An answer that never ends would be in flight for as long as its process lives. */
async function whenEnded(mounted: Mounted): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await send(mounted);
    if (answer.code !== "idempotency_in_flight" || tries === 200) return answer;
    await pause(10);
  }
}
