/**
 * Who settled which record, and why: written before the store is asked, and again when it has
 * answered. What cannot be written is not done.
 */
import { createHash } from "node:crypto";
import { appendFile, open } from "node:fs/promises";

export interface AuditEntry {
  readonly at: string;
  /** `asked`: about to be done. The others: what came of it. */
  readonly phase: "asked" | "settled" | "unchanged" | "failed";
  readonly operator: string;
  /** The record's address and the token that was quoted. */
  readonly record: string;
  readonly token: number;
  readonly label: string;
  readonly happened: boolean;
  /** The operator's own words. */
  readonly reason: string;
  /** Of the attached answer, whose bytes lie in the record. */
  readonly answer?: { readonly status: number; readonly bytes: number; readonly sha256: string };
}

/** Keeps an entry. One that throws or rejects keeps the resolution from happening. */
export type Audit = (entry: AuditEntry) => void | Promise<void>;

/** What this process has settled, for the timelines. The whole story is in the log. */
export interface AuditMemory {
  readonly audit: Audit;
  /** Resolutions of one record, the oldest first. */
  about(id: string): readonly AuditEntry[];
}

/** Settled by hand: a thousand are many. */
const REMEMBERED_MAX = 1_000;

export function rememberingAudit(audit: Audit): AuditMemory {
  const settled: AuditEntry[] = [];
  return {
    async audit(entry) {
      await audit(Object.freeze(entry));
      if (entry.phase !== "settled") return;
      settled.push(entry);
      if (settled.length > REMEMBERED_MAX) settled.shift();
    },
    about: (id) => settled.filter(({ record }) => record === id),
  };
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What the first line names as the one before it. */
const BEGINNING = "0".repeat(64);
/** A line is far shorter: an address, a label and the operator's words. */
const LINE_BYTES_MAX = 16 * 1024;

/**
 * An audit log in a file, a line of JSON for each entry. Each line holds the digest of the one
 * before, so that a line that was changed or taken out shows. For one process per file.
 *
 * @example createDashboard({ inspector: store, authorize, audit: auditFile("/var/log/oncekey-audit.jsonl") });
 */
export function auditFile(path: string): Audit {
  let last: Promise<string> | undefined;
  return async function audit(entry) {
    const before =
      last ?? lastLineOf(path).then((line) => (line === "" ? BEGINNING : sha256(line)));
    const written = before.then(async (previous) => {
      const line = JSON.stringify({ ...entry, previous });
      await appendFile(path, `${line}\n`, { mode: 0o600, flush: true });
      return sha256(line);
    });
    // After a failure the end of the file is looked at again: it may hold half a line.
    last = written.catch(() =>
      lastLineOf(path).then((line) => (line === "" ? BEGINNING : sha256(line))),
    );
    last.catch(() => {
      last = undefined;
    });
    await written;
  };
}

async function lastLineOf(path: string): Promise<string> {
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LINE_BYTES_MAX);
    const { buffer } = await file.read(new Uint8Array(length), 0, length, size - length);
    return new TextDecoder().decode(buffer).trimEnd().split("\n").at(-1) ?? "";
  } finally {
    await file.close();
  }
}
