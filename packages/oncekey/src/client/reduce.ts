/**
 * The submit machine: READY, SUBMIT, SUCCESS, FAIL, as one pure function. No clock, no randomness,
 * no I/O: each event brings the time, a chance and a fresh key, and what must be done comes back as
 * effects. An event that a state does not know changes nothing.
 *
 * A key is retired by success, by a definite no with nothing open, by `reset`, and by a change of
 * principal. By nothing else: a new key beside a send that may have been executed is a second order.
 */
import type { Finding, UnknownReason } from "./finding.ts";
import { type Again, isExpired, judge, pause, type RetrySettings } from "./retry.ts";

export type Phase = "READY" | "SUBMIT" | "SUCCESS" | "FAIL";

type Busy = "submitting" | "retrying" | "waiting" | "offline";
export type Status = "ready" | Busy | "success" | "rejected" | "failed" | "unknown" | "conflict";

export type Reason =
  | UnknownReason
  /** The page was loaded anew, or its tab died, while a send was on its way. */
  | "reloaded"
  /** Other bytes, which this server would not tell from the earlier ones: nothing was sent. */
  | "edited"
  /** Nothing was sent, because there is no connection. */
  | "offline";

export interface Rules extends RetrySettings {
  readonly budgetMs: number;
  readonly offline: "wait" | "fail";
  /** There is a way to ask the application what became of a request. */
  readonly asks: boolean;
}

/** What the machine must know of the server that a request goes to. */
export interface ServerFacts {
  readonly resend: boolean;
  readonly comparesBody: boolean;
  readonly retentionMs: number;
}

/** What outlives a page. Written down before the first byte leaves. */
export interface Kept {
  readonly status: Status;
  readonly reason: Reason | null;
  readonly key: string;
  readonly attempt: number;
  readonly firstSentAt: number | null;
  /** When the status was entered. */
  readonly since: number;
  readonly server: ServerFacts;
}

export interface State extends Omit<Kept, "key"> {
  readonly rules: Rules;
  /** `null` until there is a page: a key that is rendered on a server would be shared. */
  readonly key: string | null;
  /** An earlier send may have been executed, and nobody has said. */
  readonly open: boolean;
  /** The bytes that were sent are there. */
  readonly held: boolean;
  readonly online: boolean;
  readonly principal: string | null;
  /** Sends that count against the attempts, and the start of the budget. */
  readonly tries: number;
  readonly startedAt: number;
  /** In SUBMIT: what is being waited for. "watching": another tab sends, and this one may not. */
  readonly doing: "preparing" | "sending" | "pausing" | "asking" | "watching" | null;
  readonly nextRetryAt: number | null;
}

export type Event = {
  readonly at: number;
  /** A fresh key, in case one is needed. */
  readonly key: string;
  readonly chance: number;
} & (
  | { readonly type: "submit" | "due" | "aborted" | "online" | "offline" }
  | { readonly type: "check" | "reset" | "edited" }
  /** The bytes are frozen and about to leave. `edited`: others were sent under this key. */
  | { readonly type: "sent"; readonly edited: boolean; readonly server: ServerFacts }
  | { readonly type: "answered"; readonly finding: Finding }
  | { readonly type: "lost"; readonly reason: "network" | "timeout" }
  /**
   * A page begins: with what an earlier one kept, with the key of a form's field, or afresh. It is
   * said once more, with `held`, when the bytes have been found.
   */
  | {
      readonly type: "restored";
      readonly record?: Kept;
      readonly field?: string;
      readonly held?: boolean;
    }
  /** What another tab, which owns the intent, has come to. `held`: this one could send it too. */
  | { readonly type: "observed"; readonly record: Kept; readonly held?: boolean }
  | { readonly type: "principal"; readonly principal: string }
);

export type Effect =
  /** Freeze the request, then say `sent`. */
  | { readonly do: "prepare" }
  /** Write the intent down, before anything else is done; or wipe it out. */
  | { readonly do: "keep" | "forget" }
  /** Send the frozen bytes under the key. */
  | { readonly do: "transmit" }
  /** Say `due` after so long. While watching it is said when the owner is gone. */
  | { readonly do: "wait"; readonly ms: number }
  /** End the send and the wait that are going on. */
  | { readonly do: "stop" }
  /** Ask the application what became of it. */
  | { readonly do: "ask" };

export type Step = readonly [State, readonly Effect[]];

/** `navigator.onLine` is a hint, so the network is tried now and then all the same. */
const OFFLINE_WAIT_MS = 30_000;
/** A person who comes back to the page still sees that it went through. */
const SUCCESS_SHOWN_MS = 300_000;

export function phaseOf(status: Status): Phase {
  if (status === "ready") return "READY";
  if (status === "success") return "SUCCESS";
  return ["rejected", "failed", "unknown", "conflict"].includes(status) ? "FAIL" : "SUBMIT";
}

const isBusy = (state: State): boolean => phaseOf(state.status) === "SUBMIT";

