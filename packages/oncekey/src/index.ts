/** `oncekey({ store })` for any work, and what goes with a guard whichever framework it stands in. */
export type { Door, Scope } from "./core/address.ts";
export type { Codec } from "./core/codec.ts";
export type { Context } from "./core/context.ts";
export type { Seal } from "./core/envelope.ts";
export {
  type ErrorCode,
  LeaseLost,
  NotRecorded,
  RecordCorrupt,
  StoreUnavailable,
} from "./core/errors.ts";
export { type Listener, levelOf, type OncekeyEvent } from "./core/events.ts";
export type { Inspector, ListRequest, Page } from "./core/inspector.ts";
export type { Notifier, Watch } from "./core/notifier.ts";
export type { Ports } from "./core/ports.ts";
export { type ReaperOptions, startReaper } from "./core/reaper.ts";
export type {
  Completed,
  Digest,
  Effects,
  IdempotencyRecord,
  Subject,
  Token,
  Unsettled,
} from "./core/record.ts";
export {
  type Finding,
  type Oncekey,
  type OncekeyOptions,
  type Outcome,
  oncekey,
  type Work,
} from "./core/run.ts";
export type { Claim, ClaimRequest, Lease, Store } from "./core/store.ts";
export type { TransactionalStore } from "./core/transaction.ts";
export { type HttpContext, idempotencyOf, optionalIdempotencyOf } from "./http/carrier.ts";
export { type ForgetRequest, type Forgotten, forget } from "./http/forget.ts";
export { hiddenField } from "./http/form.ts";
export { type Kept, keptBy } from "./http/kept.ts";
export { recordId, scopeDigest } from "./http/lookup.ts";
export type { GuardOptions, Principal } from "./http/options.ts";
export { type KnownAnswer, settle } from "./http/settle.ts";
export type { Answer, Snapshot, Tombstone } from "./http/snapshot.ts";
export { CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS } from "./protocol/header.ts";
export { type Problem, type ProblemCode, type ProblemFacts, problem } from "./protocol/problem.ts";
