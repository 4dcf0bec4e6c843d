/** What others may see of an intent: no key by which its answer could be fetched, and no body. */
import { type Event, type Phase, phaseOf, type Status } from "../reduce.ts";
import type { Intent, Send } from "./intent.ts";
import { momentsOf } from "./log.ts";
import { shortKey } from "./short-key.ts";

export interface IntentView {
  readonly name: string;
  /** Cut short. */
  readonly key: string;
  readonly phase: Phase;
  readonly status: Status;
  readonly sends: readonly Send[];
  readonly events: readonly {
    readonly type: Event["type"];
    readonly status: Status;
    readonly at: number;
  }[];
}

export function viewOf(intent: Intent): IntentView {
  const { name, key, status, sends, log } = intent;
  return {
    ...{ name, key: shortKey(key), phase: phaseOf(status), status, sends },
    events: momentsOf(log).map(({ event: { type, at }, state }) => ({
      ...{ type, at, status: state.status },
    })),
  };
}
