/** What the page says of a run of the chaos harness. */
import { table } from "../markdown.ts";
import type { Section } from "../program.ts";
import { faultsOf, modesOf, POINTS, restarts, STORES, type StoreName } from "./cell.ts";
import type { CellResult, ChaosResult } from "./chaos.ts";
import { expectationOf } from "./expectation.ts";
import type { Storm } from "./storm.ts";

export function sectionsOf({ cells, storms }: ChaosResult, seed: number): readonly Section[] {
  const disturbed = cells.reduce((sum, cell) => sum + cell.disturbed, 0);
  const matrices = STORES.map((store) => matrixOf(store, cells, seed));
  return [
    {
      title: "The fault matrix",
      text: [MATRIX, restartsIn(cells), disturbedIn(disturbed), ...matrices].join("\n\n"),
    },
    { title: "A thousand duplicates at once", text: stormsOf(storms) },
  ];
}

const MATRIX =
  "Five processes over one store, their leases 300 ms. One is armed to be hit at a point of its first request; " +
  "duplicates go to the other four; then all is healed, and everybody is asked until there is an answer. A cell " +
  "says how many effects there were in how many rounds. *In doubt*: how unrepeatable keys end whose owner died. " +
  "**Bold** is a limit, which a run has to reproduce. Rows and columns are named as the command names them.";

/** How each server keeps what it acknowledges, where it is killed. */
const SET_UP: Readonly<Record<Exclude<StoreName, "sqlite">, string>> = {
  redis: "Redis with `appendfsync always`",
  postgres: "Postgres as it comes",
};

function restartsIn(cells: readonly CellResult[]): string {
  const hit = cells.filter(({ fault }) => fault === "restart");
  const servers = STORES.filter(restarts).map((store) => {
    const own = hit.filter((cell) => cell.store === store);
    return `${SET_UP[store]}, met by ${own.reduce((sum, { rounds }) => sum + rounds, 0)} keys`;
  });
  const broken = hit.reduce((sum, { violations }) => sum + violations.length, 0);
  const verdict =
    broken === 0
      ? "Nothing that it had acknowledged was missing afterwards."
      : `**✗ ${broken} violations after that.**`;
  return (
    "*restart*: the server of the store is killed (SIGKILL) and started again on its port and files, at once or after " +
    `up to two leases, while the processes live on: ${servers.join("; ")}. ${verdict} SQLite has no server, and so no ` +
    "such cell. *under-load*: many keys are on their way when it dies, and each of them is counted."
  );
}

const disturbedIn = (rounds: number): string =>
  `In ${rounds} rounds the machine itself held an owner up for longer than its lease; a repeatable ` +
  "effect may then happen once more.";

function matrixOf(store: StoreName, cells: readonly CellResult[], seed: number): string {
  const modes = modesOf(store);
  const rows = POINTS.flatMap((point) =>
    faultsOf(store, point).map((fault) => {
      const found = modes.map((mode) =>
        cells.find(
          (cell) =>
            cell.store === store &&
            cell.mode === mode &&
            cell.point === point &&
            cell.fault === fault,
        ),
      );
      return [point, fault, ...found.map(told)];
    }),
  );
  return [
    `### ${store}`,
    `\`npm run verify -- --only chaos --store ${store} --mode <column> --at <at> --fault <fault> --seed ${seed}\``,
    table(["at", "fault", ...modes], rows),
  ].join("\n\n");
}

/** One cell in words. */
function told(cell: CellResult | undefined): string {
  if (cell === undefined) return "not run";
  const { effects, rounds, violations } = cell;
  const counts = Object.entries(effects).map(([count, times]) => {
    const words = Object.keys(effects).length === 1 ? count : `${count} (${times}×)`;
    return Number(count) > 1 ? `**${words}**` : words;
  });
  const end = expectationOf(cell).end === "in-doubt" ? ", in doubt" : "";
  const bad = violations.length === 0 ? "" : `, **✗ ${violations.length} violations**`;
  return `${counts.join(", ")}${end} in ${rounds}${bad}`;
}

export function limitsOf(cells: readonly CellResult[]): readonly string[] {
  const limits = new Map<string, Set<string>>();
  for (const cell of cells) {
    if (Math.max(...expectationOf(cell).effects) <= 1) continue;
    const where = `${cell.mode}, hit at ${cell.point}`;
    const faults = limits.get(where) ?? new Set();
    limits.set(where, faults.add(cell.fault));
  }
  return [...limits].map(
    ([where, faults]) => `${where} by ${[...faults].join(", ")}: the effect can happen twice.`,
  );
}

function stormsOf(storms: readonly Storm[]): string {
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return table(
    ["store", "mode", "storms", "violations", "p50", "p99", "largest process, before and after"],
    storms.map(({ store, mode, storms: count, violations, p50Ms, p99Ms, memoryBytes }) => [
      ...[store, mode, `${count}`, `${violations.length}`, `${p50Ms} ms`, `${p99Ms} ms`],
      `${mib(memoryBytes.before)}, ${mib(memoryBytes.after)}`,
    ]),
  );
}
