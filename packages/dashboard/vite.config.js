/** Builds the page: a folder of files that the dashboard reads, and nothing that asks for another host. */
import { join } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: join(import.meta.dirname, "page"),
  // Relative, because only the application knows what path it is mounted at.
  base: "./",
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/site",
    emptyOutDir: true,
    rolldownOptions: {
      input: ["index.html", "sign-in.html"].map((name) => join(import.meta.dirname, "page", name)),
    },
    target: "es2022",
    // Its policy lets no inline script and no data address pass.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    // What is built into the script goes out under its authors' terms.
    license: { fileName: "licenses.md" },
  },
});
