/** The end of a server without a word: SIGKILL to it and to the processes that it has started. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Kills `pid` and its children. Does nothing to what is not, or no longer, a child of `parent`: the
 * id of a process that has ended may be another's by now.
 */
export function killServer(pid: number, parent: number): void {
  if (parentOf(pid) !== parent) return;
  const pids = [pid, ...childrenOf(pid)];
  // The server first: it would mourn a child by starting all of them anew.
  for (const each of pids) kill(each);
}

/** Whether any process has its working directory in there: a server's children have, as orphans too. */
export function isInUse(directory: string): boolean {
  return runningPids().some((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      // It has ended, or is somebody else's.
      return false;
    }
  });
}

/** Where there is no /proc, nobody can say. */
function runningPids(): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name of the program, which may hold spaces and brackets: its state, its parent.
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return parentToldByPs(pid);
  }
}

/** Where there is no /proc. Undefined: there is no such process. */
function parentToldByPs(pid: number): number | undefined {
  const { stdout } = spawnSync("ps", ["-o", "ppid=", "-p", String(pid)], { encoding: "utf8" });
  return stdout?.trim() ? Number(stdout) : undefined;
}

/** Where the system does not tell, they are left to notice by themselves that they are orphans. */
function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
