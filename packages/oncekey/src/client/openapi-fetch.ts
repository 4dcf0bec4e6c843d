/** openapi-fetch over the client: the same sends and the same errors. */
import type { IdempotentFetch } from "./index.ts";

/** Options of openapi-fetch, as far as we set them. */
export interface OpenapiFetchOptions {
  fetch(request: Request): Promise<Response>;
}

/**
 * Options for its `createClient`, and for one call: there with `intent` or `key`, which its own
 * types do not know.
 *
 * @example const api = createClient<paths>({ baseUrl, ...idempotentOpenapiFetch(send) });
 */
export const idempotentOpenapiFetch = (
  send: IdempotentFetch,
  meant: { readonly key?: string; readonly intent?: string } = {},
): OpenapiFetchOptions => ({ fetch: (request) => send(request, meant) });
