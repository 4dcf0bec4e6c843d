/** A store that can be filled to its brim, and given room again. */
import type { StoreName } from "../chaos/cell.ts";

export interface Brim {
  readonly store: StoreName;
  /** A file or a URL. */
  readonly address: string;
  /** Resolves when a write has been refused for want of room. */
  fill(): Promise<void>;
  /** Gives back all that `fill` has taken. */
  relieve(): Promise<void>;
  /** What the store finds wrong with itself. */
  damage(): readonly string[];
  stop(): Promise<void>;
}
