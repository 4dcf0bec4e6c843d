/** The options of the guard, checked when it is made: a mistake is found at start, and named. */
import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkNames,
  checkOneOf,
  refuse,
} from "../core/check.ts";
import type { CommonSettings } from "../core/settings.ts";
import { COMMON_OPTIONS, type CommonOptions, checkCommon } from "../core/settings.ts";
import type { Store } from "../core/store.ts";
import type { TransactionalStore } from "../core/transaction.ts";
import { IDEMPOTENCY_KEY } from "../protocol/header.ts";
import {
  compileFingerprint,
  type FingerprintOptions,
  type FingerprintPolicy,
} from "./fingerprint.ts";
import { compilePolicy, type HeaderPolicy, isFieldName, type ReplayHeaders } from "./headers.ts";
import type { KnownAnswer } from "./settle.ts";

/** The principal: a string or a list of strings that only the server knows. */
export type Principal = string | readonly string[];

/** What `reconcile` is asked about: the retry that met a record in doubt. */
export interface Doubt<Request> {
  readonly request: Request;
  readonly key: string;
}

/** What the application found out. `undefined`: it does not know either. */
export type Finding =
  | { readonly happened: true; readonly answer: KnownAnswer }
  | { readonly happened: false }
  | undefined;

interface HttpOptions<Request> extends CommonOptions {
  /**
   * Whose key it is: the principal of a request, or `"global"` in words when all share one space
   * of keys. A request whose principal cannot be told is refused, never pooled.
   */
  readonly scope:
    | "global"
    | ((request: Request) => Principal | undefined | null | Promise<Principal | undefined | null>);
  /** The methods that are looked at. `["POST", "PATCH"]`; may add PUT and DELETE, nothing else. */
  readonly methods?: readonly ("POST" | "PATCH" | "PUT" | "DELETE")[];
  /** The key's field, or several names that mean the same. "Idempotency-Key". */
  readonly header?: string | readonly string[];
  /** Name of a hidden form field that may carry the key, for pages without a script. Off. */
  readonly formField?: string;
  /** Refuses a request without a key. False. */
  readonly required?: boolean;
  /** `"absent"`: a blank key counts as none. `"refuse"`: it is a client's bug. */
  readonly blankKey?: "refuse" | "absent";
  /** `"refuse"`: every duplicate gets a 409 instead of the answer. `"replay"`. */
  readonly onDuplicate?: "replay" | "refuse";
  /** Request headers that count too, and members of a JSON body that do not (JSON pointers). */
  readonly fingerprint?: FingerprintOptions;
  /** Most bytes of a request with a key. 1 MiB. */
  readonly maxRequestBytes?: number;
  /** Most bytes of an answer that are kept. Beyond, the fact is kept without the answer. 1 MiB. */
  readonly maxResponseBytes?: number;
  /** `"run"`: with the store down the handler runs unprotected, and each such run is reported. */
  readonly onStoreDown?: "refuse" | "run";
  /** Changes to the list of fields that are never replayed. */
  readonly replayHeaders?: ReplayHeaders;
  /** Answers carry the key they were given, as proof that it was looked at. True. */
  readonly echoKey?: boolean;
  /** Address of the application's documentation, with an anchor for each problem code. */
  readonly docs?: string;
  /** Unrepeatable: asks what became of a request in doubt. Only looks: may be called again. */
  readonly reconcile?: (doubt: Doubt<Request>) => Finding | Promise<Finding>;
  /** Transactional: which answers commit. A status below 400. */
  readonly commitWhen?: (status: number) => boolean;
}

/** `effects: "transactional"` with a store that has no transactions does not compile. */
export type GuardOptions<Request, Handle = never> = HttpOptions<Request> &
  (
    | { readonly store: Store; readonly effects?: "unrepeatable" | "repeatable" }
    | { readonly store: TransactionalStore<Handle>; readonly effects: "transactional" }
  );

export interface GuardSettings extends CommonSettings {
  readonly methods: ReadonlySet<string>;
  /** As written, for the echo and the problems. */
  readonly headers: readonly string[];
  readonly formField: string | undefined;
  readonly required: boolean;
  readonly blankIsAbsent: boolean;
  readonly refusesDuplicates: boolean;
  readonly compared: FingerprintPolicy;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly runsUnprotected: boolean;
  readonly policy: HeaderPolicy;
  readonly echoKey: boolean;
  readonly docs: string | undefined;
  readonly commitWhen: (status: number) => boolean;
}

