/** The order page as a server renders it and a browser hydrates it. */
import { join } from "node:path";
import type { BoundPage } from "binding-suite";
import { renderToString } from "vue/server-renderer";
import { orderPage } from "./order-page.ts";

export const ORDER_PAGE: BoundPage = {
  html: () => renderToString(orderPage()),
  hydrates: join(import.meta.dirname, "hydrate.js"),
  plugins: [
    {
      name: "vue-with-its-compiler",
      setup({ onResolve, resolve }) {
        const from = { kind: "import-statement", resolveDir: import.meta.dirname } as const;
        onResolve({ filter: /^vue$/ }, () => resolve("vue/dist/vue.esm-bundler.js", from));
      },
    },
  ],
};
