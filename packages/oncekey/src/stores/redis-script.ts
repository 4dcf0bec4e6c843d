/**
 * Runs scripts: by their digest, or whole where Redis does not know them (yet, or any more).
 *
 * The only place where a client's failure becomes ours.
 */
import { RecordCorrupt, StoreUnavailable } from "../core/errors.ts";
import { type Argument, type Command, type Face, failure } from "./redis-client.ts";
import type { Script } from "./redis-lua.ts";

/** A script's answer: a word, then what belongs to it. */
export type Reply = readonly [word: string, ...rest: unknown[]];

export interface Replication {
  /** How many replicas must confirm. */
  readonly replicas: number;
  readonly timeoutMs: number;
}

export interface Runner {
  run(script: Script, args: readonly Argument[]): Promise<Reply>;
  /**
   * As `run`. `confirmed`: as many replicas as asked for have what the script wrote. False also
   * when that cannot be known.
   */
  runReplicated(
    script: Script,
    args: readonly Argument[],
    replication: Replication,
  ): Promise<{ readonly reply: Reply; readonly confirmed: boolean }>;
}

export function createRunner(face: Face): Runner {
  const digests = new Map<Script, string>();

  return {
    async run(script, args) {
      return attempt(script, args, (command) => face.send(command));
    },

    async runReplicated(script, args, { replicas, timeoutMs }) {
      const { sendTogether } = face;
      if (sendTogether === undefined) throw new StoreUnavailable("One connection is not promised.");
      const wait: Command = ["wait", String(replicas), String(timeoutMs)];
      let confirmed = false;
      const reply = await attempt(script, args, async (command) => {
        const [before, kept, count, after] = await sendTogether([WHOAMI, command, wait, WHOAMI]);
        if (kept instanceof Error) throw kept;
        confirmed = isOneConnection(before, after) && Number(count) >= replicas;
        return kept;
      });
      return { reply, confirmed };
    },
  };

  async function attempt(
    script: Script,
    args: readonly Argument[],
    send: (command: Command) => Promise<unknown>,
  ): Promise<Reply> {
    const rest = [String(script.keys), ...args];
    const whole = () => send(["eval", script.lua, ...rest]);
    const digest = digestOf(script);
    try {
      if (digest === undefined) return replyOf(await whole(), args);
      const reply = send(["evalsha", digest, ...rest]).catch((cause: unknown) => {
        if (isUnknownScript(cause)) return whole();
        throw cause;
      });
      return replyOf(await reply, args);
    } catch (cause) {
      throw failure(cause);
    }
  }

  /** Web Crypto's SHA-1 comes later: until then, and where there is none, a script goes whole. */
  function digestOf(script: Script): string | undefined {
    const digest = digests.get(script);
    if (digest === undefined) {
      crypto.subtle.digest("SHA-1", new TextEncoder().encode(script.lua)).then(
        (bytes) => digests.set(script, hex(new Uint8Array(bytes))),
        () => {},
      );
    }
    return digest;
  }
}

const WHOAMI: Command = ["client", "id"];

/**
 * `WAIT` counts for its own connection, and on one that has written nothing it is satisfied at
 * once. A client that reconnects in between may send the `WAIT` alone over the new one.
 */
function isOneConnection(before: unknown, after: unknown): boolean {
  const first = Number(before);
  return Number.isInteger(first) && first > 0 && first === Number(after);
}

function isUnknownScript(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith("NOSCRIPT");
}

function replyOf(reply: unknown, [key]: readonly Argument[]): Reply {
  if (!Array.isArray(reply) || !(reply[0] instanceof Uint8Array)) {
    throw new StoreUnavailable("The Redis client hands out replies in a form that nobody knows.");
  }
  const [word, ...rest] = reply;
  const said = new TextDecoder().decode(word);
  if (said === "damaged") {
    throw new RecordCorrupt(`The record ${key} is damaged, or of a newer version.`);
  }
  return [said, ...rest];
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
