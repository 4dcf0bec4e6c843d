/** The pair, the two application processes and the keys of one drill, and what was told of each. */
import { setTimeout as pause } from "node:timers/promises";
import type { Mode } from "../chaos/cell.ts";
import { type Reply, send } from "../chaos/client.ts";
import type { Entry, LedgerReader } from "../chaos/ledger.ts";
import type { Random } from "../simulator/random.ts";
import type { Application } from "./applications.ts";
import { type Drill, isConfirmed } from "./cell.ts";
import { PATIENCE_MS, type Pair } from "./pair.ts";
import { until } from "./until.ts";

export interface Round {
  readonly mode: Mode;
  readonly name: string;
  readonly key: string;
  readonly amount: number;
  readonly before: Reply[];
  readonly after: Reply[];
}

export interface Stage {
  readonly drill: Drill;
  readonly isConfirmed: boolean;
  readonly pair: Pair;
  readonly owner: Application;
  readonly other: Application;
  readonly rounds: readonly Round[];
  readonly random: Random;
  /** Every key once, of one application. Resolves when all are told something, or cut off. */
  ask(application: Application): Promise<ReadonlyMap<string, Reply>>;
  /** Every key again and again, until `isEnough` of what it is told, or until patience ends. */
  askUntil(
    application: Application,
    isEnough: (reply: Reply, round: Round) => boolean,
  ): Promise<void>;
  /** Resolves when every key's handler has had its effect. */
  hasRun(): Promise<void>;
  /** The ledger's lines so far. */
  entries(): readonly Entry[];
  /** From now on what is told counts as told after the failover. */
  turn(): void;
}

const RETRY_MS = 40;

export const isAnswer = (reply: Reply): boolean => reply.kind === "answer";

export function createStage(
  parts: Pick<Stage, "drill" | "pair" | "owner" | "other" | "rounds" | "random">,
  ledger: LedgerReader,
): Stage {
  const { rounds, drill } = parts;
  const lines: Entry[] = [];
  let isOver = false;

  const entries = (): readonly Entry[] => {
    lines.push(...ledger.news());
    return lines;
  };

  async function askOne({ origin }: Application, round: Round): Promise<Reply> {
    const { mode, name, key, amount } = round;
    const { reply } = await send({ origin, path: `/${mode}/${name}`, key, guest: "ann", amount });
    // Nobody was told anything by a request that was cut off.
    if (reply.kind !== "cut") (isOver ? round.after : round.before).push(reply);
    return reply;
  }

  return {
    ...parts,
    isConfirmed: isConfirmed(drill.durability),
    entries,
    turn() {
      isOver = true;
    },
    async ask(application) {
      const replies = rounds.map(async (round) => {
        return [round.name, await askOne(application, round)] as const;
      });
      return new Map(await Promise.all(replies));
    },
    async askUntil(application, isEnough) {
      const deadline = performance.now() + PATIENCE_MS;
      await Promise.all(
        rounds.map(async (round) => {
          while (!isEnough(await askOne(application, round), round)) {
            if (performance.now() > deadline) return;
            await pause(RETRY_MS);
          }
        }),
      );
    },
    hasRun: () =>
      until("every handler runs", PATIENCE_MS, () => {
        const ran = new Set(
          entries().flatMap(({ what, round }) => (what === "effect" ? round : [])),
        );
        return rounds.every(({ name }) => ran.has(name));
      }),
  };
}
