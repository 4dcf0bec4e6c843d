/**
 * Node's response, taken over: whatever way a handler answers, its answer goes through the passage.
 *
 * Every way to answer ends in `writeHead`, `write` and `end` of this one object (a framework's own
 * error page too), so these are replaced on it, and hand over to what stood there before. Middleware
 * that was mounted outside, such as compression, replaced them earlier: it works on what leaves
 * here, for first answers and replays alike.
 *
 * What is put on a response is the same for all of them, and finds its own state by a symbol. With
 * functions or accessors of its own, each response would have a shape that V8 has never seen, and
 * all that Node does with it afterwards would be slow: it was a third of what a key costs.
 */
import type { Closing, Passage } from "../http/exchange.ts";
import type { HeaderLine } from "../http/headers.ts";
import { createDisguise, type Disguise } from "./node-departure.ts";
import type { NodeRequest } from "./node-exchange.ts";
import { linesOf, setLines, writtenLines } from "./node-lines.ts";
import { type NodeResponse, sendWhole } from "./node-response.ts";

type Call = (...args: unknown[]) => unknown;

const NAMES = ["writeHead", "write", "end", "flushHeaders", "destroy", "emit"] as const;
type Name = (typeof NAMES)[number];

/** The ways to answer, as they stood on the response before. */
type Ways = Readonly<Record<Name, Call>>;

const OUTGOING = Symbol("oncekey");

/** A response that was taken over. */
type Taken = NodeResponse & { [OUTGOING]?: Outgoing };

/** From now on the handler's answer goes through `passage`. */
export function takeOver(
  request: NodeRequest,
  response: NodeResponse,
  passage: Passage,
  outside: readonly HeaderLine[] = linesOf(response),
): void {
  const taken = response as Taken;
  const outgoing = new Outgoing(request, taken, passage, outside);
  taken[OUTGOING] = outgoing;
  for (const name of NAMES) Reflect.set(response, name, REPLACED[name]);
  Object.defineProperty(response, "headersSent", HEADERS_SENT);
  Object.defineProperty(response, "writableEnded", WRITABLE_ENDED);
}

class Outgoing {
  readonly response: NodeResponse;
  readonly passage: Passage;
  readonly outside: readonly HeaderLine[];
  readonly request: NodeRequest;
  readonly ways: Ways;
  readonly disguise: Disguise;
  /** Calls made by Node, or by middleware outside, while something is being sent. */
  passing = 0;
  hasHead = false;
  hasLeft = false;
  hasEnded = false;
  isGone: boolean;
  /** Node announced the end of a connection, and the handler has not heard of it. */
  isConcealed = false;
  isOver = false;

  constructor(
    request: NodeRequest,
    response: Taken,
    passage: Passage,
    outside: readonly HeaderLine[],
  ) {
    this.request = request;
    this.response = response;
    this.passage = passage;
    this.outside = outside;
    // Read before they are replaced: what stands here now may be another middleware's.
    this.ways = waysOf(response);
    this.isGone = response.destroyed;
    this.disguise = createDisguise(request, response, this);
    if (this.isGone) this.disguise.putOn();
  }

  /** The handler's code, or a framework's, is calling: Node's own is told the truth. */
  get isRunning(): boolean {
    return this.passing === 0 && !this.isOver;
  }

  writeHead(status: number, rest: readonly unknown[]): void {
    const { response } = this;
    const [reason, headers] = typeof rest[0] === "string" ? rest : [undefined, rest[0]];
    response.statusCode = status;
    if (typeof reason === "string") response.statusMessage = reason;
    setLines(response, writtenLines(headers));
    this.see();
  }

  write(chunk: unknown, rest: readonly unknown[]): boolean {
    this.see();
    const callback = rest.at(-1);
    const leaving = this.passage.write(bytesOf(chunk, rest[0]));
    const last = leaving.at(-1);
    if (last === undefined) {
      // Held back: whoever waits for the callback would wait for its own end.
      told(callback);
      return true;
    }
    for (const bytes of leaving.slice(0, -1)) this.send(bytes);
    return this.send(last, callback);
  }

  end(args: readonly unknown[]): void {
    if (this.hasEnded) return;
    this.see();
    this.hasEnded = true;
    const callback = args.at(-1);
    if (typeof callback === "function") this.response.once("finish", callback as () => void);
    const [chunk] = args;
    const isEmpty = chunk === undefined || chunk === null || typeof chunk === "function";
    void this.passage
      .end(isEmpty ? undefined : bytesOf(chunk, args[1]))
      .then((closing) => this.close(closing));
  }

  flushHeaders(): void {
    this.see();
    if (!this.passage.flush() || this.isGone) return;
    this.depart();
    this.pass(() => this.call("flushHeaders"));
  }

  /** Before anybody else hears of it: is it the handler, or the client, that has left? */
  leftBehind(): void {
    this.isGone = true;
    this.isConcealed = true;
    this.disguise.putOn();
    // Whoever waits for the client to read on would wait for ever.
    this.call("emit", "drain");
    const { socket } = this.request;
    const byClient = socket.readableEnded === true || Boolean(socket.errored);
    if (!byClient && !this.hasEnded) this.fail();
  }

  fail(error?: unknown): void {
    void this.passage.fail(error).then((closing) => {
      // A handler that cut its socket may still answer, to nobody: that heals what is in doubt.
      if (!this.hasEnded) this.close(closing);
    });
  }

