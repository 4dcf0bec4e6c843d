/**
 * One HTTP exchange as the guard sees it: narrow, so that any server's objects can be one.
 *
 * Building a web `Request` and `Response` for each exchange costs Node more than the whole claim
 * does (see decision 0003). So the guard asks for what it needs, and a `Request` is one face of
 * this, Node's streams another. Adapters translate; nothing here decides.
 */
import type { HeaderLine } from "./headers.ts";

export interface Exchange<Request> {
  /** The framework's own request, for the application's functions. */
  readonly request: Request;
  /** In upper case. */
  readonly method: string;
  /** Path and query as received, such as "/pay?x=1". Never relative to where it is mounted. */
  readonly target: string;
  /** A field's value, its lines joined by ", "; undefined when absent. `name` in lower case. */
  header(name: string): string | undefined;
  /** Reads the whole body, at most `limit` bytes of it, and leaves it readable for the handler. */
  body(limit: number): Promise<CapturedBody>;
  /** Calls once when the client has gone. The returned function forgets the call. */
  onGone(call: () => void): () => void;
}

export type CapturedBody =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** A parser came first: what it produced of JSON or of an urlencoded form. */
  | { readonly kind: "parsed"; readonly value: unknown }
  | { readonly kind: "too-large" }
  /** Somebody consumed it and left nothing to compare. */
  | { readonly kind: "unreadable" }
  /** The client left in the middle of its upload. */
  | { readonly kind: "cut" };

/** A whole answer that the guard makes: a replay or a problem. It replaces any other. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  /** Empty for those statuses that have no body. */
  readonly body: Uint8Array;
}

/** The handler's answer on its way out: the adapter feeds it, and sends what it is told. */
export interface Passage {
  /** Lines to add to the handler's own answer. */
  readonly added: readonly HeaderLine[];
  /**
   * The head of the handler's answer, before its first chunk. `outside` is what already stood on
   * the answer when the handler was called: it belongs to each answer and to no record.
   */
  head(status: number, lines: readonly HeaderLine[], outside: readonly HeaderLine[]): void;
  /** May the head leave before there is a chunk? True counts as having left. */
  flush(): boolean;
  /** Takes a chunk. Returns what may be sent now, in order; empty to hold back. */
  write(chunk: Uint8Array): readonly Uint8Array[];
  /** The handler's answer is whole. Settles once the record is safe. */
  end(last?: Uint8Array): Promise<Closing>;
  /** The handler gave no whole answer, and never will: it cut the socket, or its stream failed. */
  fail(error?: unknown): Promise<Closing>;
}

export type Closing =
  /** Send these chunks, and end. */
  | { readonly kind: "send"; readonly rest: readonly Uint8Array[] }
  /** Nothing has left yet: send this in place of the handler's answer. */
  | { readonly kind: "instead"; readonly answer: WholeAnswer }
  /** Cut the connection, so that no client takes what has left for whole. */
  | { readonly kind: "cut" };
