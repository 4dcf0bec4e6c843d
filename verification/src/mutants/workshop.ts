/**
 * A copy of what is compiled, in which one source at a time is made wrong.
 *
 * The packages of the workspace are copied and all others are linked to, so that `oncekey` is the
 * copy for everything that is run there. What is made wrong is compiled without being checked: a
 * mistake that the compiler would have found needs no test, but it does no harm either.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { type Mutant, mutated } from "./mutant.ts";

const ROOT = join(import.meta.dirname, "../../../..");
/** What is copied, from the workspace's folder. */
const COPIED = ["packages/oncekey", "packages/local-servers", "verification"];

export interface Workshop {
  readonly folder: string;
  /** For what the tests leave behind. */
  readonly temporary: string;
  /** Makes one source wrong until the next call, or puts it right. */
  make(mutant: Mutant | undefined): Promise<void>;
  remove(): void;
}

export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-mutants-"));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  // A Postgres that a test starts runs under an account of its own, and has to get in.
  for (const each of [folder, temporary]) chmodSync(each, 0o755);
  for (const each of COPIED) copy(each, folder);
  link(folder);
  let undo: () => void = () => {};
  return {
    folder,
    temporary,
    async make(mutant) {
      undo();
      undo = () => {};
      if (mutant === undefined) return;
      const source = readFileSync(join(ROOT, "packages/oncekey/src", mutant.file), "utf8");
      const { code } = await transform(mutated(source, mutant), { loader: "ts", target: "es2023" });
      const target = join(folder, "packages/oncekey/dist/src", mutant.file.replace(/ts$/, "js"));
      const sound = readFileSync(target);
      writeFileSync(target, code.replaceAll(IMPORTED, "$1.js$2"));
      undo = () => writeFileSync(target, sound);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The compiler writes the names of compiled files into imports, and the transformer does not. */
const IMPORTED = /((?:from|import) ?\(?"\.[^"\n]*)\.ts(")/g;

function copy(part: string, folder: string): void {
  for (const each of readdirSync(join(ROOT, part))) {
    if (each === "node_modules") continue;
    const target = join(folder, part, each);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, part, each), target, { recursive: true });
  }
}

/** One level deep, and two for scopes, as packages are found. */
function link(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const each of readdirSync(join(ROOT, "node_modules"))) {
    const part = COPIED.find((path) => path.endsWith(`/${each}`));
    const target = part === undefined ? join(ROOT, "node_modules", each) : join(folder, part);
    symlinkSync(target, join(modules, each));
  }
}
