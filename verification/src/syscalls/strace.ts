/** strace around a process: it writes down the calls on some files, and lets one of them fail. */
import { spawnSync } from "node:child_process";
import { CALLS, type Call, type Fault } from "./cell.ts";

export interface Order {
  readonly call: Call;
  /** Counted from the start of the process. */
  readonly nth: number;
  readonly fault: Fault;
}

const MISSING = "strace is not installed: on Debian, apt-get install strace";

export function checkStrace(): void {
  if (spawnSync("strace", ["--version"]).status !== 0) throw new Error(MISSING);
}

/** One architecture calls a look at a file so, another so; "?" allows for a name that is unknown. */
const LOOKS = ["?access", "?faccessat", "?faccessat2"];

/**
 * The arguments in front of the command. `paths` are all that is seen and all that can be hit:
 * neither Node's own files nor the ledger of a worker that is hit are among them.
 */
export function straceArguments(
  log: string,
  paths: readonly string[],
  order: Order | undefined,
): readonly string[] {
  const traced = [...CALLS.map((call) => `?${call}`), "?write", ...LOOKS].join(",");
  const seen = ["-f", "-qq", "-y", "-s", "0", "-o", log, "-e", `trace=${traced}`];
  const where = paths.flatMap((path) => ["-P", path]);
  // With it only these calls cost anything. It would swallow the signal.
  const fast = order?.fault === "kill" ? [] : ["--seccomp-bpf"];
  return [...fast, ...seen, ...where, ...(order === undefined ? [] : injection(order)), "--"];
}

function injection({ call, nth, fault }: Order): readonly string[] {
  const what: Readonly<Record<Fault, string>> = {
    eio: `error=EIO:when=${nth}`,
    enospc: `error=ENOSPC:when=${nth}`,
    "eio-onwards": `error=EIO:when=${nth}+`,
    kill: `signal=SIGKILL:when=${nth}`,
  };
  return ["-e", `inject=${call}:${what[fault]}`];
}
