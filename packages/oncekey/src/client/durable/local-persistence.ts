/**
 * Keys that outlive the tab, in `localStorage`. All tabs of an origin have it in common, so those
 * with one `id` share one key, as if they named one `intent`.
 */
import type { Persistence } from "../keep.ts";

export function localPersistence(): Persistence {
  // Named at each call: it throws where a person has turned it off, and a server has none.
  return {
    getItem: (name) => localStorage.getItem(name),
    setItem: (name, text) => localStorage.setItem(name, text),
    removeItem: (name) => localStorage.removeItem(name),
  };
}
