/** One send of a frozen request, and what it brought. It never rejects: silence is a finding. */
import { IDEMPOTENCY_KEY } from "../protocol/header.ts";
import type { Finding } from "./finding.ts";
import type { Frozen } from "./frozen.ts";
import type { ClientPorts } from "./ports.ts";
import { isMarked, type Profile, unknownServer } from "./profiles.ts";

/** What all sends of one request have in common. */
export interface Ticket {
  readonly frozen: Frozen;
  readonly key: string;
  /** Without one the request goes out without a key. */
  readonly profile: Profile | undefined;
}

/** The part of `fetch` that we use. */
export type Fetch = (request: Request, init: RequestInit) => Promise<Response>;

export interface Line {
  readonly fetch: Fetch;
  readonly header: string;
  readonly timeoutMs: number;
  readonly ports: ClientPorts;
  /** Says once, and where somebody builds the page, that an answer came without the key. */
  unechoed(): void;
}

/** All sends that are to outlive their page may hold 64 KiB, of which other scripts want some. */
const KEEPALIVE_BYTES_MAX = 61_440;
/** Of this page, and not of one client: the browser counts them all together. */
let outstanding = 0;

/** A page that is served by the machine that shows it. */
const isBeingBuilt = (): boolean =>
  /^(localhost|127\.|\[::1)/.test((globalThis.location as Location | undefined)?.hostname ?? "");

/** The line that was asked for, with what holds unless something else is said. */
export function lineOf(
  { fetch, header = IDEMPOTENCY_KEY, timeoutMs = 15_000 }: LineOptions,
  ports: ClientPorts,
): Line {
  let warned = false;
  return {
    // Looked up at each send: tools that watch a page replace it.
    fetch: fetch ?? ((request, init) => globalThis.fetch(request, init)),
    ...{ header, timeoutMs, ports },
    unechoed() {
      if (!warned && isBeingBuilt()) {
        ports.warn("oncekey: an answer came without its key. Does this server remember keys?");
      }
      warned = true;
    },
  };
}

interface LineOptions {
  readonly fetch?: Fetch;
  readonly header?: string;
  readonly timeoutMs?: number;
}

export interface Sight {
  readonly finding: Finding;
  readonly response?: Response;
  readonly cause?: unknown;
}

export async function transmit(
  { frozen, key, profile = unknownServer }: Ticket,
  { fetch, header, timeoutMs, ports, unechoed }: Line,
  signal: AbortSignal,
): Promise<Sight> {
  const controller = new AbortController();
  const { request, bytes } = frozen;
  let finding: Finding = { kind: "again", reason: "network" };
  const stop = (instead: Finding) => {
    finding = instead;
    controller.abort();
  };
  const abort = () => stop({ kind: "unclear", reason: "aborted" });
  // Until the answer has been understood: a problem that stops half-way must not hold us for ever.
  const cancel = ports.after(timeoutMs, () => stop({ kind: "again", reason: "timeout" }));
  signal.addEventListener("abort", abort);
  const size = bytes?.length ?? 0;
  const keepalive = !frozen.once && outstanding + size < KEEPALIVE_BYTES_MAX;
  if (keepalive) outstanding += size;
  try {
    // A blob, since Node's fetch cannot send a plain array again after a 307.
    const response = await fetch(request, {
      signal: controller.signal,
      ...(bytes && { body: new Blob([bytes]) }),
      ...(keepalive && { keepalive }),
    });
    if (profile.echoes && response.ok && !isEchoed(response, header)) unechoed();
    finding = await profile.classify(response, { key, header, now: ports.now() });
    return { finding, response };
  } catch (cause) {
    return { finding, cause };
  } finally {
    cancel();
    if (keepalive) outstanding -= size;
    signal.removeEventListener("abort", abort);
  }
}

/** As the server spells it. A caller's own field is left as it is, and so must be a key in it. */
export const spelled = (key: string, { keyFormat }: Profile): string =>
  keyFormat === "quoted" ? `"${key.replaceAll(/["\\]/g, "\\$&")}"` : key;

/** From another origin, which may hide it, or behind a redirect, its absence says nothing. */
const isEchoed = ({ headers, type, redirected }: Response, header: string): boolean =>
  headers.has(header) || redirected || type === "cors";

/** `null`: the answer comes from another origin, which does not let the page read the marker. */
export function isReplayed(response: Response, header: string): boolean | null {
  if (isMarked(response)) return true;
  return response.type === "cors" && !response.headers.has(header) ? null : false;
}
