/**
 * What we ask of a Redis client, and one face for the two that people have.
 *
 * The client stays the user's own: nothing is defined on it, and none of its options is changed.
 * Strings come back as bytes, because a result is bytes and decoding it as text would be for good.
 */
import { RecordCorrupt, StoreUnavailable } from "../core/errors.ts";

export type Argument = string | Uint8Array;
export type Command = readonly [name: string, ...args: Argument[]];

/** The part of an ioredis `Redis` (5 or 6) that we use, in our own words. */
export interface IoredisClient {
  readonly options: object;
  callBuffer(command: string, ...args: (Argument | number)[]): Promise<unknown>;
  pipeline(commands: unknown[][]): { exec(): Promise<[Error | null, unknown][] | null> };
}

/** The part of an ioredis `Cluster` (5 or 6) that we use. */
export interface IoredisCluster extends IoredisClient {
  readonly isCluster: boolean;
  nodes(role: "master"): IoredisClient[];
}

/** The part of a node-redis client or pool (4, 5 or 6) that we use. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  sendCommand(args: readonly Argument[], options?: object): Promise<unknown>;
}

export type RedisClient = IoredisClient | IoredisCluster | NodeRedisClient;

export interface Face {
  /** Its address where there are several, to come back to it. */
  readonly name: string;
  /** What the client puts before each key by itself. */
  readonly keyPrefix: string;
  /** All that hold records, itself if there is no other. */
  nodes(): readonly Face[];
  send(command: Command): Promise<unknown>;
  /** In one write on one connection. What was refused is an `Error` among the replies. */
  readonly sendTogether?: (commands: readonly Command[]) => Promise<readonly unknown[]>;
}

const EXPECTED = "Expected `client` to be an ioredis `Redis` or `Cluster`, or a node-redis client";

/** Throws a `TypeError` that says what to hand over. */
export function faceOf(client: RedisClient): Face {
  // What JavaScript hands over is not what the type says.
  const given: unknown = client;
  if (has(given, "pipeline", "callBuffer")) return ioredisFace(client as IoredisClient);
  if (!has(given, "sendCommand")) throw new TypeError(`${EXPECTED}.`);
  const nodeRedis = client as NodeRedisClient;
  if (isRouted(nodeRedis)) {
    throw new TypeError(
      `${EXPECTED}: a cluster or sentinel of node-redis is not supported. For a cluster hand over ` +
        "an ioredis `Cluster`, with sentinels an ioredis `Redis` that is given `sentinels`.",
    );
  }
  return nodeRedisFace(nodeRedis);
}

/** A cluster or sentinel of node-redis takes the routing first, and our command for it. */
export function isRouted({ sendCommand }: Pick<NodeRedisClient, "sendCommand">): boolean {
  return sendCommand.length > 2;
}

export function has(value: unknown, ...methods: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return methods.every((method) => typeof members[method] === "function");
}

/** What a client threw, for those who call the store. What is ours already stays as it is. */
export function failure(cause: unknown): StoreUnavailable | RecordCorrupt {
  if (cause instanceof StoreUnavailable || cause instanceof RecordCorrupt) return cause;
  const message = cause instanceof Error ? cause.message : "";
  // Redis's own errors begin with a word in capitals: OOM, READONLY, LOADING, MASTERDOWN.
  const word = /^[A-Z]{2,}(?= )/.exec(message)?.[0];
  if (word === "WRONGTYPE") {
    return new RecordCorrupt("Where a record should be, Redis holds another type.", { cause });
  }
  const what = word === undefined ? "Redis gave no answer." : `Redis refused, with ${word}.`;
  return new StoreUnavailable(what, { cause });
}

function ioredisFace(client: IoredisClient): Face {
  const { keyPrefix, host, port, enableAutoPipelining } = client.options as IoredisOptions;
  const cluster = has(client, "nodes") ? (client as IoredisCluster) : undefined;
  // Gathered by the client itself, `callBuffer` loses the name of its command, and in a cluster
  // some of version 5 take a script's digest for its key. A pipeline that is told so does neither.
  const isPlain = cluster === undefined && enableAutoPipelining !== true;
  const face: Face = {
    name: `${host}:${port}`,
    keyPrefix: String(keyPrefix ?? ""),
    nodes: () => cluster?.nodes("master").map(ioredisFace) ?? [face],
    async send(command) {
      const [name, ...args] = command.map(toBuffer);
      if (isPlain) return client.callBuffer(String(name), ...args).catch(withoutArguments);
      const [reply] = await together([command]);
      if (reply instanceof Error) throw reply;
      return reply;
    },
  };
  return cluster === undefined ? { ...face, sendTogether: together } : face;

  async function together(commands: readonly Command[]): Promise<readonly unknown[]> {
    const calls = commands.map((command) => ["callBuffer", ...command.map(toBuffer)]);
    const replies = (await client.pipeline(calls).exec()) ?? [];
    return replies.map(([error, reply]) => (error === null ? reply : forgetArguments(error)));
  }
}

interface IoredisOptions {
  readonly keyPrefix?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly enableAutoPipelining?: unknown;
}

function nodeRedisFace(client: NodeRedisClient): Face {
  const options = {
    // Version 4; from version 5 on, "$" is a string of bytes and "+" one of words.
    returnBuffers: true,
    typeMapping: { ["$".charCodeAt(0)]: Bytes, ["+".charCodeAt(0)]: Bytes },
  };
  const send = async (command: Command) => client.sendCommand(command.map(toBuffer), options);
  const face: Face = {
    name: "",
    // Its own is for its own commands: what is sent as it is gets none.
    keyPrefix: "",
    nodes: () => [face],
    send,
  };
  // A pool lends another connection to each command.
  if (has(client, "execute")) return face;
  return {
    ...face,
    async sendTogether(commands) {
      const replies = await Promise.allSettled(commands.map(send));
      return replies.map((reply) =>
        reply.status === "fulfilled" ? reply.value : asError(reply.reason),
      );
    },
  };
}

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason));

/** Both clients take bytes only as a `Buffer`, and hand them out as one. */
interface BufferClass {
  from(bytes: ArrayBufferLike, offset: number, length: number): Uint8Array;
}

interface Runtime {
  readonly Buffer?: BufferClass;
  readonly process?: {
    getBuiltinModule?(name: string): { readonly Buffer: BufferClass } | undefined;
  };
}

const runtime = globalThis as Runtime;
const Bytes = runtime.Buffer ?? runtime.process?.getBuiltinModule?.("node:buffer")?.Buffer;

function toBuffer(argument: Argument): Argument {
  if (typeof argument === "string" || Bytes === undefined) return argument;
  return Bytes.from(argument.buffer, argument.byteOffset, argument.byteLength);
}

/** An ioredis error carries its command's arguments, and a log would print the result with it. */
function forgetArguments(error: Error): Error {
  const { command } = error as { command?: { args?: unknown } };
  if (command !== undefined) delete command.args;
  return error;
}

function withoutArguments(error: unknown): never {
  throw error instanceof Error ? forgetArguments(error) : error;
}