export const initial = (rules: Rules): State => ({
  rules,
  server: { resend: true, comparesBody: true, retentionMs: Number.POSITIVE_INFINITY },
  status: "ready",
  reason: null,
  key: null,
  attempt: 0,
  firstSentAt: null,
  since: 0,
  open: false,
  held: false,
  online: true,
  principal: null,
  tries: 0,
  startedAt: 0,
  doing: null,
  nextRetryAt: null,
});

export function reduce(state: State, event: Event): Step {
  switch (event.type) {
    case "submit":
      return submitted(state, event);
    case "sent":
      return state.doing === "preparing" ? sent(state, event, event) : same(state);
    case "answered":
      return hears(state, event.finding) ? answered(state, event, event.finding) : same(state);
    case "lost":
      return state.doing === "sending"
        ? answered(state, event, { kind: "again", reason: event.reason })
        : same(state);
    case "due":
      if (state.doing === "watching") return inherited(state, event);
      return state.doing === "pausing" ? again(state, event) : same(state);
    case "online":
      return state.status === "offline" && state.doing === "pausing"
        ? again({ ...state, online: true }, event)
        : same({ ...state, online: true });
    case "offline":
      return same({ ...state, online: false });
    case "aborted":
      return isBusy(state) ? aborted(state, event) : same(state);
    case "check":
      return checked(state, event);
    case "edited":
      return state.status === "success" ? afresh(state, event, [{ do: "forget" }]) : same(state);
    case "reset":
      return dropped(state, event);
    case "restored":
      return isNew(state) || isFound(state, event) ? restored(state, event, event) : same(state);
    case "observed":
      return observed(state, event, event);
    case "principal":
      if (state.principal === null || state.principal === event.principal) {
        return same({ ...state, principal: event.principal });
      }
      return dropped({ ...state, principal: event.principal }, event);
  }
}

type At = Pick<Event, "at" | "key" | "chance">;
type Of<Type extends Event["type"]> = Extract<Event, { type: Type }>;

const same = (state: State): Step => [state, []];

/** A request that could not even be made was refused here, and nothing was sent. */
const hears = ({ doing }: State, { kind }: Finding): boolean =>
  doing === "sending" || doing === "asking" || (doing === "preparing" && kind === "refused");

function enter(state: State, { at }: At, status: Status, reason: Reason | null = null): State {
  return { ...state, status, reason, since: at, doing: null, nextRetryAt: null };
}

/** A new intent, and all that belonged to the last one gone. */
function afresh(
  state: State,
  event: At,
  effects: readonly Effect[],
  status: "ready" | "rejected" = "ready",
): Step {
  const next = enter(state, event, status, status === "ready" ? null : state.reason);
  const gone = { key: event.key, attempt: 0, firstSentAt: null, open: false, held: false };
  return [{ ...next, ...gone }, effects];
}

/** Whatever is going on ends with it. */
const dropped = (state: State, event: At): Step =>
  afresh(state, event, [{ do: "stop" }, { do: "forget" }]);

const isTooOld = ({ firstSentAt, server }: State, { at }: At): boolean =>
  firstSentAt !== null && isExpired(firstSentAt, at, server.retentionMs);

const stays = (state: State, event: At, status: Status, reason: Reason | null = null): Step => [
  enter(state, event, status, reason),
  [{ do: "keep" }],
];

/** On a fresh budget. */
const busy = (state: State, event: At): State => ({
  ...enter(state, event, "submitting"),
  tries: 0,
  startedAt: event.at,
});

function submitted(state: State, event: At): Step {
  if (isBusy(state)) return same(state);
  if (state.status === "success") return submitted(afresh(state, event, [])[0], event);
  if (isTooOld(state, event)) return stays(state, event, "unknown", "expired");
  const key = state.key ?? event.key;
  return [{ ...busy(state, event), key, doing: "preparing" }, [{ do: "prepare" }]];
}

function sent(before: State, event: At, { edited, server }: Of<"sent">): Step {
  const state = { ...before, server };
  if (edited && before.firstSentAt !== null && !server.comparesBody) {
    return stays(state, event, "conflict", "edited");
  }
  const ready = { ...state, held: true };
  if (state.online) return leave(ready, event);
  if (state.rules.offline === "wait") return hold(ready, event);
  if (state.open) return stays(ready, event, "unknown", "network");
  return afresh({ ...ready, reason: "offline" }, event, [{ do: "forget" }], "rejected");
}

/** Another send, unless the server may have forgotten the key in the meantime. */
function leave(state: State, event: At): Step {
  if (isTooOld(state, event)) return stays(state, event, "unknown", "expired");
  const firstSentAt = state.firstSentAt ?? event.at;
  return [
    { ...state, firstSentAt, attempt: state.attempt + 1, doing: "sending", nextRetryAt: null },
    [{ do: "keep" }, { do: "transmit" }],
  ];
}

/** While there is no network the budget stands still. */
const hold = (state: State, event: At): Step => [
  {
    ...enter(state, event, "offline"),
    doing: "pausing",
    nextRetryAt: event.at + OFFLINE_WAIT_MS,
  },
  [{ do: "keep" }, { do: "wait", ms: OFFLINE_WAIT_MS }],
];

