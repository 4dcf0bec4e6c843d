/**
 * What the page shows, as a function of what happened and of nothing else: the same list gives the
 * same picture, whether it comes from five processes or from a recording.
 */
import type { Stamped } from "../src/happening.ts";
import type { Wish } from "../src/wish.ts";

export type Tone = "busy" | "gold" | "calm" | "bad";

export interface Sent {
  readonly number: number;
  /** Counted from 1 since the last clearing: what people see. */
  readonly nth: number;
  readonly key: string;
  readonly via: "balancer" | "gateway";
  readonly effects: Wish["effects"];
  /** Undefined until the balancer has chosen: a duplicate that the gateway answers never gets there. */
  readonly instance: number | undefined;
  /** What became of it, in a word or two. */
  readonly became: string;
  readonly tone: Tone;
  readonly waitedMs: number;
  readonly hasRun: boolean;
  /** Its effect is in a transaction: it has happened when that is committed. */
  readonly isWritten: boolean;
  readonly isRolledBack: boolean;
  readonly isReplay: boolean;
  readonly status: number | undefined;
  readonly sha256: string | undefined;
  readonly body: string | undefined;
}

interface Process {
  readonly pid: number;
  readonly state: "up" | "killed" | "frozen";
}

export interface Box extends Process {
  readonly instance: number;
}

export interface Effect {
  /** The request that brought it about. */
  readonly request: number;
  readonly instance: number;
  readonly token: number | null;
  readonly dish: string;
  /** The second and every later one of the same key. */
  readonly isTooMany: boolean;
}

export interface Moment {
  readonly seq: number;
  /** Since the first moment, in ms. */
  readonly at: number;
  readonly says: string;
  readonly tone: Tone;
}

/** What the store remembers of the key, by what was said of it. */
export interface Memory {
  readonly state: "in flight" | "completed" | "in doubt" | "released";
  /** Which process claimed it last. */
  readonly owner: number | "gateway";
  readonly key: string;
}

export interface Story {
  readonly memory: Memory | undefined;
  readonly boxes: readonly Box[];
  /** Undefined in a recording of a scene without one. */
  readonly gateway: Process | undefined;
  readonly sent: ReadonlyMap<number, Sent>;
  readonly effects: readonly Effect[];
  readonly moments: readonly Moment[];
  readonly executions: number;
  readonly replays: number;
  readonly beganAt: number | undefined;
}

export const BLANK: Story = {
  memory: undefined,
  boxes: [],
  gateway: undefined,
  sent: new Map(),
  effects: [],
  moments: [],
  executions: 0,
  replays: 0,
  beganAt: undefined,
};

/** What a storm would make longer than anybody reads. */
const MOMENTS_MAX = 40;

export function tell(story: Story, event: Stamped): Story {
  switch (event.what) {
    case "cleared":
      return { ...BLANK, boxes: story.boxes, gateway: story.gateway };
    case "started":
      return withProcess(story, event.instance, { pid: event.pid, state: "up" });
    case "woken":
    case "killed":
    case "frozen": {
      const state = event.what === "woken" ? "up" : event.what;
      const next = withProcess(story, event.instance, { pid: event.pid, state });
      const tone = event.what === "woken" ? "calm" : "bad";
      return noted(next, event, `${nameOf(event.instance)} ${event.what}, pid ${event.pid}`, tone);
    }
    case "arrived": {
      const { request, key, via, effects } = event;
      const next = withSent(story, request, {
        ...{ number: request, key, via, effects },
        ...(via === "gateway" && { became: "ASKS…" }),
      });
      const where = via === "gateway" ? " at the gateway" : "";
      return noted(next, event, `request ${nthOf(next, request)} arrives${where}`, "busy");
    }
    case "sent":
      return withSent(story, event.request, { instance: event.instance, became: "ASKS…" });
    case "engine":
      return reported(story, event);
    case "run": {
      const again = keyHas(story, event.request, (one) => one.hasRun && !one.isRolledBack);
      const became = `${again ? "EXECUTED AGAIN" : "EXECUTED"}${tokenOf(event.token)}`;
      const tone = again ? "bad" : "gold";
      const next = withSent(story, event.request, { became, tone, hasRun: true });
      return noted(
        { ...next, executions: next.executions + 1 },
        event,
        `${nameOf(event.instance)} runs the handler${tokenOf(event.token)}`,
        tone,
      );
    }
    case "written":
      return noted(
        withSent(story, event.request, { isWritten: true }),
        event,
        `${event.dish} is written in a transaction, and nobody sees it yet`,
        "calm",
      );
    case "rolled-back":
      return rolledBack(story, event);
    case "effect": {
      const { instance, token, dish, request } = event;
      const isCommitted = story.sent.get(request)?.isWritten === true;
      const isTooMany = story.effects.some((one) => sameKey(story, one.request, request));
      const next = {
        ...story,
        effects: [...story.effects, { request, instance, token, dish, isTooMany }],
      };
      const tone = isTooMany ? "bad" : "gold";
      const how = isCommitted ? "committed with its record: " : "the effect: ";
      return noted(next, event, `${how}${dish} is charged`, tone);
    }
    case "answered": {
      const { status, sha256, body, replayed } = event;
      const was = story.sent.get(event.request);
      const next = withSent(story, event.request, {
        ...{ status, sha256, body, isReplay: replayed },
        ...(was?.tone === "busy" && { became: `${status}`, tone: status < 400 ? "calm" : "bad" }),
      });
      return { ...next, replays: next.replays + (replayed ? 1 : 0) };
    }
    case "unanswered": {
      const was = story.sent.get(event.request);
      if (was?.isRolledBack) return story;
      const became = was?.hasRun ? `${was.became} · NO ANSWER` : "NO ANSWER";
      const next = withSent(story, event.request, { became, tone: "bad" });
      return noted(next, event, `request ${nthOf(story, event.request)}: ${event.why}`, "bad");
    }
  }
}

