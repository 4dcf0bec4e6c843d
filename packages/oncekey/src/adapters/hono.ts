/** The guard as Hono middleware. Hono already speaks `Request` and `Response`. */
import { carry } from "../http/carrier.ts";
import type { CapturedBody } from "../http/exchange.ts";
import { createGuard } from "../http/guard.ts";
import type { GuardOptions } from "../http/options.ts";
import { webExchange } from "./web-exchange.ts";
import { linesOf, passThrough, responseOf } from "./web-response.ts";

export type { HttpContext } from "../http/carrier.ts";
export { idempotencyOf, optionalIdempotencyOf } from "../http/carrier.ts";
export type { GuardOptions } from "../http/options.ts";

/** The part of Hono's `Context` that we use, in our own words: no dependency on `hono`. */
export interface HonoContext {
  readonly req: { raw: Request; readonly bodyCache: BodyCache };
  get res(): Response;
  set res(response: Response | undefined);
}

/** What Hono remembers of a body that was read through `c.req`. */
interface BodyCache {
  readonly arrayBuffer?: unknown;
  readonly text?: unknown;
  readonly json?: unknown;
  readonly formData?: unknown;
}

export type HonoMiddleware<Context> = (hono: Context, next: () => Promise<void>) => Promise<void>;

/** @example app.post("/payments", idempotency({ store, scope: (c) => c.get("tenant") }), pay); */
export function idempotency<Context extends HonoContext = HonoContext, Handle = never>(
  options: GuardOptions<Context, Handle>,
): HonoMiddleware<Context> {
  const guard = createGuard(options);
  return async function idempotency(hono, next) {
    const exchange = webExchange(hono, hono.req.raw, () => remembered(hono.req.bodyCache));
    const opening = await guard.open(exchange);
    // The body was read: Hono's own readers go on from the request that stands here.
    hono.req.raw = exchange.forHandler();
    if (opening.kind === "pass") {
      if (opening.context !== undefined) carry(opening.context, hono, hono.req.raw);
      return next();
    }
    // What middleware outside has set belongs to each answer, and to no record.
    const outside = linesOf(hono.res.headers);
    let answer: Response;
    switch (opening.kind) {
      case "gone":
        answer = new Response(null, { status: 400 });
        break;
      case "answer":
        answer = responseOf(opening.answer, outside);
        break;
      case "run":
        carry(opening.context, hono, hono.req.raw);
        await next();
        answer = await passThrough(opening.passage, hono.res, outside, exchange.onGone);
    }
    // Emptied first, because Hono would copy the headers of the old response onto the new one.
    hono.res = undefined;
    hono.res = answer;
  };
}

/** A middleware outside has read the body. Whatever it read it as is what the handler can see. */
async function remembered(cache: BodyCache): Promise<CapturedBody> {
  const [bytes, text, form] = [await cache.arrayBuffer, await cache.text, await cache.formData];
  if (bytes instanceof ArrayBuffer) return { kind: "bytes", bytes: new Uint8Array(bytes) };
  if (typeof text === "string") return { kind: "bytes", bytes: new TextEncoder().encode(text) };
  if (cache.json !== undefined) return { kind: "parsed", value: await cache.json };
  if (form instanceof FormData) return { kind: "parsed", value: [...form] };
  return { kind: "unreadable" };
}
