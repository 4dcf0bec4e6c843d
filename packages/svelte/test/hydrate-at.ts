/** Where the suite's pages have their component. */
import { type Component, hydrate } from "svelte";

export function hydrateAt(component: Component): void {
  const target = document.querySelector("#root");
  if (target === null) throw new Error("Expected the page to have an element #root.");
  hydrate(component, { target });
}
