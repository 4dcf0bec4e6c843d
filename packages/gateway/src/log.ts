/**
 * What the gateway writes about itself: to stderr, one line an entry, and never a key or a body.
 *
 * What is logged of a request is its method, its path without the query, and the first 12 hex
 * digits of its record's address.
 */
import { levelOf, type OncekeyEvent } from "oncekey";
import { type DestinationStream, pino } from "pino";
import { reasonOf, rootOf } from "./complaint.ts";

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type Level = (typeof LEVELS)[number];

export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** `isJson`: for a machine. Otherwise the same entries as a line for people. */
export function createLog({ isJson, level }: { isJson: boolean; level: Level }): Log {
  const out: DestinationStream = isJson
    ? { write: (line) => void process.stderr.write(line) }
    : { write: (line) => void process.stderr.write(forPeople(line)) };
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    out,
  );
}

function forPeople(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const said = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[time, String(level).toUpperCase(), msg, ...said].join(" ")}\n`;
}

/** What the library reports, with an error as its sentence: a driver's may quote what it was sent. */
export function logEvent(log: Log, event: OncekeyEvent): void {
  const { type, ...rest } = event;
  const fields: Record<string, unknown> = { ...rest };
  const error = "error" in rest ? rest.error : undefined;
  fields.error = error === undefined ? undefined : reasonOf(rootOf(error));
  const level = levelOf(event);
  log[level === "warning" ? "warn" : level](fields, type);
}
