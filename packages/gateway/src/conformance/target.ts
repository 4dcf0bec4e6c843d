/**
 * What is said of a server before it is tested: where it is, what it is sent, and what it can be
 * made to do. Only the address has to be there. What is not said makes requirements not
 * applicable, since a suite that guesses reports its own mistakes as those of the server.
 */
import type { ProfileName, Refusal } from "./profile.ts";

/**
 * What a handler can be made to do, as a request that makes it do so. Each stands for the request
 * that is described, changed in what is given here.
 */
export type BehaviourName =
  | "slow"
  | "clientError"
  | "serverError"
  | "cut"
  | "redirect"
  | "empty"
  | "binary"
  | "large"
  | "tooLarge"
  | "fields"
  | "elsewhere"
  | "read"
  | "uncovered";

export interface Behaviour {
  readonly path?: string | undefined;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  /** `slow`: how long it runs, in ms. */
  readonly ms?: number | undefined;
  /** `fields`: response fields that a replay must have, and those that it must not have. */
  readonly keeps?: readonly string[] | undefined;
  readonly drops?: readonly string[] | undefined;
}

/** How runs are counted: by asking the server, or by an id of the effect in its answers. */
export type Counting =
  | { readonly by: "url"; readonly url: URL; readonly pointer: string }
  | { readonly by: "pointer"; readonly pointer: string }
  | { readonly by: "header"; readonly header: string };

export interface Target {
  readonly profile: ProfileName;
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. `{{n}}` in it is another number each time. */
  readonly body: unknown;
  readonly keyHeader: string;
  readonly keyFormat: "bare" | "quoted";
  /** Whether a request without a key is refused; undefined if nobody said. */
  readonly keyRequired: boolean | undefined;
  readonly keyLengthMax: number;
  /** The field that a replay has, as "Name: value". Null: it has none. */
  readonly marker: string | null;
  /** What the handler says about being run again: it decides about a 5xx. */
  readonly effects: "unrepeatable" | "repeatable";
  readonly counting: Counting | undefined;
  readonly statuses: Readonly<Record<Refusal, readonly number[]>>;
  /** Header sets, each of another person. */
  readonly principals: readonly Readonly<Record<string, string>>[];
  readonly behaviours: Readonly<Partial<Record<BehaviourName, Behaviour>>>;
  readonly requestBytesMax: number | undefined;
  /** Whether it forwards requests: then hop-by-hop fields are its concern. */
  readonly isGateway: boolean;
  /** What `{{n}}` begins at. */
  readonly start: number;
  /** How many duplicates race. */
  readonly parallel: number;
  readonly timeoutMs: number;
}
