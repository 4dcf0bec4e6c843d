/** The outside world, as small as the client can bear. Tests bring their own. */

export interface ClientPorts {
  /** Milliseconds since 1970. A page may sleep for days, and a monotonic clock sleeps with it. */
  now(): number;
  /** Calls once after `ms`. The returned function cancels. */
  after(ms: number, call: () => void): () => void;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** A new key: a random UUID. */
  key(): string;
  /** Leaves the page for another. */
  leave(url: string): void;
  /** Says something to whoever builds the page. It never holds a key or a body. */
  warn(message: string): void;
}

export const platform: ClientPorts = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
  key: () => crypto.randomUUID?.() ?? uuid(),
  leave: (url) => location.assign(url),
  warn: (message) => console.warn(message),
};

/** Where the page was not loaded over TLS there is no `randomUUID` (RFC 9562, section 5.4). */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
