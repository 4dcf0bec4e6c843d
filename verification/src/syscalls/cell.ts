/** One cell of the sweep: a mode, the Nth call of a kind that the request makes, and its fault. */
import { MODES, type Mode } from "../chaos/cell.ts";
import { seeded } from "../simulator/random.ts";

export { MODES, type Mode };

/** All that SQLite does to its files while a request is answered. */
export const CALLS = ["pwrite64", "fsync", "fdatasync", "ftruncate", "pread64", "fcntl"] as const;
export type Call = (typeof CALLS)[number];

/**
 * Once EIO; once ENOSPC; EIO from then on, of each call of this kind; SIGKILL instead of the call.
 * What a process leaves behind that dies after a call is what it leaves that dies before the next.
 */
export const FAULTS = ["eio", "enospc", "eio-onwards", "kill"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Cell {
  readonly mode: Mode;
  readonly call: Call;
  /** Counted from 1, from the moment at which the request may come. */
  readonly nth: number;
  readonly fault: Fault;
}

/** What of the sweep is asked for. Whatever is absent means all. */
export type Selection = Partial<Cell>;

/** A lock that fails is another matter than a disk that does, and no disk is too full to read. */
const FAULTS_OF: Readonly<Record<Call, readonly Fault[]>> = {
  pwrite64: FAULTS,
  fsync: FAULTS,
  fdatasync: FAULTS,
  ftruncate: FAULTS,
  pread64: ["eio"],
  fcntl: ["kill"],
};

/** How often a request makes each call, and how many of them are made before its effect. */
export type Census = Readonly<Record<Call, { readonly all: number; readonly claim: number }>>;

export function cellsOf(
  mode: Mode,
  census: Census,
  { call, nth, fault }: Selection,
): readonly Cell[] {
  return CALLS.filter((each) => call === undefined || call === each).flatMap((each) =>
    FAULTS_OF[each]
      .filter((one) => fault === undefined || fault === one)
      .flatMap((one) =>
        Array.from({ length: census[each].all }, (_, index) => index + 1)
          .filter((number) => nth === undefined || nth === number)
          .map((number) => ({ mode, call: each, nth: number, fault: one })),
      ),
  );
}

/**
 * Of each call and fault the first that follows the effect, where whatever dies leaves most behind,
 * and in every other mode one of all, another one for every seed. Of the reads also the last.
 */
export function sampleOf(cells: readonly Cell[], census: Census, seed: number): readonly Cell[] {
  return CALLS.flatMap((call) =>
    FAULTS_OF[call].flatMap((fault) => {
      const kind = cells.filter((cell) => cell.call === call && cell.fault === fault);
      const [first] = kind;
      if (first === undefined) return [];
      const turn = [MODES.indexOf(first.mode), CALLS.indexOf(call), FAULTS.indexOf(fault)];
      const isDrawn = turn.reduce((sum, number) => sum + number, seed) % 2 === 0;
      const drawn = isDrawn ? [seeded(seed, ...turn).pick(kind)] : [];
      const after = kind.filter(({ nth }) => nth === census[call].claim + 1);
      const last = call === "pread64" ? kind.slice(-1) : [];
      return [...new Set([...after, ...drawn, ...last])];
    }),
  );
}

/** The command that runs one cell alone. */
export function commandOf({ mode, call, nth, fault }: Cell): string {
  const cell = `--mode ${mode} --call ${call} --nth ${nth} --fault ${fault}`;
  return `npm run verify -- --only syscalls ${cell}`;
}
