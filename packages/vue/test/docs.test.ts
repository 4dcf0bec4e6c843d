/** The components that the pages show: each compiles, and renders to what it says. */
import { deepEqual, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { transform } from "esbuild";
import { createSSRApp } from "vue";
import { compileScript, parse } from "vue/compiler-sfc";
import { renderToString } from "vue/server-renderer";

const PACKAGE = join(import.meta.dirname, "../..");

for (const page of ["README.md", "../../docs/vue.md"]) {
  test(`the component in ${page} compiles, and a server renders its form`, async () => {
    const markdown = readFileSync(join(PACKAGE, page), "utf8");
    const source = /^```vue\n(.*?)^```$/ms.exec(markdown)?.[1];
    ok(source !== undefined, "there is a component on the page");
    const { descriptor, errors } = parse(source);
    deepEqual(errors, []);
    const script = compileScript(descriptor, { id: "page", inlineTemplate: true });
    const { code } = await transform(script.content, { loader: "ts", format: "esm" });
    // Beside the tests, where the names that it imports are found.
    const folder = mkdtempSync(join(import.meta.dirname, "page-"));
    writeFileSync(join(folder, "page.mjs"), code);
    const { default: component } = await import(join(folder, "page.mjs"));
    rmSync(folder, { recursive: true });
    const html = await renderToString(createSSRApp(component));
    match(html, /^<form method="post" action="\/orders"><input name="dish" required>/);
    match(html, /<button type="submit"[^>]*>Order<\/button>/);
  });
}
