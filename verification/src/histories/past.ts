/** One key's history, sorted by kind once, because every rule asks for kinds. */
import type { Token } from "oncekey";
import type { Operation, Seen } from "./operation.ts";

export interface Past {
  readonly claims: readonly Of<"claim">[];
  readonly won: readonly Won[];
  /** Writes that were, or may have been, done. */
  readonly writes: readonly Write[];
  readonly looks: readonly Look[];
}

export type Of<Verb extends Operation["verb"]> = Operation & { readonly verb: Verb };
export type Write = Of<"renew"> | Of<"complete"> | Of<"resolve"> | Of<"release"> | Of<"forget">;

export interface Won {
  readonly claim: Of<"claim">;
  readonly token: Token;
  readonly attempt: number;
  readonly returnedAt: number;
}

export interface Look {
  readonly operation: Operation;
  readonly seen: Seen | undefined;
  readonly returnedAt: number;
}

export function pastOf(operations: readonly Operation[]): Past {
  const claims: Of<"claim">[] = [];
  const won: Won[] = [];
  const writes: Write[] = [];
  const looks: Look[] = [];
  for (const operation of operations) {
    const { returnedAt = Number.POSITIVE_INFINITY } = operation;
    if (operation.verb === "claim") {
      const { answer } = operation;
      claims.push(operation);
      if (answer?.outcome === "claimed") {
        won.push({ claim: operation, token: answer.token, attempt: answer.attempt, returnedAt });
      }
      if (answer?.outcome === "taken") looks.push({ operation, seen: answer.seen, returnedAt });
    } else if (operation.verb === "get") {
      const { answer } = operation;
      if (answer === undefined) continue;
      looks.push({ operation, seen: answer === "absent" ? undefined : answer, returnedAt });
    } else writes.push(operation);
  }
  return { claims, won, writes, looks };
}
