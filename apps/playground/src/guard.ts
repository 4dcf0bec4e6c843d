/** How a guard is set up for a wish, whether it stands in an API process or in the gateway. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage } from "node:http";
import { type Notifier, type OncekeyEvent, type Store, StoreUnavailable } from "oncekey";
import { REQUEST_FIELD, TRAP_FIELD, trapIn } from "./trap.ts";
import type { Wish } from "./wish.ts";
import { say } from "./worker.ts";

/** The part of a guard's event that is shown. */
export interface Told {
  readonly type: OncekeyEvent["type"];
  readonly waitedMs?: number;
  readonly attempt?: number;
}

export interface Place {
  readonly notifier: Notifier | undefined;
  readonly leaseMs: number;
  /** Of this start, for traps. */
  readonly secret: string;
  /** Which process it is. */
  readonly instance: number | "gateway";
}

/** Longer than any cooking: the duplicates of a form are to see the answer, and not a 409. */
const WAIT_MS = 10_000;
/** The standard's field, and the one on the deck's slide. */
const HEADERS = ["idempotency-key", "x-airsorted-idempotency-key"];

interface About {
  readonly request: number;
  readonly isCut: boolean;
}

export interface Guarding {
  /** The options that every guard of the playground has for these duplicates. */
  options(duplicates: Wish["duplicates"]): ReturnType<typeof optionsOf>;
  /** A guard's events name no request: which one it is about is known by where it was said. */
  readonly about: AsyncLocalStorage<About>;
  aboutOf(request: IncomingMessage): About;
  told(event: Told): void;
  /** The store, unless the wire to it is cut: then nothing reaches it. */
  cuttable<S extends Store>(store: S): S;
}

export function createGuarding(place: Place): Guarding {
  const about = new AsyncLocalStorage<About>();
  const told = ({ type, waitedMs, attempt }: Told): void => {
    const { request } = about.getStore() ?? { request: 0 };
    if (request === 0 || type === "store-called") return;
    void say({
      happening: {
        ...{ what: "engine", request, instance: place.instance, event: type },
        ...(waitedMs !== undefined && { waitedMs }),
        ...(attempt !== undefined && { attempt }),
      },
    });
  };
  return {
    about,
    told,
    options: (duplicates) => optionsOf(place, duplicates, told),
    aboutOf: ({ headers }) => ({
      request: Number(headers[REQUEST_FIELD] ?? 0),
      isCut: trapIn(headers[TRAP_FIELD], place.secret) === "cut-store",
    }),
    cuttable: (store) => ({
      ...store,
      claim: async (wanted) => {
        if (about.getStore()?.isCut) {
          throw new StoreUnavailable("claim", { cause: new Error("The wire is cut.") });
        }
        return store.claim(wanted);
      },
    }),
  };
}

const optionsOf = (
  { notifier, leaseMs }: Place,
  duplicates: Wish["duplicates"],
  onEvent: (event: Told) => void,
) => ({
  ...(notifier && { notifier }),
  scope: ({ headers }: IncomingMessage) => String(headers["x-guest"] ?? "ann"),
  header: HEADERS,
  formField: "_idempotency_key",
  required: duplicates !== "refuse",
  leaseMs,
  ...(duplicates === "wait" && { waitMs: WAIT_MS }),
  ...(duplicates === "refuse" && {
    onDuplicate: "refuse" as const,
    blankKey: "absent" as const,
  }),
  onEvent,
});