type Reported = Extract<Stamped, { what: "engine" }>;

/** What a guard or the lock says of a request. */
function reported(story: Story, event: Reported): Story {
  const { request, waitedMs = 0 } = event;
  const nth = nthOf(story, request);
  const become = (became: string, tone: Tone, says: string, memory = story.memory): Story =>
    noted(withSent({ ...story, memory }, request, { became, tone, waitedMs }), event, says, tone);
  const { key = "" } = story.sent.get(request) ?? {};
  const remembers = (state: Memory["state"]): Story =>
    key === "" ? story : { ...story, memory: { state, owner: event.instance, key } };
  switch (event.event) {
    case "claimed": {
      const attempt = (event.attempt ?? 1) > 1 ? `, attempt ${event.attempt}` : "";
      return noted(
        remembers("in flight"),
        event,
        `request ${nth} claims the key${attempt}`,
        "gold",
      );
    }
    case "replayed":
      return become(
        waitedMs > 0 ? "WAITED → REPLAYED" : "REPLAYED",
        "calm",
        `request ${nth} gets the kept answer`,
      );
    case "in-flight":
      return become("REFUSED, IT RUNS", "calm", `request ${nth} is told that it runs`);
    case "in-doubt":
      return become(
        "IN DOUBT",
        "bad",
        `request ${nth}: nobody knows whether it happened`,
        story.memory && { ...story.memory, state: "in doubt" },
      );
    case "mismatch":
      return become("MISMATCH", "bad", `request ${nth}: the key is another order's`);
    case "store-failed":
      return become("STORE DOWN", "bad", `request ${nth}: the store gives no answer`);
    case "renewed":
      return noted(story, event, "the owner renews its lease", "calm");
    case "completed":
      return noted(
        remembers("completed"),
        event,
        "the record is completed with the answer",
        "gold",
      );
    case "released":
      return noted(
        remembers("released"),
        event,
        "the lock is released, and nothing is remembered",
        "calm",
      );
    case "superseded":
      return story.sent.get(request)?.isWritten
        ? rolledBack(story, event)
        : noted(story, event, `request ${nth}: superseded`, "bad");
    case "gave-up": {
      const isHeld = story.sent.get(request)?.effects === "unrepeatable";
      const says = isHeld ? "nobody knows whether it happened" : "the next one may run it again";
      const next = remembers(isHeld ? "in doubt" : "released");
      return noted(next, event, `request ${nth} has no answer: ${says}`, "bad");
    }
    case "lease-lost":
    case "not-recorded":
      return noted(story, event, `request ${nth}: ${event.event.replace("-", " ")}`, "bad");
    default:
      return story;
  }
}

function rolledBack(story: Story, event: Stamped & { readonly request: number }): Story {
  const next = withSent(story, event.request, {
    ...{ became: "ROLLED BACK", tone: "calm", isRolledBack: true },
  });
  const says = `request ${nthOf(story, event.request)}: rolled back, nothing has happened`;
  return noted(next, event, says, "calm");
}

const nameOf = (instance: number | "gateway"): string =>
  instance === "gateway" ? "the gateway" : `API ${instance}`;

function withProcess(story: Story, instance: number | "gateway", process: Process): Story {
  if (instance === "gateway") return { ...story, gateway: process };
  return withBox(story, { ...process, instance });
}

function withBox(story: Story, box: Box): Story {
  const others = story.boxes.filter(({ instance }) => instance !== box.instance);
  const boxes = [...others, box].sort((one, other) => one.instance - other.instance);
  return { ...story, boxes };
}

const NEW: Omit<Sent, "number" | "nth" | "key"> = {
  via: "balancer",
  effects: "unrepeatable",
  instance: undefined,
  became: "on its way",
  tone: "busy",
  waitedMs: 0,
  hasRun: false,
  isWritten: false,
  isRolledBack: false,
  isReplay: false,
  status: undefined,
  sha256: undefined,
  body: undefined,
};

function withSent(story: Story, number: number, change: Partial<Sent>): Story {
  const was = story.sent.get(number);
  // It arrived before the last clearing, and belongs to nothing that is shown.
  if (was === undefined && change.number === undefined) return story;
  const sent = new Map(story.sent);
  sent.set(number, { ...NEW, number, nth: sent.size + 1, key: "", ...was, ...change });
  return { ...story, sent };
}

function noted(story: Story, event: Stamped, says: string, tone: Tone): Story {
  const beganAt = story.beganAt ?? event.at;
  if (story.moments.length >= MOMENTS_MAX) return { ...story, beganAt };
  const moment = { seq: event.seq, at: event.at - beganAt, says, tone };
  return { ...story, beganAt, moments: [...story.moments, moment] };
}

const tokenOf = (token: number | null): string => (token === null ? "" : `, token ${token}`);

const nthOf = (story: Story, number: number): number => story.sent.get(number)?.nth ?? 0;

/** Whether another request with the same key is so. */
function keyHas(story: Story, number: number, is: (sent: Sent) => boolean): boolean {
  const key = story.sent.get(number)?.key;
  return [...story.sent.values()].some(
    (other) => other.number !== number && other.key === key && is(other),
  );
}

const sameKey = (story: Story, one: number, other: number): boolean =>
  story.sent.get(one)?.key === story.sent.get(other)?.key;
