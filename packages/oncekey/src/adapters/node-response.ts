/**
 * Node's response, taken over: whatever way a handler answers, its answer goes through the passage.
 *
 * Every way to answer ends in `writeHead`, `write` and `end` of this one object (a framework's own
 * error page too), so these are replaced on it, and hand over to what stood there before. Middleware
 * that was mounted outside, such as compression, replaced them earlier: it works on what leaves
 * here, for first answers and replays alike.
 */
import type { Closing, Passage, WholeAnswer } from "../http/exchange.ts";
import type { HeaderLine } from "../http/headers.ts";
import { hideDeparture } from "./node-departure.ts";
import type { NodeRequest } from "./node-exchange.ts";

type Value = number | string | readonly string[];

/** The part of Node's `ServerResponse` that we use, in our own words. */
export interface NodeResponse {
  statusCode: number;
  statusMessage: string;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  getHeaders(): { readonly [name: string]: Value | undefined };
  getHeaderNames(): string[];
  /** Always there in the versions that we run on, and not in every version of their types. */
  getRawHeaderNames?(): string[];
  setHeader(name: string, value: number | string | string[]): unknown;
  removeHeader(name: string): void;
  writeHead(status: number, ...rest: never[]): unknown;
  write(chunk: never, ...rest: never[]): boolean;
  end(...args: never[]): unknown;
  flushHeaders(): void;
  destroy(error?: Error): unknown;
  emit(event: string, ...args: unknown[]): boolean;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

type Call = (...args: unknown[]) => unknown;

/** The lines that stand on a response now, in order, with the case that they were set in. */
export function linesOf(response: NodeResponse): HeaderLine[] {
  const headers = response.getHeaders();
  const names = response.getRawHeaderNames?.() ?? response.getHeaderNames();
  return names.flatMap((name) => linesFor(name, headers[name.toLowerCase()]));
}

export function linesFor(name: string, value: Value | undefined): readonly HeaderLine[] {
  if (value === undefined) return [];
  if (typeof value !== "object") return [[name, String(value)]];
  return value.map((line) => [name, String(line)] as const);
}

/** Sends an answer of the guard's, beside what stands `outside` and does not concern it. */
export function sendWhole(
  response: NodeResponse,
  answer: WholeAnswer,
  outside: readonly HeaderLine[],
): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  setLines(response, outside);
  setLines(response, answer.headers);
  response.statusCode = answer.status;
  response.statusMessage = "";
  (response.end as Call).call(response, answer.body);
}

/** Lines of one name replace what stood there, and stay lines of their own. */
function setLines(response: NodeResponse, lines: readonly HeaderLine[]): void {
  const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const [name, value] of lines) {
    const known = byName.get(name.toLowerCase());
    if (known === undefined) byName.set(name.toLowerCase(), { name, values: [value] });
    else known.values.push(value);
  }
  for (const { name, values } of byName.values()) {
    const [only] = values;
    response.setHeader(name, values.length === 1 && only !== undefined ? only : values);
  }
}

