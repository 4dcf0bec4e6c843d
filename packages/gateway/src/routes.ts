/**
 * Which rules and which upstream a path gets.
 *
 * Matched is the path as the strictest of upstreams would read it: dots resolved, letters decoded,
 * slashes joined. What an upstream may take for `/payments` must not pass as `/x/../payments`
 * without the rules of `/payments`. What is sent on stays as it came.
 */
import { Complaint } from "./complaint.ts";

export type PathMatch = (path: string) => boolean;

/** `/payments/*`: one segment; `/payments/**`: itself and all below. Throws a `Complaint`. */
export function pathMatch(pattern: string): PathMatch {
  const segments = segmentsOf(pattern);
  const isDeep = segments.at(-1) === "**";
  const fixed = isDeep ? segments.slice(0, -1) : segments;
  if (!pattern.startsWith("/") || fixed.some((segment) => !/^(?:\*|[^*]*)$/.test(segment))) {
    throw new Complaint(
      `Expected the match of a route to be a path in which * is a whole segment, and ** the last ` +
        `one, got ${JSON.stringify(pattern.slice(0, 100))}.`,
    );
  }
  return (path) => {
    const given = segmentsOf(path);
    if (isDeep ? given.length < fixed.length : given.length !== fixed.length) return false;
    return fixed.every((segment, at) => segment === "*" || segment === given[at]);
  };
}

const segmentsOf = (path: string): string[] => path.split("/").filter((part) => part !== "");

/** `/api` covers `/api` and `/api/x`, and not `/apix`. */
export function prefixMatch(prefix: string): PathMatch {
  const base = prefix.replace(/\/+$/, "");
  return (path) => path === base || path.startsWith(`${base}/`);
}

/** The path of a target, for matching only. */
export function pathOf(target: string): string {
  const [raw = "/"] = target.split("?", 1);
  let path = raw;
  try {
    path = decodeURIComponent(raw);
  } catch {
    // Not UTF-8: whoever reads it as something else reads it as it stands here.
  }
  const kept: string[] = [];
  for (const segment of path.replaceAll("\\", "/").split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}
