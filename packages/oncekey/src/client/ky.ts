/** ky over the client: the same sends and the same errors. ky keeps what it does with answers. */
import type { IdempotentFetch } from "./index.ts";

/** Options of ky, as far as we set them. */
export interface KyOptions {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The client has its own: a send that ky gave up would have no answer, and an open outcome. */
  readonly timeout: false;
  readonly retry: { readonly methods: ("get" | "head" | "options" | "trace")[] };
}

/**
 * Options for `ky.create` or `ky.extend`. ky repeats only what changes nothing: one of its repeats
 * would be a call of its own, under another key. A call's options may hold `key` and `intent`.
 *
 * @example const api = ky.create(idempotentKy(send));
 */
export const idempotentKy = (send: IdempotentFetch): KyOptions => ({
  fetch: send,
  timeout: false,
  retry: { methods: ["get", "head", "options", "trace"] },
});
