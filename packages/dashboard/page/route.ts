/** Which view the address names. It stands behind the `#`: no server and no log sees what is looked at. */
import { useLayoutEffect, useState } from "preact/hooks";

export type Route =
  | { readonly view: "keys"; readonly query: URLSearchParams }
  | { readonly view: "key" | "resolve"; readonly id: string }
  | { readonly view: "in-doubt" | "plots" | "lost" };

function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = "", step] = path.split("/");
  if (view === "" || (view === "keys" && id === "")) {
    return { view: "keys", query: new URLSearchParams(query) };
  }
  if (view === "keys" && step === undefined) return { view: "key", id };
  if (view === "keys" && step === "resolve") return { view: "resolve", id };
  if (view === "in-doubt" || view === "plots") return { view };
  return { view: "lost" };
}

export const linkToKey = (id: string): string => `#/keys/${id}`;

/** A list with these filters. Empty ones are left out, so that equal views have equal addresses. */
export function linkToKeys(filters: Readonly<Record<string, string>>): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  return query === "" ? "#/keys" : `#/keys?${query}`;
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  // Before anybody can press a link: an address that changes unheard would show nothing.
  useLayoutEffect(() => {
    const moved = () => setHash(location.hash);
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return routeOf(hash);
}
