/** Hydrates the page whose form goes and comes. */
import { hydrateAt } from "./hydrate-at.ts";
import LeavingPage from "./leaving-page.svelte";

hydrateAt(LeavingPage);
