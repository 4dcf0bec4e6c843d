/** Two requests under one key: the same, or not, in either order. */
import { each, equal } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import {
  type Answer,
  problem,
  replays,
  type Scene,
  type SceneOptions,
  scene,
  type Wanted,
} from "./scene.ts";

/** What is sent first, and then under the same key. */
export type Pair = readonly [first: Wanted, then: Wanted];

export const pairs = (
  bodies: readonly (readonly [string, string])[],
  type?: string,
): readonly Pair[] =>
  bodies.map(([first, then]) => [
    { body: first, ...(type !== undefined && { type }) },
    { body: then, ...(type !== undefined && { type }) },
  ]);

async function firstOf({ send, runs }: Scene, wanted: Wanted): Promise<Answer> {
  const before = runs();
  const first = await send(wanted);
  equal(first.status, 201, "the status of the first");
  equal(runs(), before + 1, "the runs");
  return first;
}

/** Every pair is one request, in both orders. */
export async function same(
  subject: AdapterSubject,
  options: SceneOptions,
  rows: readonly Pair[],
): Promise<void> {
  await scene(subject, options, async (played) => {
    await each(rows, async ([one, other], index) => {
      for (const [sent, then] of [
        [one, other],
        [other, one],
      ] as const) {
        const key = `k${index}-${sent === one}`;
        const first = await firstOf(played, { ...sent, key });
        replays(await played.send({ ...then, key }), first);
      }
    });
    equal(played.runs(), rows.length * 2, "the runs");
  });
}

/** No pair is one request, in neither order; and the first is replayed after all. */
export async function different(
  subject: AdapterSubject,
  options: SceneOptions,
  rows: readonly Pair[],
): Promise<void> {
  await scene(subject, options, async (played) => {
    await each(rows, async ([one, other], index) => {
      for (const [sent, then] of [
        [one, other],
        [other, one],
      ] as const) {
        const key = `k${index}-${sent === one}`;
        const first = await firstOf(played, { ...sent, key });
        problem(await played.send({ ...then, key }), 422, "idempotency_conflict");
        replays(await played.send({ ...sent, key }), first);
      }
    });
    equal(played.runs(), rows.length * 2, "the runs");
  });
}
