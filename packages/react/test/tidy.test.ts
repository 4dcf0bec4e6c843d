/** The binding's sources: the rules that all bindings keep. */
import { join } from "node:path";
import { tidySuite } from "binding-suite/tidy";

tidySuite("React", join(import.meta.dirname, "../../src"), /^react$/);
