/** A submit on a page that can be loaded anew: what it keeps outlives it, and nothing else does. */
import { createSubmit, type Persistence, type Submit } from "../../src/client/index.ts";
import type { SubmitOptions } from "../../src/client/submit-options.ts";
import { type HurriedTime, hurriedTime } from "./hurried-time.ts";

export interface Order {
  readonly dish: string;
}

export interface Page {
  readonly submit: Submit<Order>;
  readonly time: HurriedTime;
  readonly kept: Map<string, string>;
  /** The same tab after a reload; the old page is gone, and its sends with it. */
  reload(): Page;
}

export function openPage(
  origin: string,
  options: Partial<SubmitOptions<Order>> = {},
  time: HurriedTime = hurriedTime(),
  kept: Map<string, string> = new Map(),
): Page {
  const submit = createSubmit<Order>(
    {
      id: "checkout",
      server: "oncekey",
      persist: storage(kept),
      request: (order) => ({ url: `${origin}/orders`, json: order }),
      ...options,
    },
    time.ports,
  );
  return {
    submit,
    time,
    kept,
    reload() {
      submit.destroy();
      return openPage(origin, options, time, kept);
    },
  };
}

const storage = (kept: Map<string, string>): Persistence => ({
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, text) => kept.set(name, text),
  removeItem: (name) => kept.delete(name),
});
