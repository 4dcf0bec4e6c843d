/**
 * What the client throws: four errors, each with what the caller needs to go on.
 *
 * No message holds the key, the address or the body, because messages end in logs. The key is a
 * property, for code that knows what it does with it.
 */
import type { Finding, Told, UnknownReason } from "./finding.ts";

interface Facts extends Told {
  readonly key: string | undefined;
  /** How many sends there were. */
  readonly attempts: number;
  /** The last answer, if there was one. */
  readonly response?: Response | undefined;
  readonly cause?: unknown;
  /** What the last answer means; `undefined` where nothing was sent. */
  readonly finding?: Finding | undefined;
}

class IdempotencyError extends Error {
  readonly key: string | undefined;
  readonly attempts: number;
  readonly problem: Told["problem"];
  readonly response: Response | undefined;
  readonly finding: Finding | undefined;

  constructor(message: string, { key, attempts, problem, response, cause, finding }: Facts) {
    super(message, { cause });
    this.key = key;
    this.attempts = attempts;
    this.problem = problem;
    this.response = response;
    this.finding = finding;
  }
}

/** No definite answer. The request may have been executed; never take a new key because of this. */
export class OutcomeUnknown extends IdempotencyError {
  override readonly name = "OutcomeUnknown";
  readonly reason: UnknownReason;
  /** Sends the same bytes under the same key, on a fresh budget. */
  readonly resume: () => Promise<Response>;

  constructor(facts: Facts, reason: UnknownReason, resume: () => Promise<Response>) {
    super(`The request may or may not have been executed (${reason}). Keep its key.`, facts);
    this.reason = reason;
    this.resume = resume;
  }
}

/** The key stands for another request: `idempotency_conflict`, or one in flight on this page. */
export class KeyConflict extends IdempotencyError {
  override readonly name = "KeyConflict";

  constructor(facts: Facts) {
    super("This key was used for another request.", facts);
  }
}

/** The server refuses the key itself, and has run nothing. */
export class RequestRefused extends IdempotencyError {
  override readonly name = "RequestRefused";

  constructor(facts: Facts) {
    super("The server refused the request because of its key; see `problem`.", facts);
  }
}

/** Executed, and the answer is gone. */
export class ResponseNotKept extends IdempotencyError {
  override readonly name = "ResponseNotKept";
  readonly original: Told["original"];

  constructor(facts: Facts) {
    super("The request was executed, and its answer was not kept.", facts);
    this.original = facts.original;
  }
}
