/** What strace wrote down: the calls of one process on the files that were named, in their order. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { CALLS, type Call, type Census } from "./cell.ts";
import { ANSWERING, READY } from "./marks.ts";

export interface Traced {
  readonly name: string;
  /** The file's name, without its folder. */
  readonly file: string;
  /** strace let it fail, or the process was killed instead of it. */
  readonly isStruck: boolean;
}

/** `12 fsync(26</tmp/a/oncekey.db-wal>) = 0`, or with a path in quotes. */
const LINE = /^(\d+) +(\w+)\((?:AT_FDCWD(?:<[^>]*>)?, )?(?:\d+<([^>]*)>|"([^"]*)")/;
/** Another thread came between the call and its end. */
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>/;

export function readTrace(path: string): readonly Traced[] {
  return parseTrace(readFileSync(path, "utf8"));
}

export function parseTrace(text: string): readonly Traced[] {
  const calls: (Traced & { readonly pid: string })[] = [];
  for (const line of text.split("\n")) {
    const isStruck = line.endsWith("(INJECTED)") || line.endsWith(" = ?");
    const [, pid = "", name, opened, named] = LINE.exec(line) ?? [];
    if (name !== undefined) {
      calls.push({ pid, name, file: basename(opened ?? named ?? ""), isStruck });
      continue;
    }
    const [, ofPid, resumed] = RESUMED.exec(line) ?? [];
    const index = calls.findLastIndex((call) => call.pid === ofPid && call.name === resumed);
    const begun = calls[index];
    if (begun !== undefined && isStruck) calls[index] = { ...begun, isStruck };
  }
  return calls;
}

const isMark = ({ file }: Traced, mark: string): boolean => file === mark;

/** Before the worker was ready it opened its files: that belongs to no request. */
export function splitAtReady(trace: readonly Traced[]): {
  readonly opening: readonly Traced[];
  readonly request: readonly Traced[];
} {
  const ready = trace.findIndex((each) => isMark(each, READY));
  if (ready === -1) throw new Error("The trace does not say when the worker was ready.");
  return { opening: trace.slice(0, ready), request: trace.slice(ready + 1) };
}

/** `ledger` is the name of the file whose first line is the effect. */
export function censusOf(trace: readonly Traced[], ledger: string): Census {
  const { request } = splitAtReady(trace);
  const effect = request.findIndex(({ file }) => file === ledger);
  if (effect === -1) throw new Error("The trace does not show the effect.");
  const counted = (call: Call) => ({
    all: countOf(request, call, ledger),
    claim: countOf(request.slice(0, effect), call, ledger),
  });
  return Object.fromEntries(CALLS.map((call) => [call, counted(call)])) as unknown as Census;
}

export function countOf(trace: readonly Traced[], call: Call, ledger: string): number {
  return trace.filter(({ name, file }) => name === call && file !== ledger).length;
}

/**
 * What a loss of power could take although somebody has acted on it: the log must be on the disk
 * when the effect is written down, and when the last piece of the answer leaves. In sentences.
 */
export function unsafeIn(trace: readonly Traced[], ledger: string): readonly string[] {
  const { request } = splitAtReady(trace);
  const effect = request.findIndex(({ file }) => file === ledger);
  const answer = request.findLastIndex((each) => isMark(each, ANSWERING));
  const found: string[] = [];
  if (effect === -1 || answer < effect) return ["the trace shows no effect and an answer after it"];
  for (const [what, from, to] of [
    ["claim", 0, effect],
    ["result", effect, answer],
  ] as const) {
    const log = request.slice(from, to).filter(({ file }) => file.endsWith("-wal"));
    const written = log.findLastIndex(({ name }) => name === "pwrite64");
    const synced = log.findLastIndex(({ name }) => name === "fsync" || name === "fdatasync");
    if (written === -1) found.push(`the ${what} was acted upon before it was written`);
    else if (synced < written) found.push(`the ${what} was acted upon before it was synced`);
  }
  return found;
}
