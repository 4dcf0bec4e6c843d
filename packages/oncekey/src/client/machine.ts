/** What the parts of one submit share: where it stands, and the way to tell what has happened. */
import type { Event, State } from "./reduce.ts";
import type { Told } from "./snapshot.ts";

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
