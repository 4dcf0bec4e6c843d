/** The hook where it has to hold: the suite that all bindings pass. */
import { join } from "node:path";
import { bindingSuite } from "binding-suite";
import { renderToString } from "react-dom/server";
import { OrderPage } from "./order-page.tsx";

bindingSuite("React", {
  html: () => renderToString(<OrderPage />),
  hydrates: join(import.meta.dirname, "hydrate.js"),
});
