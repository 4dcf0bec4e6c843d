/** A page written in Svelte, as a server renders it and a browser hydrates it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { BoundPage } from "binding-suite";
import { build, type Plugin } from "esbuild";
import { compile } from "svelte/compiler";
import { render } from "svelte/server";

/** Components are not compiled with the tests, so they are still where they were written. */
const COMPONENTS = join(import.meta.dirname, "../../test");

const compiler = (generate: "client" | "server"): Plugin => ({
  name: "svelte",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.svelte$/ }, ({ path }) => ({ path: join(COMPONENTS, basename(path)) }));
    onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      // In a browser as in development, where hydration warns; Node has Svelte's own for production.
      const options = { generate, dev: generate === "client", filename: path };
      return { contents: compile(readFileSync(path, "utf8"), options).js.code };
    });
  },
});

/** Compiles a component for a server, and renders it there. */
async function rendered(component: string): Promise<string> {
  // Beside the tests, where the names that it imports are found.
  const folder = mkdtempSync(join(import.meta.dirname, "page-"));
  const outfile = join(folder, "page.mjs");
  const settings = { bundle: true, format: "esm", packages: "external" } as const;
  const plugins = [compiler("server")];
  await build({ entryPoints: [component], outfile, ...settings, plugins });
  const { default: page } = await import(outfile);
  rmSync(folder, { recursive: true });
  return render(page).body;
}

export const boundPage = (component: string, hydrates: string): BoundPage => ({
  html: () => rendered(component),
  hydrates: join(import.meta.dirname, hydrates),
  plugins: [compiler("client")],
});
