/**
 * The application that every adapter mounts, so that the same requests must give the same bytes.
 *
 * A handler is written once, in neutral words, and each mount says them in its framework's own:
 * `json`, `send`, a returned `Response`, a stream. What is mounted outside the guard (a gate, a
 * header on every answer, a body parser) stands where the framework's middleware stands.
 */
import type { Inspector } from "../../core/inspector.ts";
import type { IdempotencyRecord } from "../../core/record.ts";
import type { Store } from "../../core/store.ts";
import type { TransactionalStore } from "../../core/transaction.ts";

export type Line = readonly [name: string, value: string];

/** What a handler sees of its request. */
export interface Call {
  readonly method: string;
  /** Path and query, whole. */
  readonly target: string;
  header(name: string): string | undefined;
  /** The body as the framework hands it out, as text. */
  text(): Promise<string>;
  /** What the guard gave the handler; undefined when the request is not guarded. */
  readonly idempotency: HandlerContext | undefined;
  /** The framework's own parsed body, which a handler may change (P-31); `undefined` if it has none. */
  readonly parsed?: unknown;
}

/** The handler's context, as `idempotencyOf` hands it out. */
export interface HandlerContext {
  readonly key: string;
  readonly token: number;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly transaction: unknown;
  deriveKey(name: string): string;
  release(): void;
  omit(): void;
  giveUp(): void;
}

/** An answer in neutral words. Without a body the mount ends the answer without writing. */
export interface Reply {
  readonly status: number;
  readonly headers?: readonly Line[];
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array | string>;
  /** Ends without a whole answer, after what `body` wrote: the socket is cut, or the stream fails. */
  readonly cut?: boolean;
  /** Fields of a `103` that goes ahead; a framework that cannot send one leaves it out. */
  readonly early?: readonly Line[];
  /** Fields behind a body that is a stream, named in `Trailer`; likewise. */
  readonly trailers?: readonly Line[];
}

/** May throw: then the framework makes the answer, or the adapter where there is no framework. */
export type Handler = (call: Call) => Reply | Promise<Reply>;

export interface Application {
  readonly store: Store;
  /** The guard's options as written, without `store`. `scope` is given a `Scoped`. */
  readonly options: Readonly<Record<string, unknown>> & {
    readonly scope: "global" | ((call: Scoped) => unknown);
  };
  readonly handler: Handler;
  /** Middleware outside the guard: lines for every answer, or an answer of its own. */
  readonly outside?: (call: Scoped) => {
    readonly headers?: readonly Line[];
    readonly refuse?: Reply;
  };
  /** Middleware between the guard and the handler, which may answer in the handler's place. */
  readonly inside?: (call: Scoped) => Reply | undefined;
  /** Where guard and handler are mounted, if the framework has a router: paths or patterns. */
  readonly at?: readonly string[];
  /** Mounted before the guard: "text" consumes any body, the others parse if there is such a thing. */
  readonly parser?: "json" | "urlencoded" | "text" | undefined;
  /** Mounted outside the guard, if the framework has one: compresses what leaves. */
  readonly compresses?: boolean;
}

/** What stands outside sees no more than the head. */
export interface Scoped {
  readonly method: string;
  readonly target: string;
  header(name: string): string | undefined;
}

export interface Mounted {
  /** Sends a request over a real connection; `path` begins with a slash. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** A connection to write bytes on. */
  connect(): Promise<RawConnection>;
  close(): Promise<void>;
}

/** Bytes in, bytes out: for what no HTTP client would send. Text is latin1, one byte a character. */
export interface RawConnection {
  write(text: string): void;
  /** Resolves with all that has arrived once `enough` says so, or the other side has closed. */
  read(enough: (received: string) => boolean): Promise<string>;
  /** Resolves once the other side has closed, with all that has arrived. */
  closed(): Promise<string>;
  /** Leaves at once, without a word. */
  destroy(): void;
}

export interface AdapterSubject {
  /** A server that runs the application behind the adapter. The case closes it. */
  mount(application: Application): Promise<Mounted>;
  /** A fresh store, and the turning of its clock. Refuses new keys beyond `maxRecords`. */
  makeStore(limits?: { readonly maxRecords: number }): MadeStore;
  /** A fresh database with a store and a table of the application's in it. */
  makeTransactionalStore(): Promise<MadeDatabase>;
  /** Settles a record in doubt as a person would, in the library's own words. */
  settle(
    inspector: Inspector,
    record: Pick<IdempotencyRecord, "id" | "token">,
    outcome: Settlement,
  ): Promise<boolean>;
}

export interface MadeStore {
  readonly store: Store & Inspector;
  /** Turns the store's clock on by `ms`, or waits until that clock has gone at least so far. */
  pass(ms: number): Promise<void>;
}

export interface MadeDatabase extends MadeStore {
  readonly store: TransactionalStore<unknown> & Inspector;
  /** Writes a row in the transaction that `handle` stands for. */
  write(handle: unknown, row: string): Promise<void>;
  /** The rows that are there for good. */
  rows(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What a person found out about a record in doubt. */
export type Settlement =
  | { readonly happened: false }
  | {
      readonly happened: true;
      readonly answer: {
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: string;
      };
    };
