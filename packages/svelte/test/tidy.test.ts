/** The binding's sources: the rules that all bindings keep. */
import { join } from "node:path";
import { tidySuite } from "binding-suite/tidy";

tidySuite("Svelte", join(import.meta.dirname, "../../src"), /^svelte(\/[a-z]+)?$/);
