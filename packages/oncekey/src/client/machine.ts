/** What the parts of one submit share: where it stands, and the way to tell what has happened. */
import type { Bytes } from "./bytes.ts";
import type { Keep } from "./keep.ts";
import type { ClientPorts } from "./ports.ts";
import type { Event, State } from "./reduce.ts";
import type { Told } from "./snapshot.ts";
import type { SubmitOptions } from "./submit-options.ts";
import type { Turns } from "./turns.ts";

/** Of one submit. What its parts are told of the input they do not look into. */
export interface Parts {
  readonly machine: Machine;
  readonly options: SubmitOptions<never>;
  readonly keep: Keep;
  readonly bytes: Bytes;
  readonly turns: Turns;
  readonly ports: ClientPorts;
}

export interface Machine {
  readonly state: State;
  /** `told`: what goes with the news, and is shown with what follows from it. */
  tell(event: Bare, told?: Told): void;
}

/** An event that has not been stamped yet. */
export type Bare = Event extends infer Each
  ? Each extends Event
    ? Omit<Each, "at" | "key" | "chance">
    : never
  : never;
