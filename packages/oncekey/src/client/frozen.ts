/**
 * A request whose bytes no longer change. A form that is serialized twice has two boundaries, and
 * an object that is edited while we wait has two texts: under one key either is another request.
 */

/** As of `fetch`; `json` is sent as `application/json`. */
export interface Asked extends RequestInit {
  readonly json?: unknown;
}

export interface Frozen {
  /** Its address, method, headers and settings. The body has been read. */
  readonly request: Request;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** Its body is a stream: there is nothing to send again. */
  readonly once: boolean;
}

/** Rejects with the `TypeError` of `Request` when there is no such request. */
export async function freeze(input: string | URL | Request, asked: Asked): Promise<Frozen> {
  const { json, ...init } = asked;
  const headers = new Headers(init.headers ?? (input as Partial<Request>).headers);
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
  }
  // A signal ends a send, and not what will be sent again.
  const request = new Request(input, { ...init, headers, signal: null });
  if (init.body instanceof ReadableStream) return { request, bytes: undefined, once: true };
  const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
  return { request, bytes, once: false };
}

/**
 * What a person would call the same request, as a text. The boundary of a form does not count.
 * Latin-1, so that each byte stays one character.
 */
export function contentOf({ request, bytes }: Frozen): string {
  const [, boundary] = /boundary="?([^";]+)/.exec(request.headers.get("content-type") ?? "") ?? [];
  const body = new TextDecoder("latin1").decode(bytes);
  const plain = boundary === undefined ? body : body.replaceAll(boundary, "");
  return `${request.method} ${request.url} ${plain}`;
}

export const isSame = (one: Frozen, other: Frozen): boolean =>
  !one.once && !other.once && contentOf(one) === contentOf(other);
