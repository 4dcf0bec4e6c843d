/** A folder for a while: gone when it is left, and when the process ends before that. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scratch {
  /** Without links in it: strace compares paths as they are. */
  readonly folder: string;
  leave(): void;
}

export function openScratch(name: string): Scratch {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `oncekey-${name}-`)));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    folder,
    leave() {
      process.off("exit", remove);
      remove();
    },
  };
}
