/** What is thrown: only what nobody could expect. Conflict and mismatch are values. */

/** Stable API. The same words stand on the wire where a problem has the same cause. */
export type ErrorCode =
  | "idempotency_store_unavailable"
  | "idempotency_record_corrupt"
  | "idempotency_lease_lost"
  | "idempotency_not_recorded";

/** The database gave no answer, or refused. Wrapped once, at the store's door, with its `cause`. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  readonly code: ErrorCode = "idempotency_store_unavailable";
}

/** There is a record, and it cannot be read: damaged, or of a newer version. Never "absent". */
export class RecordCorrupt extends Error {
  override readonly name = "RecordCorrupt";
  readonly code: ErrorCode = "idempotency_record_corrupt";
}

/** The reason of the handler's `AbortSignal`: the lease ended, or is about to, unrenewed. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
  readonly code: ErrorCode = "idempotency_lease_lost";
}

/** `run` did run the function, but its result could not be stored. Running again is safe. */
export class NotRecorded extends Error {
  override readonly name = "NotRecorded";
  readonly code: ErrorCode = "idempotency_not_recorded";
}
