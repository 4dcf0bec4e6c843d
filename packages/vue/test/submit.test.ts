/** The composable where it has to hold: the suite that all bindings pass. */
import { bindingSuite } from "binding-suite";
import { ORDER_PAGE } from "./bound-page.ts";

bindingSuite("Vue", ORDER_PAGE);
