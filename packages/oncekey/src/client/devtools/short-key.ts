/**
 * A key that can be told from others and cannot be used: whoever has it whole gets the answer that
 * was given to somebody else's request.
 */
const SHOWN = 4;

export function shortKey(key: string | null): string {
  if (key === null) return "—";
  // A key of a person's own making may be no longer than what is shown of one.
  const shown = Math.min(SHOWN, Math.floor(key.length / 4));
  return shown === 0 ? "…" : `${key.slice(0, shown)}…${key.slice(-shown)}`;
}