/** From now on the handler's answer goes through `passage`. */
export function takeOver(
  request: NodeRequest,
  response: NodeResponse,
  passage: Passage,
  outside: readonly HeaderLine[] = linesOf(response),
): void {
  // Read before they are replaced: what stands here now may be another middleware's.
  const native = {
    writeHead: response.writeHead as Call,
    write: response.write as Call,
    end: response.end as Call,
    flushHeaders: response.flushHeaders as Call,
    destroy: response.destroy as Call,
    emit: response.emit as Call,
  };
  const { socket } = request;
  /** Calls made by Node, or by middleware outside, while something is being sent. */
  let passing = 0;
  let hasHead = false;
  let hasLeft = false;
  let hasEnded = false;
  let isGone = response.destroyed;
  /** Node announced the end of a connection, and the handler has not heard of it. */
  let isConcealed = false;
  let isOver = false;

  function pass<T>(call: () => T): T {
    passing++;
    try {
      return call();
    } finally {
      passing--;
    }
  }

  function see(): void {
    if (hasHead) return;
    hasHead = true;
    passage.head(response.statusCode, linesOf(response), outside);
  }

  /** The head leaves with what comes first, and takes the echo along. */
  function depart(): void {
    if (hasLeft) return;
    hasLeft = true;
    setLines(response, passage.added);
  }

  function send(chunk: Uint8Array, callback?: unknown): boolean {
    // To write to a client that has left is an error in Node; the handler is not to hear of it.
    if (isGone) {
      taken(callback);
      return true;
    }
    depart();
    return pass(() => native.write.call(response, chunk, callback)) as boolean;
  }

  function close(closing: Closing): void {
    isOver = true;
    if (isGone) {
      // It is whole, and whoever waits for its end is not to take it for cut off.
      if (closing.kind !== "cut") native.emit.call(response, "finish");
      if (isConcealed) native.emit.call(response, "close");
      return;
    }
    try {
      leave(closing);
    } catch (error) {
      // Node does not send it, such as a reason phrase with a line break, and says so only now. The
      // handler is over: nobody would catch it, and it would end the process. The record is safe.
      native.destroy.call(response, error);
    }
  }

  function leave(closing: Closing): void {
    switch (closing.kind) {
      case "send": {
        const last = closing.rest.at(-1);
        for (const chunk of closing.rest.slice(0, -1)) send(chunk);
        depart();
        native.end.call(response, ...(last === undefined ? [] : [last]));
        return;
      }
      case "instead":
        sendWhole(response, closing.answer, outside);
        return;
      case "cut":
        native.destroy.call(response);
    }
  }

  function fail(error?: unknown): void {
    void passage.fail(error).then((closing) => {
      // A handler that cut its socket may still answer, to nobody: that heals what is in doubt.
      if (!hasEnded) close(closing);
    });
  }

  const isPassedOn = () => passing > 0 || isOver;

  const replaced: Readonly<Record<string, Call>> = {
    writeHead(status, ...rest) {
      if (isPassedOn()) return native.writeHead.call(response, status, ...rest);
      const [reason, headers] = typeof rest[0] === "string" ? rest : [undefined, rest[0]];
      response.statusCode = status as number;
      if (typeof reason === "string") response.statusMessage = reason;
      setLines(response, writtenLines(headers));
      see();
      return response;
    },
    write(chunk, ...rest) {
      if (isPassedOn()) return native.write.call(response, chunk, ...rest);
      see();
      const callback = rest.at(-1);
      const leaving = passage.write(bytesOf(chunk, rest[0]));
      const last = leaving.at(-1);
      if (last === undefined) {
        // Held back: whoever waits for the callback would wait for its own end.
        taken(callback);
        return true;
      }
      for (const bytes of leaving.slice(0, -1)) send(bytes);
      return send(last, callback);
    },
    end(...args) {
      if (isPassedOn()) return native.end.call(response, ...args);
      if (hasEnded) return response;
      see();
      hasEnded = true;
      const callback = args.at(-1);
      if (typeof callback === "function") response.once("finish", callback as () => void);
      const [chunk] = args;
      const isEmpty = chunk === undefined || chunk === null || typeof chunk === "function";
      void passage.end(isEmpty ? undefined : bytesOf(chunk, args[1])).then(close);
      return response;
    },
    flushHeaders() {
      if (isPassedOn()) return native.flushHeaders.call(response);
      see();
      if (!passage.flush() || isGone) return undefined;
      depart();
      return pass(() => native.flushHeaders.call(response));
    },
    destroy(...args) {
      if (isPassedOn() || isGone || hasEnded) return native.destroy.call(response, ...args);
      fail(args[0]);
      return response;
    },
    emit(event, ...args) {
      if (event !== "close" || isOver || isGone) {
        return native.emit.call(response, event, ...args);
      }
      isGone = true;
      isConcealed = true;
      // Whoever waits for the client to read on would wait for ever.
      native.emit.call(response, "drain");
      const byClient = socket.readableEnded === true || Boolean(socket.errored);
      if (!byClient && !hasEnded) fail();
      return true;
    },
  };
  for (const [name, call] of Object.entries(replaced)) {
    Object.defineProperty(response, name, { value: call, writable: true, configurable: true });
  }
  show(response, "headersSent", (real) => real || (hasHead && !isOver));
  show(response, "writableEnded", (real) => real || hasEnded);
  hideDeparture(request, response, {
    isRunning: () => !isPassedOn(),
    isHidden: () => isGone && !isOver,
  });
}

/** The chunk was taken, as far as the handler is concerned. */
function taken(callback: unknown): void {
  if (typeof callback === "function") queueMicrotask(callback as () => void);
}

/** What a handler asks a response about itself, before it is so for Node. */
function show(response: object, name: string, shown: (real: boolean) => boolean): void {
  Object.defineProperty(response, name, {
    configurable: true,
    get: () => shown(Boolean(Reflect.get(Object.getPrototypeOf(response), name, response))),
  });
}

/** The headers that `writeHead` takes: an object, a flat list, or a list of pairs. */
function writtenLines(headers: unknown): readonly HeaderLine[] {
  if (typeof headers !== "object" || headers === null) return [];
  if (!Array.isArray(headers)) {
    return Object.entries(headers).flatMap(([name, value]) => linesFor(name, value as Value));
  }
  if (Array.isArray(headers[0])) {
    return headers.flatMap(([name, value]) => linesFor(String(name), value as Value));
  }
  const lines: HeaderLine[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    lines.push(...linesFor(String(headers[at]), headers[at + 1] as Value));
  }
  return lines;
}

interface NodeBuffer {
  from(text: string, encoding?: string): Uint8Array;
}

const utf8 = new TextEncoder();

/** Node takes text in any encoding that its buffers know. */
function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  const text = String(chunk);
  if (typeof encoding !== "string" || /^utf-?8$/i.test(encoding)) return utf8.encode(text);
  const { Buffer } = globalThis as unknown as { readonly Buffer: NodeBuffer };
  return Buffer.from(text, encoding);
}
