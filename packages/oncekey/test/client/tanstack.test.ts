/** TanStack's own mutations, whose key stays where their state goes. */
import { deepEqual, equal, match } from "node:assert/strict";
import { afterEach, test } from "node:test";
import {
  dehydrate,
  hydrate,
  MutationObserver,
  onlineManager,
  QueryClient,
} from "@tanstack/query-core";
import { withIdempotency } from "../../src/client/tanstack.ts";

afterEach(() => onlineManager.setOnline(true));

/** What was sent, and what comes of each send: an answer, unless told otherwise. */
function line() {
  const keys: string[] = [];
  const sends: (() => Promise<string> | string)[] = [];
  const mutationFn = withIdempotency(async (dish: string | undefined, { idempotencyKey }) => {
    keys.push(idempotencyKey);
    const send = sends.shift();
    return send ? await send() : `served ${dish}`;
  });
  return { keys, sends, mutationFn };
}

const lost = (): string => {
  throw new TypeError("Failed to fetch");
};

const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2_000 && !holds(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  equal(holds(), true);
};

test("C-58: TanStack's own retry sends the same key", async () => {
  const { keys, sends, mutationFn } = line();
  sends.push(lost, lost);
  const client = new QueryClient();
  const order = new MutationObserver(client, { mutationFn, retry: 3, retryDelay: 1 });
  equal(await order.mutate("soup"), "served soup");
  equal(keys.length, 3);
  match(keys[0] ?? "", /^[0-9a-f-]{36}$/);
  equal(new Set(keys).size, 1);
});

test("C-58: each mutation has a key of its own, also where two mean the same at one time", async () => {
  const { keys, sends, mutationFn } = line();
  sends.push(lost, lost);
  const order = new MutationObserver(new QueryClient(), { mutationFn, retry: 3, retryDelay: 1 });
  await Promise.all([order.mutate("soup"), order.mutate("soup"), order.mutate(undefined)]);
  await order.mutate("soup");
  equal(keys.length, 6);
  equal(new Set(keys).size, 4);
  const counts = [...new Set(keys)].map((key) => keys.filter((each) => each === key).length);
  deepEqual(counts.sort(), [1, 1, 2, 2]);
});

test("C-58: paused after a lost answer, kept, and restored after a reload: the same key", async () => {
  const { keys, sends, mutationFn } = line();
  sends.push(() => {
    onlineManager.setOnline(false);
    return lost();
  });
  const client = new QueryClient();
  const options = { mutationKey: ["order"], mutationFn, retry: 3, retryDelay: 1 };
  const order = new MutationObserver(client, options);
  void order.mutate("soup").catch(() => {});
  await until(() => client.getMutationCache().getAll()[0]?.state.isPaused === true);
  const kept = JSON.stringify(dehydrate(client));

  // As a new page does: another client, and the functions by their keys.
  const next = new QueryClient();
  const reloaded = line();
  next.setMutationDefaults(["order"], { mutationFn: reloaded.mutationFn, retry: 3, retryDelay: 1 });
  hydrate(next, JSON.parse(kept));
  reloaded.sends.push(lost);
  onlineManager.setOnline(true);
  await next.resumePausedMutations();
  equal(next.getMutationCache().getAll()[0]?.state.data, "served soup");
  equal(reloaded.keys.length, 2);
  deepEqual(new Set(reloaded.keys), new Set([keys[0]]));
});

test("C-58, C-3: a page that was not loaded over TLS has a key too", async (context) => {
  const { keys, mutationFn } = line();
  const own = Object.getOwnPropertyDescriptor(crypto, "randomUUID");
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  context.after(() => {
    if (own) Object.defineProperty(crypto, "randomUUID", own);
    else Reflect.deleteProperty(crypto, "randomUUID");
  });
  await new MutationObserver(new QueryClient(), { mutationFn }).mutate("soup");
  match(keys[0] ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("C-58: paused before anything was sent: the key comes with the first send, and stays", async () => {
  const { keys, sends, mutationFn } = line();
  onlineManager.setOnline(false);
  const client = new QueryClient();
  client.setMutationDefaults(["order"], { mutationFn, retry: 3, retryDelay: 1 });
  const order = new MutationObserver<string, Error, string>(client, { mutationKey: ["order"] });
  const ordered = order.mutate("soup");
  await until(() => client.getMutationCache().getAll()[0]?.state.isPaused === true);
  deepEqual(keys, []);
  sends.push(lost);
  onlineManager.setOnline(true);
  await client.resumePausedMutations();
  equal(await ordered, "served soup");
  equal(keys.length, 2);
  equal(new Set(keys).size, 1);
});