const OPTIONS = [
  ...COMMON_OPTIONS,
  "scope",
  "methods",
  "header",
  "formField",
  "required",
  "blankKey",
  "onDuplicate",
  "fingerprint",
  "maxRequestBytes",
  "maxResponseBytes",
  "onStoreDown",
  "replayHeaders",
  "echoKey",
  "docs",
  "reconcile",
  "commitWhen",
];

/** Safe methods have no effect to protect, and replaying one would leak an answer to a GET. */
const METHODS = ["POST", "PATCH", "PUT", "DELETE"];
/** A request with a key is read whole before it runs, so this is memory per request. */
const REQUEST_BYTES = 1024 * 1024;
const RESPONSE_BYTES = 1024 * 1024;

export function checkOptions<Request, Handle>(
  options: GuardOptions<Request, Handle>,
): GuardSettings {
  checkNames("idempotency()", options, OPTIONS);
  const common = checkCommon(options);
  checkScope(options.scope);
  const headers = headerNames(options.header ?? IDEMPOTENCY_KEY);
  const { fingerprint = {}, formField, docs, commitWhen } = options;
  checkNames("`fingerprint`", fingerprint, ["headers", "ignore"]);
  const replayHeaders = options.replayHeaders ?? {};
  checkNames("`replayHeaders`", replayHeaders, ["drop", "keep"]);
  if (options.reconcile !== undefined) checkFunction("reconcile", options.reconcile);
  if (commitWhen !== undefined) checkFunction("commitWhen", commitWhen);
  if (formField !== undefined && (typeof formField !== "string" || formField === "")) {
    refuse("formField", "the name of a form field", formField);
  }
  if (docs !== undefined && !isAddress(docs)) refuse("docs", "an absolute URL", docs);
  const runsUnprotected =
    checkOneOf("onStoreDown", options.onStoreDown ?? "refuse", ["refuse", "run"]) === "run";
  if (runsUnprotected && common.effects === "transactional") {
    throw new TypeError(
      'Expected `onStoreDown` to be "refuse", since `effects` is "transactional": ' +
        "without the store there is no transaction to run in.",
    );
  }
  return {
    ...common,
    methods: checkMethods(options.methods ?? ["POST", "PATCH"]),
    headers,
    formField,
    required: checkBoolean("required", options.required ?? false),
    blankIsAbsent: isSecond("blankKey", options.blankKey, ["refuse", "absent"]),
    refusesDuplicates: isSecond("onDuplicate", options.onDuplicate, ["replay", "refuse"]),
    compared: compileFingerprint(fingerprint, formField),
    maxRequestBytes: checkInteger(
      "maxRequestBytes",
      options.maxRequestBytes ?? REQUEST_BYTES,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    maxResponseBytes: checkInteger(
      "maxResponseBytes",
      options.maxResponseBytes ?? RESPONSE_BYTES,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    runsUnprotected,
    policy: compilePolicy(replayHeaders, headers),
    echoKey: checkBoolean("echoKey", options.echoKey ?? true),
    docs,
    commitWhen: commitWhen ?? ((status) => status < 400),
  };
}

const isSecond = (
  option: string,
  value: string | undefined,
  words: readonly [string, string],
): boolean => checkOneOf(option, value ?? words[0], words) === words[1];

function checkScope(scope: unknown): void {
  if (scope === "global" || typeof scope === "function") return;
  refuse("scope", 'a function from request to principal, or "global" if all share one', scope);
}

function checkMethods(methods: unknown): ReadonlySet<string> {
  const known = Array.isArray(methods) && methods.length > 0;
  if (known && methods.every((method) => METHODS.includes(method))) return new Set(methods);
  return refuse("methods", `a list of ${METHODS.join(", ")}`, methods);
}

function headerNames(header: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(header) ? header : [header];
  const legal = names.every((name) => isFieldName(name));
  if (names.length > 0 && legal) return names as readonly string[];
  return refuse("header", "a field name, or a list of field names", header);
}

function isAddress(docs: unknown): boolean {
  return typeof docs === "string" && /^https?:\/\/[^\s<>"#]+$/.test(docs);
}
