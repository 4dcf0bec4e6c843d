/** The store and its attachment where they have to hold: the suite that all bindings pass. */
import { bindingSuite } from "binding-suite";
import { boundPage } from "./bound-page.ts";

bindingSuite("Svelte", boundPage("order-page.svelte", "hydrate.js"));
