/** The element where it has to hold: the suite that all bindings pass. */
import { join } from "node:path";
import { bindingSuite } from "binding-suite";
import { elementPage } from "./element-page.ts";

bindingSuite("oncekey-form", {
  html: elementPage,
  hydrates: join(import.meta.dirname, "hydrate-element.js"),
});
