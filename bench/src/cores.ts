/** Who runs on which core: what is measured has one for itself, where `taskset` is there. */
import { spawnSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";

/** Looked up before this process keeps to some of them. */
const CORES = availableParallelism();
const CAN_PIN = CORES > 1 && spawnSync("taskset", ["-V"]).status === 0;
/** The measured one's. */
const CORE = "0";
const OTHERS = CORES === 2 ? "1" : `1-${CORES - 1}`;

/**
 * Keeps this process, and the databases that it starts from now on, off the core of what is
 * measured. Says which ones are whose.
 */
export function stepAside(): string {
  if (!CAN_PIN) return `${CORES} cores, nobody is pinned to one`;
  keepTo(OTHERS);
  return `${CORES} cores: what is measured on ${CORE}, load and databases on ${OTHERS}`;
}

/** For a program that measures itself: its databases, which have been started, stay where they are. */
export function stepIn(): void {
  if (CAN_PIN) keepTo(CORE);
}

/** A command that runs on the core of what is measured. */
export const pinned = (command: readonly string[]): readonly string[] =>
  CAN_PIN ? ["taskset", "-c", CORE, ...command] : command;

export const machine = (): string => `Node ${process.versions.node}, ${cpus()[0]?.model}`;

function keepTo(cores: string): void {
  spawnSync("taskset", ["-a", "-p", "-c", cores, String(process.pid)]);
}
