/**
 * The one place that decides over HTTP: pass, refuse, replay or run.
 *
 * An adapter hands in an exchange and gets an opening; it then sends an answer, or calls its
 * handler and feeds the passage. The order of the checks is the protocol's (P-18), and each refusal
 * is a row of the table of problems, never an exception.
 */
import { addressOf } from "../core/address.ts";
import type { Attempt } from "../core/attempt.ts";
import { createContext, noWishes } from "../core/context.ts";
import { createEngine, type Entered, type Reconciled } from "../core/engine.ts";
import { RecordCorrupt, StoreUnavailable } from "../core/errors.ts";
import { reporter, shortened } from "../core/events.ts";
import { platform } from "../core/ports.ts";
import type { Subject } from "../core/record.ts";
import type { TransactionalStore } from "../core/transaction.ts";
import type { ProblemCode } from "../protocol/problem.ts";
import { type Asked, createAnswers } from "./answers.ts";
import { type HttpContext, optionalIdempotencyOf } from "./carrier.ts";
import type { CapturedBody, Exchange, Passage, WholeAnswer } from "./exchange.ts";
import { fingerprint } from "./fingerprint.ts";
import { formKey } from "./form-key.ts";
import type { HeaderLine } from "./headers.ts";
import { type FoundKey, findKey, firstSentAt } from "./key.ts";
import { isMultipart, isUrlencoded, mediaType } from "./media-type.ts";
import { type OpenTransaction, openTransaction } from "./open-transaction.ts";
import { checkOptions, type GuardOptions } from "./options.ts";
import { createPassage } from "./passage.ts";
import { resolveScope } from "./scope.ts";
import { snapshotOf } from "./settle.ts";
import { encodeSnapshot } from "./snapshot.ts";

export type Opening<Handle> =
  /** Run the handler as if there were no guard. The context is there with `onStoreDown: "run"`. */
  | { readonly kind: "pass"; readonly context?: HttpContext<Handle> }
  /** Send this; the handler does not run. */
  | Refusal
  /** The client has left: there is nobody to answer, and nothing runs. */
  | { readonly kind: "gone" }
  | Run<Handle>;

/** Run the handler, and let its answer go through the passage. */
export interface Run<Handle> {
  readonly kind: "run";
  readonly context: HttpContext<Handle>;
  readonly passage: Passage;
  /** The answer of a handler that threw, where no framework makes one. */
  crashed(error: unknown): WholeAnswer;
}

/** What can be said of a request by its head alone. */
export type Glance =
  | { readonly kind: "pass" }
  | Refusal
  /** The body is needed: to compare it, or to look for the key in it. */
  | { readonly kind: "read"; readonly found: FoundKey };

type HeaderOf = (name: string) => string | undefined;

/** A request whose key is known, if it has one; and its body, if it had to be read for that. */
interface Keyed {
  readonly kind: "keyed";
  readonly found: FoundKey;
  readonly body?: CapturedBody;
}

interface Refusal {
  readonly kind: "answer";
  readonly answer: WholeAnswer;
}

export interface Guard<Request extends object, Handle> {
  /** Looks at the head only. An adapter may ask early, before a body is read. */
  glance(method: string, header: HeaderOf): Glance;
  /** The most bytes of a body that are read to be compared. */
  readonly bodyBytesMax: number;
  open(exchange: Exchange<Request>): Promise<Opening<Handle>>;
}

const isForm = (contentType: string | undefined): boolean => {
  const type = mediaType(contentType);
  return isUrlencoded(type) || isMultipart(type);
};

const LABEL_LENGTH_MAX = 200;

