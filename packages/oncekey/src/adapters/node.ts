/** The guard around a plain `node:http` handler. */
import { carry } from "../http/carrier.ts";
import { createGuard, type Run } from "../http/guard.ts";
import type { GuardOptions } from "../http/options.ts";
import { type NodeRequest, nodeExchange } from "./node-exchange.ts";
import { linesOf } from "./node-lines.ts";
import { takeOver } from "./node-outgoing.ts";
import { type NodeResponse, sendWhole } from "./node-response.ts";

export type { HttpContext } from "../http/carrier.ts";
export { idempotencyOf, optionalIdempotencyOf } from "../http/carrier.ts";
export type { GuardOptions } from "../http/options.ts";

/** Node's request, and what a body parser that was called before us has left on it. */
export interface ParsedRequest extends NodeRequest {
  readonly body?: unknown;
}

type Handler<Request, Response> = (request: Request, response: Response) => unknown;

/**
 * A request listener that runs `handler` once per key. Where the handler throws, the answer is a
 * bare 500, since there is no framework to make one.
 *
 * @example createServer(idempotency({ store, scope: (req) => tenantOf(req) }, handler));
 */
export function idempotency<
  Request extends ParsedRequest,
  Response extends NodeResponse,
  Handle = never,
>(
  options: GuardOptions<Request, Handle>,
  handler: Handler<Request, Response>,
): (request: Request, response: Response) => Promise<void> {
  const guard = createGuard(options);
  return async function idempotency(request, response) {
    const exchange = nodeExchange({ request, raw: request, response, parsed: request.body });
    const opening = await guard.open(exchange);
    switch (opening.kind) {
      case "gone":
        return;
      case "answer":
        return sendWhole(response, opening.answer, linesOf(response));
      case "pass":
        if (opening.context !== undefined) carry(opening.context, request);
        await handler(request, response);
        return;
      case "run":
        carry(opening.context, request);
        return run(opening, request, response, () => handler(request, response));
    }
  };
}

async function run<Handle>(
  opening: Run<Handle>,
  request: NodeRequest,
  response: NodeResponse,
  handler: () => unknown,
): Promise<void> {
  const outside = linesOf(response);
  takeOver(request, response, opening.passage, outside);
  try {
    await handler();
  } catch (error) {
    const answer = opening.crashed(error);
    // A part has left: the rest can only be missing.
    if (response.headersSent) response.destroy();
    else sendWhole(response, answer, outside);
  }
}
