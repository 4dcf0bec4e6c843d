/** All drills: Redis in a server of its own, SQLite where a full file system harms nobody. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { DRILLS, type DrillCell, type DrillResult, playDrill } from "./drill.ts";
import { redisBrim } from "./redis-brim.ts";
import { openScratch } from "./scratch.ts";
import type { TmpfsOrder } from "./tmpfs-drill.ts";

const ON_TMPFS = fileURLToPath(import.meta.resolve("./tmpfs-drill.js"));

export async function playDrills(
  cells: readonly DrillCell[],
  onCell: (result: DrillResult) => void = () => {},
): Promise<readonly DrillResult[]> {
  const lanes = DRILLS.map(async (drill) => {
    const results: DrillResult[] = [];
    for (const cell of cells.filter((each) => each.drill === drill)) {
      const result = drill === "sqlite-full" ? await onTmpfs(cell) : await onRedis(cell);
      onCell(result);
      results.push(result);
    }
    return results;
  });
  return (await Promise.all(lanes)).flat();
}

async function onRedis(cell: DrillCell): Promise<DrillResult> {
  const brim = await redisBrim();
  try {
    return await playDrill(brim, cell);
  } finally {
    await brim.stop();
  }
}

/**
 * Root may have mount points of its own, and everybody else may be root of a world of its own. A
 * process for each: SQLite knows files by device and number, and a file system that comes after
 * another one has both again.
 */
async function onTmpfs(cell: DrillCell): Promise<DrillResult> {
  const { folder, leave } = openScratch("brim");
  const world = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
  const order: TmpfsOrder = { folder, cell };
  const command = [...world, process.execPath, ON_TMPFS, JSON.stringify(order)];
  const child = spawn("unshare", command, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let result: DrillResult | undefined;
  child.on("message", (message) => {
    result = message as DrillResult;
  });
  try {
    const [code] = await once(child, "exit");
    if (result !== undefined) return result;
    throw new Error(
      `A drill on a full file system ended with ${code}: is there tmpfs and unshare?`,
    );
  } finally {
    leave();
  }
}
