/** The same request once more, past the client: what a server does with a key that it has seen. */
import type { Frozen } from "../frozen.ts";
import { type Fetch, isReplayed } from "../transmit.ts";

/** A request as it went out, and what sent it. */
export interface Parcel {
  readonly frozen: Frozen;
  readonly header: string;
  readonly fetch: Fetch;
  /** The server has promised to remember keys. Else sending it again may be a second effect. */
  readonly isRemembered: boolean;
}

export interface Echo {
  readonly status: number;
  /** `null`: it comes from another origin, which does not let the page read the marker. */
  readonly replayed: boolean | null;
}

/** Why it cannot be: its body is gone, or there was no key on it. */
export const canGoAgain = ({ frozen, header }: Parcel): boolean =>
  !frozen.once && frozen.request.headers.has(header);

/** Rejects as `fetch` does. */
export async function sendAgain({ frozen, header, fetch }: Parcel): Promise<Echo> {
  const { request, bytes } = frozen;
  const response = await fetch(request, { ...(bytes && { body: new Blob([bytes]) }) });
  // To the last byte: cut off, what is being kept of it might not be.
  await response.blob();
  return { status: response.status, replayed: isReplayed(response, header) };
}