export function createGuard<Request extends object, Handle = never>(
  options: GuardOptions<Request, Handle>,
): Guard<Request, Handle> {
  const settings = checkOptions(options);
  const { ports = platform, store, notifier, seal, scope } = options;
  const report = reporter(options.onEvent);
  const engine = createEngine({ ...settings, store, notifier, seal, ports, report });

  const answers = createAnswers(settings, report);

  const refusal = (code: ProblemCode, echo?: readonly HeaderLine[]): Refusal => ({
    kind: "answer",
    answer: answers.problem(code, echo),
  });

  function glance(method: string, header: HeaderOf): Glance {
    if (!settings.methods.has(method)) return { kind: "pass" };
    const found = findKey(settings.headers, header, settings.blankIsAbsent);
    // A form's own field is stronger than a header, so a form is read before it is judged.
    if (settings.formField !== undefined && isForm(header("content-type"))) {
      return { kind: "read", found };
    }
    if (found.kind === "none") {
      return settings.required ? refusal("idempotency_key_required") : { kind: "pass" };
    }
    const unreadableDate = Number.isNaN(firstSentAt(header));
    // Echoed if it is the date that cannot be read: the key was looked at, and it is valid.
    if (found.kind === "invalid" || unreadableDate) {
      return refusal("idempotency_key_invalid", echoOf(found));
    }
    return { kind: "read", found };
  }

  /** The key of a form stands in its body, so a form is read first. */
  async function keyInForm(
    exchange: Exchange<Request>,
    field: string,
    found: FoundKey,
  ): Promise<Opening<Handle> | Keyed> {
    const header: HeaderOf = (name) => exchange.header(name);
    const body = await exchange.body(settings.maxRequestBytes);
    if (body.kind === "cut") return { kind: "gone" };
    if (body.kind === "too-large") return refusal("idempotency_request_too_large", echoOf(found));
    // Nobody can look into it: what the headers say is all there is.
    if (body.kind === "unreadable") return { kind: "keyed", found, body };
    const inForm = formKey({ header, body }, field);
    switch (inForm.kind) {
      case "key":
        return { kind: "keyed", found: { kind: "key", key: inForm.key, sent: [] }, body };
      case "absent":
        return { kind: "keyed", found, body };
      case "blank":
        if (settings.blankIsAbsent) return { kind: "keyed", found, body };
        return refusal("idempotency_key_invalid");
      case "invalid":
        return refusal("idempotency_key_invalid");
      case "too-long":
        return refusal("idempotency_request_too_large");
    }
  }

  async function open(exchange: Exchange<Request>): Promise<Opening<Handle>> {
    // A guard outside this one has the record already. To claim it again would be to be told that
    // it is in flight, and the outer one would keep that as the answer.
    if (optionalIdempotencyOf(exchange.request) !== undefined) return { kind: "pass" };
    const header: HeaderOf = (name) => exchange.header(name);
    const first = glance(exchange.method, header);
    if (first.kind !== "read") return first;
    if (settings.formField === undefined || !isForm(header("content-type"))) {
      return identify(exchange, { kind: "keyed", found: first.found });
    }
    const keyed = await keyInForm(exchange, settings.formField, first.found);
    return keyed.kind === "keyed" ? identify(exchange, keyed) : keyed;
  }

  /** Whose request it is, and which: then the store is asked. */
  async function identify(
    exchange: Exchange<Request>,
    { found, body: read }: Keyed,
  ): Promise<Opening<Handle>> {
    const header: HeaderOf = (name) => exchange.header(name);
    if (found.kind === "none") {
      return settings.required ? refusal("idempotency_key_required") : { kind: "pass" };
    }
    const echo = echoOf(found);
    const firstSent = firstSentAt(header);
    if (found.kind === "invalid" || Number.isNaN(firstSent)) {
      return refusal("idempotency_key_invalid", echo);
    }
    const { key } = found;
    const label = labelOf(exchange);
    const owner = await resolveScope(scope, exchange.request);
    if (owner.kind === "unresolved") {
      report({ type: "scope-unresolved", label, error: owner.error });
      return refusal("idempotency_scope_unresolved", echo);
    }
    const body = read ?? (await exchange.body(settings.maxRequestBytes));
    if (body.kind === "cut") return { kind: "gone" };
    if (body.kind === "too-large") return refusal("idempotency_request_too_large", echo);
    if (body.kind === "unreadable") return refusal("idempotency_body_unreadable", echo);

    const { method, target } = exchange;
    const compared = fingerprint({ key, method, target, header, body }, settings.compared, ports);
    if (compared === undefined) return refusal("idempotency_body_unreadable", echo);
    const address = addressOf(ports, "http", owner.principal, key);
    const subject = { ...address, fingerprint: compared, effects: settings.effects, label };
    return enter(exchange, subject, { id: address.id, key, label, echo }, firstSent);
  }

  async function enter(
    exchange: Exchange<Request>,
    subject: Subject,
    asked: Asked,
    firstSent: number | undefined,
  ): Promise<Opening<Handle>> {
    let entered: Entered;
    try {
      entered = await engine.enter({
        subject,
        waitMs: settings.waitMs,
        onGone: (call) => exchange.onGone(call),
        ...(options.reconcile && { reconcile: () => reconciled(exchange.request, asked.key) }),
      });
    } catch (error) {
      return storeTrouble(error, asked);
    }
    if (entered.kind !== "run") {
      return { kind: "answer", answer: answers.toDuplicate(entered, asked) };
    }
    return begin(entered.attempt, asked, firstSent);
  }

  async function reconciled(request: Request, key: string): Promise<Reconciled> {
    const finding = await options.reconcile?.({ request, key });
    if (finding === undefined || !finding.happened) return finding;
    return { happened: true, result: snapshotOf(finding.answer) };
  }

  /** Nothing has run. Whether something may is the application's word, given when it started. */
  function storeTrouble(error: unknown, { id, key, label, echo }: Asked): Opening<Handle> {
    if (error instanceof RecordCorrupt) return refusal("idempotency_store_unavailable", echo);
    if (!(error instanceof StoreUnavailable)) throw error;
    if (!settings.runsUnprotected) return refusal("idempotency_store_unavailable", echo);
    report({ type: "ran-unprotected", label, error });
    // It owns nothing: no token is lower, and its signal never fires.
    const unowned = { lease: { id, token: 0 }, attempt: 1, signal: new AbortController().signal };
    return {
      kind: "pass",
      context: withKey(createContext<Handle>(ports, unowned, noWishes()), key),
    };
  }

  async function begin(
    attempt: Attempt,
    asked: Asked,
    firstSent: number | undefined,
  ): Promise<Opening<Handle>> {
    const { id, key, label, echo } = asked;
    // No record, and a client that remembers sending longer ago than records live: the record may
    // have been there and gone.
    const isLate = firstSent !== undefined && firstSent < attempt.claimedAt - settings.retentionMs;
    if (isLate && attempt.attempt === 1) {
      await attempt.release();
      return refusal("idempotency_too_late", echo);
    }
    const wishes = noWishes();
    let transaction: OpenTransaction<Handle> | undefined;
    if (attempt.effects === "transactional") {
      const begun = await openTransaction(attempt, store as TransactionalStore<Handle>);
      // Nothing has run here, but where another has taken over there is an answer to tell.
      if (begun.kind === "superseded") {
        return { kind: "answer", answer: answers.toOwner(begun.found, asked) };
      }
      if (begun.kind !== "open") return refusal("idempotency_store_unavailable", echo);
      transaction = begun;
    }
    return {
      kind: "run",
      context: withKey(createContext<Handle>(ports, attempt, wishes, transaction), key),
      passage: createPassage({
        attempt,
        wishes,
        settings,
        transaction,
        added: echo,
        encode: encodeSnapshot,
        answerFor: (found) => answers.toOwner(found, asked),
        notRecorded: () => answers.problem("idempotency_not_recorded", echo),
      }),
      crashed(error) {
        report({ type: "handler-failed", record: shortened(id), label, error });
        return INTERNAL_SERVER_ERROR;
      },
    };
  }

  const echoOf = (found: FoundKey): readonly HeaderLine[] =>
    settings.echoKey && found.kind === "key" ? found.sent : [];

  return { glance, open, bodyBytesMax: settings.maxRequestBytes };
}

/** What a bare server says of a handler that threw: not why, since that may be a secret. */
const INTERNAL_SERVER_ERROR: WholeAnswer = {
  status: 500,
  headers: [["Content-Type", "text/plain; charset=utf-8"]],
  body: new TextEncoder().encode("Internal Server Error"),
};

/** Added to the context itself: a copy would read its lazy parts, or lose them. */
function withKey<Handle>(
  context: Omit<HttpContext<Handle>, "key">,
  key: string,
): HttpContext<Handle> {
  return Object.defineProperty(context, "key", {
    value: key,
    enumerable: true,
  }) as HttpContext<Handle>;
}

/** Method and path, for people. The query stays out: that is where secrets are. */
function labelOf({ method, target }: { readonly method: string; readonly target: string }): string {
  return `${method} ${target.split("?", 1)[0]}`.slice(0, LABEL_LENGTH_MAX);
}
