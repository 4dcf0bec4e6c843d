/**
 * The order: the machine of `oncekey/client`, and beside it what a page without a guard would send.
 */
import { createSubmit, type Snapshot } from "oncekey/client";
import { tabLock } from "oncekey/client/durable";
import { pathOf, type Settings } from "./settings.ts";

export interface Order {
  /** A press of the button, by a person or a scenario. */
  press(dish: string): void;
  /** The last key again, with whatever order: what no careful page would send. */
  sendAgain(dish: string): Promise<void>;
  check(): void;
  reset(): void;
  /** The key of what was sent last. */
  lastKey(): string | null;
  getSnapshot(): Snapshot;
  subscribe(listener: () => void): () => void;
  destroy(): void;
}

export function createOrder(settings: Settings): Order {
  let last: string | null = null;
  /** The machine's first send is on its way: what a second click sends comes after it. */
  let left: Promise<void> = Promise.resolve();
  let leave = (): void => {};
  const header =
    settings.duplicates === "refuse" ? "x-airsorted-idempotency-key" : "idempotency-key";
  const submit = createSubmit<{ dish: string }>({
    id: "playground",
    server: "oncekey",
    header,
    tabs: tabLock(),
    budgetMs: 30_000,
    fetch: (request, init) => {
      const answer = fetch(request, init);
      leave();
      return answer;
    },
    request: ({ dish }) => ({
      url: pathOf(settings),
      method: "POST",
      json: { dish },
      headers: { "x-guest": "ann" },
    }),
    onSuccess: {
      message: "Thank you. Your order is in the kitchen.",
      ...(settings.scenario === "order-again" && { redirect: "/ordered" }),
    },
  });
  const sendAgain = async (dish: string): Promise<void> => {
    const key = last;
    if (key === null) return;
    await left;
    await fetch(pathOf(settings), {
      method: "POST",
      headers: { "content-type": "application/json", [header]: key, "x-guest": "ann" },
      body: JSON.stringify({ dish }),
    })
      .then((response) => response.arrayBuffer())
      // The truth is in the right column; this page has nothing to add.
      .catch(() => {});
  };
  return {
    press(dish) {
      const { canSubmit, key } = submit.getSnapshot();
      if (canSubmit) {
        last = key;
        left = new Promise((resolve) => {
          leave = resolve;
        });
        void submit.submit({ dish });
        last = submit.getSnapshot().key ?? last;
      } else if (settings.clicks === "every-click") void sendAgain(dish);
    },
    sendAgain,
    check: () => void submit.check(),
    reset: () => submit.reset(),
    lastKey: () => last ?? submit.getSnapshot().key,
    getSnapshot: submit.getSnapshot,
    subscribe: submit.subscribe,
    destroy: submit.destroy,
  };
}