  call(name: Name, ...args: unknown[]): unknown {
    return this.ways[name].apply(this.response, args);
  }

  private see(): void {
    if (this.hasHead) return;
    this.hasHead = true;
    const { response } = this;
    this.passage.head(response.statusCode, linesOf(response), this.outside);
  }

  /** The head leaves with what comes first, and takes the echo along. */
  private depart(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    setLines(this.response, this.passage.added);
  }

  private pass<T>(call: () => T): T {
    this.passing++;
    try {
      return call();
    } finally {
      this.passing--;
    }
  }

  private send(chunk: Uint8Array, callback?: unknown): boolean {
    // To write to a client that has left is an error in Node; the handler is not to hear of it.
    if (this.isGone) {
      told(callback);
      return true;
    }
    this.depart();
    return this.pass(() => this.call("write", chunk, callback)) as boolean;
  }

  private close(closing: Closing): void {
    this.isOver = true;
    this.disguise.takeOff();
    if (this.isGone) {
      // It is whole, and whoever waits for its end is not to take it for cut off.
      if (closing.kind !== "cut") this.call("emit", "finish");
      if (this.isConcealed) this.call("emit", "close");
      return;
    }
    try {
      this.leave(closing);
    } catch (error) {
      // Node does not send it, such as a reason phrase with a line break, and says so only now. The
      // handler is over: nobody would catch it, and it would end the process. The record is safe.
      this.call("destroy", error);
    }
  }

  private leave(closing: Closing): void {
    switch (closing.kind) {
      case "send": {
        const last = closing.rest.at(-1);
        for (const chunk of closing.rest.slice(0, -1)) this.send(chunk);
        this.depart();
        if (last === undefined) this.call("end");
        else this.call("end", last);
        return;
      }
      case "instead":
        sendWhole(this.response, closing.answer, this.outside);
        return;
      case "cut":
        this.call("destroy");
    }
  }
}

function waysOf(response: NodeResponse): Ways {
  const { writeHead, write, end, flushHeaders, destroy, emit } = response as unknown as Ways;
  return { writeHead, write, end, flushHeaders, destroy, emit };
}

/** What becomes of a call, whoever makes it. */
const ANSWERED: Readonly<Record<Name, (outgoing: Outgoing, args: unknown[]) => unknown>> = {
  writeHead(outgoing, args) {
    if (!outgoing.isRunning) return outgoing.call("writeHead", ...args);
    outgoing.writeHead(args[0] as number, args.slice(1));
    return outgoing.response;
  },
  write(outgoing, args) {
    if (!outgoing.isRunning) return outgoing.call("write", ...args);
    return outgoing.write(args[0], args.slice(1));
  },
  end(outgoing, args) {
    if (!outgoing.isRunning) return outgoing.call("end", ...args);
    outgoing.end(args);
    return outgoing.response;
  },
  flushHeaders(outgoing) {
    if (!outgoing.isRunning) return outgoing.call("flushHeaders");
    return outgoing.flushHeaders();
  },
  destroy(outgoing, args) {
    if (!outgoing.isRunning || outgoing.isGone || outgoing.hasEnded) {
      return outgoing.call("destroy", ...args);
    }
    outgoing.fail(args[0]);
    return outgoing.response;
  },
  emit(outgoing, args) {
    if (args[0] !== "close" || outgoing.isOver || outgoing.isGone) {
      return outgoing.call("emit", ...args);
    }
    outgoing.leftBehind();
    return true;
  },
};

const replaced = (name: Name): Call =>
  function (this: Taken, ...args) {
    return ANSWERED[name](outgoingOf(this), args);
  };

const REPLACED: Readonly<Record<Name, Call>> = {
  writeHead: replaced("writeHead"),
  write: replaced("write"),
  end: replaced("end"),
  flushHeaders: replaced("flushHeaders"),
  destroy: replaced("destroy"),
  emit: replaced("emit"),
};

/** What a handler asks a response about itself, before it is so for Node. */
const HEADERS_SENT = shown("headersSent", ({ hasHead, isOver }) => hasHead && !isOver);
const WRITABLE_ENDED = shown("writableEnded", ({ hasEnded }) => hasEnded);

function shown(name: string, isSo: (outgoing: Outgoing) => boolean): PropertyDescriptor {
  return {
    configurable: true,
    get(this: Taken) {
      const outgoing = outgoingOf(this);
      const { response } = outgoing;
      return (
        Boolean(Reflect.get(Object.getPrototypeOf(response), name, response)) || isSo(outgoing)
      );
    },
  };
}

function outgoingOf(response: Taken): Outgoing {
  const outgoing = response[OUTGOING];
  if (outgoing !== undefined) return outgoing;
  throw new TypeError("Call it as a method of its response: `response.end()`.");
}

/** The chunk was taken, as far as the handler is concerned. */
function told(callback: unknown): void {
  if (typeof callback === "function") queueMicrotask(callback as () => void);
}

interface NodeBuffer {
  from(text: string, encoding?: string): Uint8Array;
}

/** Node takes text in any encoding that its buffers know. */
function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  const { Buffer } = globalThis as unknown as { readonly Buffer: NodeBuffer };
  return Buffer.from(String(chunk), typeof encoding === "string" ? encoding : "utf8");
}
