/** Sees what takes effect at the store while a history is played, and keeps what is to be judged. */
import type { Ledger, Run } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import type { Observer } from "./network.ts";
import type { Life } from "./records.ts";
import { faultRarity, type Rarity } from "./sometimes.ts";
import type { Timeline } from "./timeline.ts";

export interface Watch {
  readonly observer: Pick<Observer, "claimed" | "told" | "faulted" | "said">;
  readonly seen: {
    readonly unwarned: readonly Run[];
    readonly strayed: ReadonlySet<Life>;
    readonly owners: ReadonlyMap<number, Machine>;
    readonly lines: readonly string[];
  };
  readonly owners: ReadonlyMap<number, Machine>;
  /** When the claim of a token was asked for, by its owner's clock. */
  askedAt(token: number): number;
  readonly rarities: ReadonlySet<Rarity>;
  rare(rarity: Rarity): void;
  say(line: () => string): void;
}

interface World {
  readonly timeline: Timeline;
  readonly ledger: Ledger;
  readonly lives: readonly Life[];
  readonly isTold: boolean;
}

export function createWatch({ timeline, ledger, lives, isTold }: World): Watch {
  const unwarned: Run[] = [];
  const strayed = new Set<Life>();
  const owners = new Map<number, Machine>();
  const askedAt = new Map<number, number>();
  const rarities = new Set<Rarity>();
  const lines: string[] = [];
  const rare = (rarity: Rarity): void => {
    rarities.add(rarity);
  };
  const say = (line: () => string): void => {
    if (isTold) lines.push(`${String(timeline.now).padStart(6)}  ${line()}`);
  };

  return {
    observer: {
      claimed(machine, token, isStray) {
        if (owners.has(token)) rare("a claim whose reply was lost was recognized");
        owners.set(token, machine);
        const life = lives.findLast((each) => each.tokens.includes(token));
        if (life === undefined) return;
        if (isStray) strayed.add(life);
        unwarned.push(...notTold(ledger.under(life.tokens), token));
      },
      told(token, at) {
        askedAt.set(token, at);
      },
      faulted: (fault) => rare(faultRarity(fault)),
      said: say,
    },
    seen: { unwarned, strayed, owners, lines },
    owners,
    askedAt: (token) => askedAt.get(token) ?? Number.NaN,
    rarities,
    rare,
    say,
  };
}

/** Whose lease another has been given, and who had been told nothing, though it never slept. */
function notTold(runs: readonly Run[], followedBy: number): Run[] {
  return runs.filter(
    ({ token, ended, machine, signal }) =>
      token !== followedBy &&
      ended === undefined &&
      !machine.isDead &&
      !machine.hasSlept &&
      !signal().aborted,
  );
}
