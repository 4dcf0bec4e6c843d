/** The CPU time of a database: its process, and those that it has started. */
import { readFileSync } from "node:fs";

/** Linux counts in ticks of a hundredth of a second, on every platform that Node runs on. */
const TICK_MICROS = 10_000;

/** Undefined where there is no /proc. */
export function cpuMicrosOf(pid: number): number | undefined {
  try {
    // Those that have ended are in their parent's account.
    const ended = ticksOf(pid, 13, 17);
    const living = childrenOf(pid).reduce((sum, child) => sum + ticksOf(child, 13, 15), 0);
    return (ended + living) * TICK_MICROS;
  } catch {
    return undefined;
  }
}

/** Fields of `/proc/PID/stat` from `first` on (`proc(5)` counts them from 1, this from 0). */
function ticksOf(pid: number, first: number, end: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name, which may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields.slice(first - 2, end - 2).reduce((sum, field) => sum + Number(field), 0);
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}
