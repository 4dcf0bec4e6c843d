/**
 * The handler's way to its context: `idempotencyOf(request)`.
 *
 * Beside the request and not on it: a property could be read from, or set by, a body parser that
 * merges what clients send. Weakly, so that it goes when the request goes.
 */
import type { Context } from "../core/context.ts";

/** What an HTTP handler is given: the context, and the key that the client sent. */
export interface HttpContext<Handle = unknown> extends Context<Handle> {
  readonly key: string;
}

const carried = new WeakMap<object, HttpContext<never>>();

/** Makes the context findable by each object that the handler may hold. */
export function carry<Handle>(context: HttpContext<Handle>, ...holders: readonly object[]): void {
  for (const holder of holders) carried.set(holder, context as HttpContext<never>);
}

/**
 * The context of a guarded request. `Handle` is the type of its transaction, such as `PoolClient`.
 *
 * Throws a `TypeError` when there is none: the request came without a key, its method is not
 * covered, or no guard stands before this handler. Where a key is optional, ask
 * `optionalIdempotencyOf`.
 */
export function idempotencyOf<Handle = never>(request: object): HttpContext<Handle> {
  const context = optionalIdempotencyOf<Handle>(request);
  if (context !== undefined) return context;
  throw new TypeError(
    "This request is not guarded: it has no key, or no idempotency() stands before this handler. " +
      "Set `required: true`, or ask optionalIdempotencyOf(request).",
  );
}

/** As `idempotencyOf`, but undefined for a request that is not guarded. */
export function optionalIdempotencyOf<Handle = never>(
  request: object,
): HttpContext<Handle> | undefined {
  // The handle's type is the caller's word: nothing at run time can tell it.
  return carried.get(request) as HttpContext<unknown> as HttpContext<Handle> | undefined;
}
