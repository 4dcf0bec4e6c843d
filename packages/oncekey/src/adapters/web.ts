/** The guard around a fetch handler: Bun, Deno, Workers, and every server that takes one. */
import { carry } from "../http/carrier.ts";
import { createGuard } from "../http/guard.ts";
import type { GuardOptions } from "../http/options.ts";
import { webExchange } from "./web-exchange.ts";
import { passThrough, responseOf } from "./web-response.ts";

export type { HttpContext } from "../http/carrier.ts";
export { idempotencyOf, optionalIdempotencyOf } from "../http/carrier.ts";
export type { GuardOptions } from "../http/options.ts";

type FetchHandler = (request: Request) => Response | Promise<Response>;

/**
 * A fetch handler that runs `handler` once per key. Where the handler throws, the answer is a bare
 * 500, since there is no framework to make one.
 *
 * @example export default { fetch: idempotency({ store, scope: tenantOf }, handler) };
 */
export function idempotency<Handle = never>(
  options: GuardOptions<Request, Handle>,
  handler: FetchHandler,
): (request: Request) => Promise<Response> {
  const guard = createGuard(options);
  return async function idempotency(request) {
    const exchange = webExchange(request, request);
    const opening = await guard.open(exchange);
    switch (opening.kind) {
      case "gone":
        return new Response(null, { status: 400 });
      case "answer":
        return responseOf(opening.answer, []);
      case "pass": {
        const forHandler = exchange.forHandler();
        if (opening.context !== undefined) carry(opening.context, request, forHandler);
        return handler(forHandler);
      }
      case "run": {
        const forHandler = exchange.forHandler();
        carry(opening.context, request, forHandler);
        const response = await answerOf(handler, forHandler, (error) =>
          responseOf(opening.crashed(error), []),
        );
        return passThrough(opening.passage, response, [], exchange.onGone);
      }
    }
  };
}

async function answerOf(
  handler: FetchHandler,
  request: Request,
  crashed: (error: unknown) => Response,
): Promise<Response> {
  try {
    return await handler(request);
  } catch (error) {
    return crashed(error);
  }
}
