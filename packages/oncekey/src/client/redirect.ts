/** Where a page goes after success: to its own origin, or to one that was listed. */
import type { ClientPorts } from "./ports.ts";

export function redirectTo(target: string, listed: readonly string[], ports: ClientPorts): void {
  const page = globalThis.location as Location | undefined;
  const url = URL.canParse(target, page?.href) ? new URL(target, page?.href) : undefined;
  const origins = [page?.origin, ...listed];
  if (url && /^https?:$/.test(url.protocol) && origins.includes(url.origin)) ports.leave(url.href);
  else
    ports.warn(
      "oncekey: `onSuccess.redirect` leads to an origin that is not in `redirectOrigins`.",
    );
}
