/** A page that does not name the panel has nothing of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { MESSAGES } from "../../../src/client/devtools/messages.ts";
import { STYLE } from "../../../src/client/devtools/style.ts";

/** The package's folder, from which its own name resolves. */
function library(folder: string = import.meta.dirname): string {
  return existsSync(join(folder, "package.json")) ? folder : library(dirname(folder));
}

async function bundled(contents: string): Promise<{ text: string; panel: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: library() },
    ...{ bundle: true, minify: true, write: false, metafile: true },
    ...{ format: "esm", platform: "browser", target: "es2022", charset: "utf8" },
  });
  const panel = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([path, { bytesInOutput }]) => path.includes("/devtools/") && bytesInOutput > 0)
      .map(([path]) => path),
  );
  return { text: outputFiles[0]?.text ?? "", panel };
}

const ENTRIES = ["", "/durable", "/element", "/htmx", "/turbo", "/tanstack", "/workbox"];
const CLIENT = ENTRIES.map((path, index) => `export * as e${index} from "oncekey/client${path}";`);

/** Long enough to be nobody else's words. */
const WORDS = [
  ...Object.values(MESSAGES).filter((text) => text.length > 12),
  ...["__ONCEKEY__", "oncekey-devtools", "oncekey:devtools"],
  STYLE.trim().split("\n")[0] ?? "",
];

test("C-60, C-63: a bundle without the panel holds no file of it and none of its words", async () => {
  const { text, panel } = await bundled(CLIENT.join("\n"));
  deepEqual(panel, []);
  deepEqual(
    WORDS.filter((word) => text.includes(word)),
    [],
  );
});

test("C-63: what is looked for there is what a bundle with the panel holds", async () => {
  const { text, panel } = await bundled('export * from "oncekey/client/devtools";');
  ok(panel.length > 10);
  equal(
    WORDS.find((word) => !text.includes(word)),
    undefined,
  );
});
