/**
 * Turbo over the client. A form has one key until the page that its answer leads to has loaded:
 * Turbo enables the button before that (hotwired/turbo#766), and a click then is no second order.
 */
import type { IdempotentFetch } from "./index.ts";

/** The part of `turbo:before-fetch-request` that we use, in our own words. */
interface Asked {
  readonly url: URL;
  readonly fetchOptions: RequestInit;
  /** What Turbo takes instead of a request of its own, as it does for what it has fetched ahead. */
  fetchRequest?: { readonly response: Promise<Response> };
}

/** Methods that change something; the profile of the server decides which of them carry a key. */
const CHANGES = /^(?:POST|PUT|PATCH|DELETE)$/i;

/**
 * Sends what Turbo submits. The returned function lets go. Nothing of Turbo is imported: it is
 * heard by its events.
 *
 * @example idempotentTurbo(createIdempotentFetch());
 */
export function idempotentTurbo(send: IdempotentFetch): () => void {
  const names = new WeakMap<object, string>();
  let count = 0;
  /** Keys whose answer is there, and the page that it leads to is not. */
  const held = new Map<string, string>();

  const sending = (event: Event): void => {
    const { detail: asked, target } = event as CustomEvent<Asked>;
    const { method = "GET", signal } = asked.fetchOptions;
    if (!CHANGES.test(method) || target === null) return;
    const name = (target as Element).id || names.get(target) || `form ${++count}`;
    names.set(target, name);
    const intent = `turbo ${name} ${asked.url}`;
    asked.fetchRequest = { response: answer(asked, intent, signal) };
  };

  async function answer(
    { url, fetchOptions }: Asked,
    intent: string,
    signal: AbortSignal | null | undefined,
  ): Promise<Response> {
    const key = held.get(intent);
    try {
      const response = await send(url, { ...fetchOptions, ...(key ? { key } : { intent }) });
      if (response.redirected) held.set(intent, response.idempotency.key ?? "");
      return response;
    } catch (error) {
      // What Turbo itself has ended is no error to it.
      throw signal?.aborted ? signal.reason : error;
    }
  }

  const loaded = (): void => held.clear();
  const events = [
    ["turbo:before-fetch-request", sending],
    ["turbo:load", loaded],
    ["turbo:frame-load", loaded],
  ] as const;
  for (const [type, heard] of events) addEventListener(type, heard);
  return () => {
    for (const [type, heard] of events) removeEventListener(type, heard);
  };
}
