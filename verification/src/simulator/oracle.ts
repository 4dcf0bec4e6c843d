/**
 * Who can look what became of work in doubt: the application's `reconcile`, and a person.
 *
 * What is in the ledger happened. What is not there has not happened for good only if nobody is
 * left who could still do it; else they do not know either. But a person may be in haste.
 */
import type { Finding, Work } from "oncekey";
import { type Ledger, valueBy } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import { mixed } from "./random.ts";
import type { Life } from "./records.ts";
import type { Rarity } from "./sometimes.ts";

export type Look = (work: Work) => Promise<Finding | undefined>;

export interface Oracle {
  /** Sometimes knows nothing, and sometimes fails. */
  program(machine: Machine): Look;
  /** Who `mustAnswer` says of what nobody can know that it happened. */
  person(machine: Machine, mustAnswer: () => boolean): Look;
}

interface World {
  readonly seed: number;
  readonly isHasty: boolean;
  readonly lives: readonly Life[];
  readonly ledger: Ledger;
  readonly owners: ReadonlyMap<number, Machine>;
  rare(rarity: Rarity): void;
}

/** From a look to the word: time enough for an owner to come back. */
const WORDS_MS = 150;

export function createOracle(world: World): Oracle {
  const { lives, ledger, owners, isHasty, rare } = world;
  let asked = 0;

  function known(label: string | undefined): boolean | undefined {
    const life = lives.findLast((each) => each.label === label && each.ended === undefined);
    if (life === undefined) return undefined;
    if (ledger.under(life.tokens).some((run) => run.effectAt !== undefined)) return true;
    return life.tokens.some(mayStillAct) ? undefined : false;
  }

  /** Its owner is alive, and has not come to an end. */
  function mayStillAct(token: number): boolean {
    if (owners.get(token)?.isDead !== false) return false;
    const runs = ledger.under([token]);
    return runs.length === 0 || runs.some((run) => run.ended === undefined);
  }

  function finding(work: Work, happened: boolean | undefined, by: "reconciled" | "person") {
    if (happened === undefined) return undefined;
    if (!happened) return { happened };
    const [scope = "", key = ""] = (work.label ?? "").split("/");
    return { happened, value: valueBy({ scope, key, fingerprint: String(work.fingerprint) }, by) };
  }

  return {
    program: (machine) => async (work) => {
      const mood = mixed(world.seed, asked++, 0x0ac) % 10;
      await machine.sleep(1 + mood);
      if (mood === 0) {
        rare("reconciling failed");
        throw new Error("The books are closed.");
      }
      const happened = mood === 1 ? undefined : known(work.label);
      if (happened === undefined) rare("reconciling found nothing out");
      else if (happened) rare("reconciling found that it had happened");
      else rare("reconciling found that it had not happened");
      return finding(work, happened, "reconciled");
    },
    person: (machine, mustAnswer) => async (work) => {
      rare("a person settled what was in doubt");
      const happened = known(work.label);
      if (happened === undefined && isHasty && !mustAnswer()) {
        rare("a person said that it did not happen while the owner could still act");
        await machine.sleep(WORDS_MS);
        return { happened: false };
      }
      return finding(work, happened ?? (mustAnswer() || undefined), "person");
    },
  };
}
