/** A process with mount points of its own, that plays the drills on a file system that runs full. */
import { type DrillCell, type DrillResult, playDrill } from "./drill.ts";
import { tmpfsBrim } from "./tmpfs-brim.ts";

export interface TmpfsOrder {
  readonly folder: string;
  readonly cells: readonly DrillCell[];
}

const { folder, cells } = JSON.parse(process.argv[2] ?? "") as TmpfsOrder;
process.once("disconnect", () => process.exit());
for (const cell of cells) {
  const brim = tmpfsBrim(folder);
  try {
    process.send?.((await playDrill(brim, cell)) satisfies DrillResult);
  } finally {
    await brim.stop();
  }
}
process.disconnect?.();
