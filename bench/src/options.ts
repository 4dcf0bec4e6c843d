/** What stands behind `npm run bench --`, for all of its programs. */
import { parseArgs } from "node:util";

export interface Options {
  /** Fewer rounds of less: to see that it works. */
  readonly quick: boolean;
  readonly only: readonly string[] | undefined;
  readonly json: boolean;
  readonly seconds: number | undefined;
  readonly rounds: number | undefined;
  readonly requests: number | undefined;
  readonly connections: number | undefined;
  readonly profile: string | undefined;
  readonly to: number | undefined;
  readonly images: string | undefined;
  readonly check: boolean;
  readonly record: boolean;
}

export function optionsOf(args: readonly string[]): { program: string; options: Options } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      seconds: { type: "string" },
      rounds: { type: "string" },
      requests: { type: "string" },
      connections: { type: "string" },
      profile: { type: "string" },
      to: { type: "string" },
      images: { type: "string" },
    },
  });
  const { only, json, quick, check, record, profile, images } = values;
  const [program = "race", ...more] = positionals;
  if (more.length > 0) throw new TypeError(`Expected one program, got ${positionals.join(" ")}.`);
  const number = (name: "seconds" | "rounds" | "requests" | "connections" | "to") => {
    const text = values[name];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (value > 0) return value;
    throw new TypeError(`Expected --${name} to be a number above 0, got ${text}.`);
  };
  return {
    program,
    options: {
      ...{ only, json, quick, check, record, profile, images },
      ...{ seconds: number("seconds"), rounds: number("rounds"), requests: number("requests") },
      ...{ connections: number("connections"), to: number("to") },
    },
  };
}
