/**
 * What is reported: the library prints nothing, so this is how an application hears of it.
 *
 * No event holds a key, a scope or a body. `record` is the first 12 hex digits of the record's
 * address, enough to follow one record through the logs and too little to find its key.
 */
import type { Digest } from "./record.ts";

interface About {
  readonly record: string;
  readonly label: string;
}

interface Waited {
  /** How long it waited for a running owner, in ms; 0 when it did not. */
  readonly waitedMs: number;
}

interface Ran {
  /** From the claim's answer to the handler's, in ms. What the store takes then is not in it. */
  readonly ranMs: number;
}

/** One word for what happened, and what one needs to understand it. */
export type OncekeyEvent =
  | (About & Waited & { readonly type: "claimed"; readonly attempt: number })
  | (About & Waited & { readonly type: "replayed" | "in-flight" | "in-doubt" | "mismatch" })
  | (About & { readonly type: "renewed" })
  | (About & Ran & { readonly type: "completed" | "released" | "gave-up" | "rolled-back" })
  /** The owner found that another had taken over, or that a person had settled the record. */
  | (About & Ran & { readonly type: "superseded" })
  | (About & { readonly type: "reconciled"; readonly happened: boolean })
  /** The lease ended, or could not be renewed in time: the handler's signal has fired. */
  | (About & { readonly type: "lease-lost"; readonly reason: string })
  | (About & { readonly type: "store-failed"; readonly call: string; readonly error: unknown })
  /** One call of a verb, as often as it is made. Not the transaction, which holds the handler. */
  | {
      readonly type: "store-called";
      readonly call: string;
      readonly tookMs: number;
      readonly failed: boolean;
    }
  /** There is a record that cannot be read. Nothing runs under its key until a person looks. */
  | (About & { readonly type: "record-corrupt"; readonly error: unknown })
  /** The handler ran and its result is not safe yet; it is tried on in the background. */
  | (About & Ran & { readonly type: "not-recorded" })
  /** A background write landed late, or was given up because too many were waiting. */
  | (About & { readonly type: "recovered" | "abandoned"; readonly call: string })
  | (About & { readonly type: "reconcile-failed" | "handler-failed"; readonly error: unknown })
  /** `onStoreDown: "run"`: the handler ran without protection. */
  | { readonly type: "ran-unprotected"; readonly label: string; readonly error: unknown }
  | { readonly type: "scope-unresolved"; readonly label: string; readonly error?: unknown };

export type Listener = (event: OncekeyEvent) => void;

/** How serious an event is, for whoever writes it to a log. */
export function levelOf(event: OncekeyEvent): "debug" | "warning" | "error" {
  switch (event.type) {
    case "record-corrupt":
    case "abandoned":
    case "scope-unresolved":
    case "handler-failed":
    case "reconcile-failed":
      return "error";
    case "in-doubt":
    case "superseded":
    case "lease-lost":
    case "store-failed":
    case "not-recorded":
    case "recovered":
    case "ran-unprotected":
      return "warning";
    case "claimed":
    case "renewed":
    case "store-called":
    case "replayed":
    case "in-flight":
    case "mismatch":
    case "completed":
    case "released":
    case "gave-up":
    case "rolled-back":
    case "reconciled":
      return "debug";
  }
}

/** What stands in an event instead of the record's address. */
export const shortened = (id: Digest): string => id.slice(0, 12);

/** Tells that nobody listens, for what would cost something. */
export const silent: Listener = () => {};

/** A listener that throws must not turn into an answer: reporting is never part of a request. */
export function reporter(listener: Listener | undefined): Listener {
  if (listener === undefined) return silent;
  return (event) => {
    try {
      listener(event);
    } catch {
      // The listener's own failure is the listener's to report.
    }
  };
}
