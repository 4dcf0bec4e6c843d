/** The ledger of a history: who ran, and what happened because of it. Independent of every store. */
import type { Machine } from "./machine.ts";
import type { Request } from "./plan.ts";

/** The value that a run returns: whoever hears it can be told whose it was. */
export interface Value {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  /** The run's number, or who settled it in its place. */
  readonly run: number | "reconciled" | "person";
}

/** One execution of a handler. */
export interface Run {
  readonly number: number;
  readonly request: Request;
  readonly machine: Machine;
  readonly token: number;
  readonly attempt: number;
  readonly derivedKey: string;
  readonly beganAt: number;
  readonly signal: () => AbortSignal;
  /** Its owner could know at the beginning that the lease had ended, and did not say so. */
  readonly isBelated: boolean;
  /** When its effect happened; in a transaction, when that was committed. */
  effectAt: number | undefined;
  ended: "returned" | "threw" | undefined;
  wish: "released" | "omitted" | undefined;
}

export interface Ledger {
  readonly runs: readonly Run[];
  begin(run: Omit<Run, "number" | "effectAt" | "ended" | "wish">): Run;
  /** What was done under these tokens. */
  under(tokens: readonly number[]): Run[];
}

export function createLedger(): Ledger {
  const runs: Run[] = [];
  return {
    runs,
    begin(begun) {
      const number = runs.length + 1;
      const run: Run = { ...begun, number, effectAt: undefined, ended: undefined, wish: undefined };
      runs.push(run);
      return run;
    },
    under: (tokens) => runs.filter((run) => tokens.includes(run.token)),
  };
}

export const labelOf = ({ scope, key }: { scope: string; key: string }): string =>
  `${scope}/${key}`;

export function valueBy(
  { scope, key, fingerprint }: Pick<Value, "scope" | "key" | "fingerprint">,
  run: Value["run"],
): Value {
  return { scope, key, fingerprint, run };
}

/** How values are kept: JSON, behind a mark that no digest in front of it holds by chance. */
const MARK = "value:";

export const codec = {
  encode: (value: unknown): Uint8Array =>
    new TextEncoder().encode(`${MARK}${JSON.stringify(value) ?? ""}`),
  decode(bytes: Uint8Array): unknown {
    const text = new TextDecoder().decode(bytes).slice(MARK.length);
    return text === "" ? undefined : JSON.parse(text);
  },
};

/** The value in the bytes that a store keeps, as JSON; "" for one that was omitted. */
export function keptIn(result: Uint8Array): string {
  const text = Buffer.from(result).toString("latin1");
  return text.slice(text.indexOf(MARK) + MARK.length);
}