function again(state: State, event: At): Step {
  if (state.status !== "offline") return leave(state, event);
  const startedAt = state.startedAt + (event.at - state.since);
  const status = state.attempt > 0 ? "retrying" : "submitting";
  return leave({ ...enter(state, event, status), startedAt }, event);
}

function answered(state: State, event: At, finding: Finding): Step {
  const verdict = judge(finding, state.open, state.server.resend);
  switch (verdict.kind) {
    case "success":
      return stays({ ...state, open: false }, event, "success");
    case "rejected":
      return afresh({ ...state, reason: null }, event, [{ do: "forget" }], "rejected");
    case "failed":
      return stays({ ...state, open: false }, event, "failed");
    case "conflict":
      return stays(state, event, "conflict");
    case "unknown":
      return stays({ ...state, open: true }, event, "unknown", verdict.reason);
    case "again":
      return repeat({ ...state, open: true }, event, verdict);
  }
}

function repeat(state: State, event: At, verdict: Again): Step {
  const { rules, startedAt } = state;
  if (verdict.reason === "network" && !state.online && rules.offline === "wait") {
    return hold(state, event);
  }
  const inFlight = verdict.reason === "in_flight";
  const tries = state.tries + (inFlight ? 0 : 1);
  const ms = pause(verdict, { tries, elapsedMs: event.at - startedAt }, rules, event.chance);
  if (ms === undefined) return stays(state, event, "unknown", verdict.reason);
  const next = enter({ ...state, tries }, event, inFlight ? "waiting" : "retrying");
  return [
    { ...next, doing: "pausing", nextRetryAt: event.at + ms },
    [{ do: "keep" }, { do: "wait", ms }],
  ];
}

function aborted(state: State, event: At): Step {
  // Before the first byte has left there is nothing to be unsure about.
  if (state.firstSentAt === null) {
    return [{ ...enter(state, event, "ready"), held: false }, [{ do: "stop" }, { do: "forget" }]];
  }
  const next = enter({ ...state, open: true }, event, "unknown", "aborted");
  return [next, [{ do: "stop" }, { do: "keep" }]];
}

function checked(state: State, event: At): Step {
  if (state.status !== "unknown" && state.status !== "conflict") return same(state);
  if (state.held && !isTooOld(state, event)) return leave(busy(state, event), event);
  if (state.rules.asks) {
    return [{ ...busy(state, event), doing: "asking" }, [{ do: "ask" }]];
  }
  return isTooOld(state, event) ? stays(state, event, "unknown", "expired") : same(state);
}

const isNew = ({ status, firstSentAt }: State): boolean =>
  status === "ready" && firstSentAt === null;

const isFound = ({ status, key }: State, { record, held }: Of<"restored">): boolean =>
  held === true && record?.key === key && ["unknown", "conflict"].includes(status);

function restored(state: State, event: At, { record, field, held = false }: Of<"restored">): Step {
  if (record === undefined) return same({ ...state, key: field ?? state.key ?? event.key });
  const { status, firstSentAt, key } = record;
  // It never left the page, or its answer was a no: nothing of it remains but an unused key.
  if (firstSentAt === null || status === "ready" || status === "rejected") {
    return same({ ...state, key });
  }
  const next: State = { ...state, ...record, held };
  if (status === "success" && event.at - record.since > SUCCESS_SHOWN_MS) {
    return afresh(next, event, [{ do: "forget" }]);
  }
  if (phaseOf(status) !== "SUBMIT") {
    return same({ ...next, open: status === "unknown" || status === "conflict" });
  }
  const unsure = { ...next, open: true, attempt: Math.max(1, record.attempt) };
  // By itself, so only where the server remembers keys.
  return held && unsure.server.resend
    ? leave(busy(unsure, event), event)
    : stays(unsure, event, "unknown", isTooOld(unsure, event) ? "expired" : "reloaded");
}

function observed(state: State, event: At, { record, held = false }: Of<"observed">): Step {
  const settled = ["success", "rejected", "failed"].includes(state.status);
  // Its key becomes ours, but not where we have sent something under another.
  const strange = record.key !== state.key && state.attempt > 0;
  if (settled || strange || record.status === "ready") return same(state);
  const { status, reason, firstSentAt, attempt, key, server } = record;
  const theirs = { ...state, key, server, firstSentAt, attempt };
  if (status === "rejected") return afresh(theirs, event, [{ do: "stop" }], "rejected");
  const next = enter(theirs, event, status, reason);
  if (phaseOf(status) === "SUBMIT") {
    return [{ ...next, open: true, held, doing: "watching" }, [{ do: "stop" }]];
  }
  return [{ ...next, held, open: status === "unknown" || status === "conflict" }, [{ do: "stop" }]];
}

/** The tab that was sending is gone, and has not said what came of it. */
function inherited(state: State, event: At): Step {
  if (state.held && state.server.resend) return leave(busy(state, event), event);
  if (state.rules.asks) return [{ ...busy(state, event), doing: "asking" }, [{ do: "ask" }]];
  return stays(state, event, "unknown", "reloaded");
}
