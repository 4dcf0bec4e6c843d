/**
 * Cuts a stream of bytes into the messages of its protocol: a fault is put before one of them, into
 * its middle, or behind it, and so the proxy has to know where each begins and ends.
 */
import type { StoreName } from "./cell.ts";
import { postgresReplies, postgresRequests } from "./postgres-framer.ts";
import { redisReplies, redisRequests } from "./redis-framer.ts";

/** A message that asks for one answer, or one whole answer. */
export interface Message {
  readonly bytes: Buffer;
  /** The statement or command in a form that is the same each time it is sent; "" for a reply. */
  readonly what: string;
  /** False for a farewell. */
  readonly isAnswered: boolean;
}

export interface Framer {
  /** The messages that are whole with this. */
  push(bytes: Buffer): readonly Message[];
  /** What is left of one that never became whole. */
  rest(): Buffer;
}

/** The next message in `bytes` and nothing of what follows it; undefined if it is not whole yet. */
export type Cut = (bytes: Buffer) => Message | undefined;

/** A reply has no name of its own: it is named after what it answers. */
export const replyOf = (bytes: Buffer): Message => ({ bytes, what: "", isAnswered: false });

export function createFramer(cut: Cut): Framer {
  let left: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      left = Buffer.concat([left, bytes]);
      const messages: Message[] = [];
      for (let next = cut(left); next !== undefined; next = cut(left)) {
        messages.push(next);
        left = left.subarray(next.bytes.length);
      }
      return messages;
    },
    rest: () => left,
  };
}

export interface Framers {
  readonly request: Framer;
  readonly reply: Framer;
}

/** Two for each connection: how Postgres is greeted, and what it was told to prepare, is its own. */
export function framersFor(store: StoreName): Framers {
  return store === "redis"
    ? { request: createFramer(redisRequests()), reply: createFramer(redisReplies()) }
    : { request: createFramer(postgresRequests()), reply: createFramer(postgresReplies()) };
}
