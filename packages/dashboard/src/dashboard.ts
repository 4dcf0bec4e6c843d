/**
 * The dashboard as one function from `Request` to `Response`, and the listener that it hears events
 * by. It reads through the `Inspector`, and the one thing that it can change is a record in doubt.
 */
import { join } from "node:path";
import { type Listener, StoreUnavailable } from "oncekey";
import { createAccess, type From, type Visitor } from "./access.ts";
import { answer, json, Refusal, refused } from "./answers.ts";
import { createApi } from "./api.ts";
import { rememberingAudit } from "./audit.ts";
import { endingWith } from "./ending.ts";
import { createEventMemory } from "./event-memory.ts";
import { createHealth } from "./health.ts";
import { jsonOf } from "./input.ts";
import { createLive } from "./live.ts";
import { checked, type DashboardOptions } from "./options.ts";
import { readPageFiles } from "./page-files.ts";
import { createPlots } from "./plots.ts";
import { startProbe } from "./probe.ts";
import { createResolver } from "./resolution.ts";
import { createSurvey } from "./survey.ts";

export interface Dashboard {
  /** Answers a request below `base`. Never rejects. */
  fetch(request: Request, from?: From): Promise<Response>;
  /** Give it to the guard: `idempotency({ store, scope, onEvent: dashboard.onEvent })`. */
  readonly onEvent: Listener;
  readonly base: string;
  /** Ends the live streams. */
  close(): void;
}

/** What the page is told about who looks at it. */
export interface SessionView {
  readonly name: string;
  readonly role: Visitor["role"];
  /** Why nothing can be settled, or `undefined` when it can. */
  readonly readOnly?: string;
  readonly showsAnswers: boolean;
  readonly canSignOut: boolean;
}

const PAGE = join(import.meta.dirname, "../site");

/** @example app.all("/oncekey/*", (c) => dashboard.fetch(c.req.raw, { native: c })); */
export function createDashboard(options: DashboardOptions): Dashboard {
  const settings = checked(options);
  const { inspector, authorize, hosts, base, audit, showAnswers, seal, eventsMax } = settings;
  const { examine, messages } = settings;
  const access = createAccess(authorize, hosts);
  const pageFile = readPageFiles(PAGE, messages);
  const memory = createEventMemory(eventsMax);
  const plots = createPlots();
  memory.watch(plots.add);
  const live = createLive(memory);
  const stopProbe = startProbe(inspector, () => live.listeners > 0, plots.read);
  const survey = createSurvey(inspector);
  const health = createHealth(examine, messages);
  const noted = audit && rememberingAudit(audit);
  const api = createApi(inspector, memory, (id) => noted?.about(id) ?? [], settings);
  const resolver = noted && createResolver(inspector, noted.audit, seal);

  function readOnlyOf({ role }: Visitor): "readOnlyViewer" | "readOnlyNoAudit" | undefined {
    if (role === "viewer") return "readOnlyViewer";
    return resolver === undefined ? "readOnlyNoAudit" : undefined;
  }

  function session(visitor: Visitor): SessionView {
    const { name, role, canSignOut = false } = visitor;
    const why = readOnlyOf(visitor);
    const readOnly = why === undefined ? {} : { readOnly: messages[why] };
    return { name, role, showsAnswers: showAnswers, canSignOut, ...readOnly };
  }

  async function settled(path: string, request: Request, visitor: Visitor): Promise<Response> {
    const why = readOnlyOf(visitor);
    if (why !== undefined || resolver === undefined) {
      throw new Refusal(403, why ?? "readOnlyNoAudit");
    }
    const [, id = "", step] = SETTLING.exec(path) ?? [];
    const input = await jsonOf(request);
    return json(
      step === "review"
        ? await resolver.review(id, input)
        : await resolver.resolve(id, input, visitor.name),
    );
  }

  async function posted(path: string, request: Request, visitor: Visitor): Promise<Response> {
    if (path === "api/records") return json(await api.list(await jsonOf(request)));
    if (path === "api/queue") return json(await api.queue(await jsonOf(request)));
    if (path === "api/find") return json(await api.find(await jsonOf(request)));
    if (SETTLING.test(path)) return settled(path, request, visitor);
    throw new Refusal(404, "refusal:nothing");
  }

  async function got(path: string, request: Request, visitor: Visitor): Promise<Response> {
    if (path === "api/session") return json(session(visitor));
    if (path === "api/plots") return json(plots.view(memory.since(0)));
    if (path === "api/survey") return json(await survey.view());
    if (path === "api/health") return json(await health.view());
    if (path === "api/live") return endingWith(live.open(request), untilOf(visitor));
    const [, id] = /^api\/records\/([^/]+)$/.exec(path) ?? [];
    if (id !== undefined) return json(await api.record(id));
    const file = pageFile(path);
    if (file !== undefined) return file;
    throw new Refusal(404, "refusal:nothing");
  }

  async function routed(request: Request, from: From): Promise<Response> {
    const visitor = await access.admit(request, { ...from, base, messages });
    if (visitor instanceof Response) return visitor;
    const { pathname } = new URL(request.url);
    // The page's own addresses are relative, and would lead past a path without its last slash.
    if (`${pathname}/` === base) return answer(308, null, { Location: base });
    if (!pathname.startsWith(base)) {
      throw new Refusal(404, "refusal:base");
    }
    const path = pathname.slice(base.length);
    switch (request.method) {
      case "GET":
        return got(path, request, visitor);
      case "POST":
        return posted(path, request, visitor);
      default:
        throw new Refusal(405, "refusal:method");
    }
  }

  return {
    base,
    onEvent(event) {
      const tookMs = waitedMs(event);
      if (tookMs !== undefined) plots.waited(tookMs);
      memory.add(event);
    },
    async fetch(request, from = {}) {
      try {
        return await routed(request, from);
      } catch (error) {
        return refused(refusalOf(error), messages);
      }
    },
    close() {
      stopProbe();
      live.close();
    },
  };
}

/** What an application gives back is not taken on trust. */
const untilOf = ({ until }: Visitor): AbortSignal | undefined =>
  until instanceof AbortSignal ? until : undefined;

const SETTLING = /^api\/records\/([^/]+)\/(review|resolve)$/;

/** How long a request waited for a call of the store. A renewal goes beside it, and holds up nobody. */
function waitedMs(event: object): number | undefined {
  const { type, call, tookMs }: { type?: unknown; call?: unknown; tookMs?: unknown } = event;
  if (type !== "store-called" || call === "renew") return undefined;
  return typeof tookMs === "number" ? tookMs : undefined;
}

/** What went wrong inside is the server's to know: its words may hold anything. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailable) {
    return new Refusal(503, "refusal:store");
  }
  // A cursor that is none: the stores refuse it with a TypeError that names `after`.
  if (error instanceof TypeError && error.message.includes("`after`")) {
    return new Refusal(400, "refusal:after");
  }
  const isCorrupt = error instanceof Error && error.name === "RecordCorrupt";
  return new Refusal(500, isCorrupt ? "refusal:corrupt" : "refusal:failed");
}
