/**
 * The order that every binding's page sends. A page draws into `#root` a form `#order` with an input
 * `dish` and a button `#pay`; buttons `#alone`, `#check` and `#reset` outside of it; and an `output`
 * with what `shown` makes of its state.
 */
import type { SubmitOptions } from "oncekey/client";

export interface Receipt {
  readonly id: number;
}

export interface Order {
  readonly dish: string;
}

export const ORDER: SubmitOptions<Order | undefined> = {
  id: "checkout",
  request: (order) => ({ url: "/orders", json: order ?? { dish: "bread" } }),
  // Short waits: what is measured is how often the server worked, and not when.
  retry: { attempts: 2, baseMs: 20, capMs: 40 },
};

/** What a page shows of its state, as far as the suite looks at it. */
export interface Shown {
  readonly phase: string;
  readonly status: string;
  readonly key: string | null;
  readonly replayed: boolean | null;
  readonly message: string;
  readonly isPending: boolean;
  readonly isSuccess: boolean;
  readonly isError: boolean;
  readonly isUnknown: boolean;
  readonly data: Receipt | null;
}

export function shown(state: Shown): string {
  const { phase, status, key, replayed, message, data } = state;
  const { isPending, isSuccess, isError, isUnknown } = state;
  return JSON.stringify({
    ...{ phase, status, key, replayed, message, data },
    ...{ isPending, isSuccess, isError, isUnknown },
  });
}
