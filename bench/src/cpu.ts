/** The CPU time of a database: its process, and those that it has started. */
import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in ticks of a hundredth of a second, on every platform that Node runs on. */
const TICK_MICROS = 10_000;

/** Undefined where there is no /proc, or where it keeps no statistics of the scheduler. */
export function cpuMicrosOf(pid: number): number | undefined {
  try {
    // Those that have ended are in their parent's account, which is kept in ticks.
    return [pid, ...childrenOf(pid)].reduce(
      (sum, each) => sum + scheduledMicros(each),
      ticksOfEnded(pid) * TICK_MICROS,
    );
  } catch {
    return undefined;
  }
}

/** Of all of its threads, to the nanosecond. */
function scheduledMicros(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8");
    return sum + Number(text.split(" ", 1)[0]) / 1000;
  }, 0);
}

/** `cutime` and `cstime` of `/proc/PID/stat` (`proc(5)`). */
function ticksOfEnded(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name, which may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields.slice(13, 15).reduce((sum, field) => sum + Number(field), 0);
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}
