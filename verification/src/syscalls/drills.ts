/** All drills: Redis in a server of its own, SQLite where a full file system harms nobody. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DrillCell, type DrillResult, playDrill } from "./drill.ts";
import { redisBrim } from "./redis-brim.ts";
import type { TmpfsOrder } from "./tmpfs-drills.ts";

const ON_TMPFS = fileURLToPath(import.meta.resolve("./tmpfs-drills.js"));

export async function playDrills(
  cells: readonly DrillCell[],
  onCell: (result: DrillResult) => void = () => {},
): Promise<readonly DrillResult[]> {
  const of = (drill: DrillCell["drill"]) => cells.filter((cell) => cell.drill === drill);
  const both = await Promise.all([
    onTmpfs(of("sqlite-full"), onCell),
    onRedis(of("redis-full"), onCell),
  ]);
  return both.flat();
}

async function onRedis(
  cells: readonly DrillCell[],
  onCell: (result: DrillResult) => void,
): Promise<readonly DrillResult[]> {
  const results: DrillResult[] = [];
  for (const cell of cells) {
    const brim = await redisBrim();
    try {
      const result = await playDrill(brim, cell);
      onCell(result);
      results.push(result);
    } finally {
      await brim.stop();
    }
  }
  return results;
}

/** Root may have mount points of its own, and everybody else may be root of a world of its own. */
async function onTmpfs(
  cells: readonly DrillCell[],
  onCell: (result: DrillResult) => void,
): Promise<readonly DrillResult[]> {
  if (cells.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), "oncekey-brim-"));
  const world = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
  const order: TmpfsOrder = { folder, cells };
  const command = [...world, process.execPath, ON_TMPFS, JSON.stringify(order)];
  const child = spawn("unshare", command, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const results: DrillResult[] = [];
  child.on("message", (message) => {
    const result = message as DrillResult;
    onCell(result);
    results.push(result);
  });
  try {
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`The drills on a full file system ended with ${code}.`);
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
