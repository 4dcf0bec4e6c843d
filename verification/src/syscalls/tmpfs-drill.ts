/** A process with mount points of its own, that plays one drill on a file system that runs full. */
import { type DrillCell, type DrillResult, playDrill } from "./drill.ts";
import { tmpfsBrim } from "./tmpfs-brim.ts";

export interface TmpfsOrder {
  readonly folder: string;
  readonly cell: DrillCell;
}

const { folder, cell } = JSON.parse(process.argv[2] ?? "") as TmpfsOrder;
// When the harness is gone there is nobody left to tell.
process.once("disconnect", () => process.exit());
const brim = tmpfsBrim(folder);
process.send?.((await playDrill(brim, cell)) satisfies DrillResult, () => process.exit());
