/** The side that sends: a `fetch` that may be sent again. It imports nothing of the server. */
export type { Bodies } from "./bodies.ts";
export { clearIntents } from "./clear-intents.ts";
export {
  KeyConflict,
  OutcomeUnknown,
  RequestRefused,
  ResponseNotKept,
} from "./errors.ts";
export {
  createIdempotentFetch,
  type Idempotency,
  type IdempotentFetch,
  type IdempotentFetchOptions,
  type IdempotentInit,
  type IdempotentResponse,
} from "./fetch.ts";
export type { Finding, Problem, Told, UnknownReason } from "./finding.ts";
export type { FormElement, FormFacts } from "./form.ts";
export type { Asked, Frozen } from "./frozen.ts";
export { graph } from "./graph.ts";
export type { Entry, Persistence } from "./keep.ts";
export type { Messages } from "./messages.ts";
export { press } from "./press.ts";
export type { Profile, Sent } from "./profiles.ts";
export {
  type Effect,
  type Event,
  initial,
  type Kept,
  type Phase,
  phaseOf,
  type Reason,
  type Rules,
  reduce,
  type State,
  type Status,
  type Step,
} from "./reduce.ts";
export { isDefinite, isExpired, type RetrySettings } from "./retry.ts";
export type { Server } from "./server.ts";
export { type Flags, flagsOf, type Snapshot, type SubmitError } from "./snapshot.ts";
export { stripeServer } from "./stripe.ts";
export { createSubmit, type Submit } from "./submit.ts";
export type { CheckAnswer, CheckAsked, SubmitOptions } from "./submit-options.ts";
export type { Claim, Tabs, Watcher } from "./tabs.ts";
