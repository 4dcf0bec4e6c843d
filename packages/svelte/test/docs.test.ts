/** The components that the pages show: each compiles, and renders to what it says. */
import { deepEqual, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compile } from "svelte/compiler";
import { render } from "svelte/server";

const PACKAGE = join(import.meta.dirname, "../..");

for (const page of ["README.md", "../../docs/svelte.md"]) {
  test(`the component in ${page} compiles, and a server renders its form`, async () => {
    const markdown = readFileSync(join(PACKAGE, page), "utf8");
    const source = /^```svelte\n(.*?)^```$/ms.exec(markdown)?.[1];
    ok(source !== undefined, "there is a component on the page");
    const { js, warnings } = compile(source, { generate: "server" });
    deepEqual(warnings, []);
    // Beside the tests, where the names that it imports are found.
    const folder = mkdtempSync(join(import.meta.dirname, "page-"));
    writeFileSync(join(folder, "page.mjs"), js.code);
    const { default: component } = await import(join(folder, "page.mjs"));
    rmSync(folder, { recursive: true });
    const html = render(component).body;
    match(html, /<form method="post" action="\/orders">\s*<input name="dish" required=""/);
    match(html, /<button type="submit"[^>]*>Order<\/button>/);
  });
}
