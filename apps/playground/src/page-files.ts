/** The page's own files: read, or bundled at the start, so that none is built before and none is old. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const PAGE = new URL("../../page/", import.meta.url);

export const read = (name: string): string => readFileSync(new URL(name, PAGE), "utf8");

/** The page's script, as one module. */
export function bundled(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL("main.tsx", PAGE))],
    bundle: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
