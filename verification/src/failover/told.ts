/** What a run of the drill has to say: a line for each cell, a table, and the limits it has met. */
import { MODES } from "../chaos/cell.ts";
import type { Section } from "../program.ts";
import { SCENARIOS, type Scenario, STORES } from "./cell.ts";
import type { CellResult, FailoverResult } from "./failover.ts";

/** One row of what a run prints. */
export function lineOf(result: CellResult): string {
  const { store, durability, scenario, mode, rounds, limit, violations, command } = result;
  const columns = [store.padEnd(8), durability.padEnd(12), scenario.padEnd(15), mode.padEnd(13)];
  const notes = limit === "seen" ? ["limit reproduced"] : [];
  const again = `\n  again: ${command}`;
  const verdict = violations.length === 0 ? "held" : `✗\n  ${violations.join("\n  ")}${again}`;
  return [...columns, `${rounds} keys`, countsIn(result), ...notes, verdict].join("  ");
}

function countsIn({ effects, ends, lost }: CellResult): string {
  const counts = Object.entries(effects).map(([count, times]) => `${times}×${count}`);
  const doubt = ends["in-doubt"] ?? 0;
  const notes = [
    ...(doubt > 0 ? [`${doubt} in doubt`] : []),
    ...(lost > 0 ? [`${lost} answers lost`] : []),
  ];
  return [`effects ${counts.join(" ")}`, ...notes].join(", ");
}

const STORY: Readonly<Record<Scenario, string>> = {
  healthy: "nothing is cut; the primary dies once its answers are given",
  "before-claim": "the link swallows all before the request is sent",
  "before-complete": "the link swallows all between claim and completion; the owner lives on",
  "owner-lost": "the same, and the owner dies with the primary",
  "caught-up": "the link swallows the claim, is mended, and the replica catches up",
  flickering: "the link swallows, is mended and swallows again while all is asked; then it dies",
  "stale-owner": "the link swallows the claim; its owner ends after a retry has ended elsewhere",
  "committed-late": "the link swallows the claim, its process dies refused, the link is mended",
  cancelled: "the link swallows all, and an operator cancels what waits for the standby",
};

export function sectionsOf({ cells, failovers }: FailoverResult, seed: number): Section[] {
  const intro =
    `${failovers} primaries were killed, and their replicas promoted. Between the two stood a relay that can swallow ` +
    "everything while its connections stay open. A cell says how many effects there were over how many keys. " +
    "*In doubt*: how the key ended. *Answer lost*: somebody had been answered, and the record was gone with the " +
    "primary. **Bold** is a limit, which a run has to reproduce. Redis waits for a replica with `durability: " +
    '"replicated"`, Postgres with a synchronous standby; transactional rows are counted on the promoted server.';
  const stories = SCENARIOS.filter((scenario) => cells.some((cell) => cell.scenario === scenario));
  const text = [
    intro,
    stories.map((scenario) => `- *${scenario}*: ${STORY[scenario]}.`).join("\n"),
    ...STORES.map((store) => tableOf(store, cells, seed)).filter((table) => table !== ""),
  ].join("\n\n");
  return [{ title: "Failover", text }];
}

function tableOf(store: string, all: readonly CellResult[], seed: number): string {
  const cells = all.filter((cell) => cell.store === store);
  if (cells.length === 0) return "";
  const modes = MODES.filter((mode) => cells.some((cell) => cell.mode === mode));
  const kinds = new Set(cells.map(({ durability, scenario }) => `${durability} ${scenario}`));
  const rows = [...kinds].map((kind) => {
    const [durability = "", scenario = ""] = kind.split(" ");
    const found = cells.filter(
      (cell) => cell.durability === durability && cell.scenario === scenario,
    );
    const words = modes.map((mode) => wordsOf(found.find((cell) => cell.mode === mode)));
    const violations = found.reduce((sum, cell) => sum + cell.violations.length, 0);
    return [durability, scenario, ...words, `${violations}`];
  });
  const command = `npm run verify -- --only failover --store ${store} --durability <durability> --scenario <scenario> --mode <column> --seed ${seed}`;
  const head = ["durability", "scenario", ...modes, "violations"];
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  return [`### ${store}`, `\`${command}\``, lines.join("\n")].join("\n\n");
}

function wordsOf(cell: CellResult | undefined): string {
  if (cell === undefined) return "not run";
  const { effects, rounds, ends, lost, violations } = cell;
  const isOne = Object.keys(effects).length === 1;
  const counts = Object.entries(effects).map(([count, times]) => {
    const words = isOne ? count : `${count} (${times}×)`;
    return Number(count) > 1 ? `**${words}**` : words;
  });
  const share = (word: string, times: number) =>
    times === 0 ? "" : times === rounds ? `, ${word}` : `, ${word} (${times}×)`;
  const notes = share("in doubt", ends["in-doubt"] ?? 0) + share("answer lost", lost);
  const bad = violations.length === 0 ? "" : `, **✗ ${violations.length} violations**`;
  return `${counts.join(", ")}${notes} in ${rounds}${bad}`;
}

/** In the words of whoever has to decide about it. */
export function limitsOf(cells: readonly CellResult[]): string[] {
  const limits = new Map<string, string[]>();
  for (const { store, durability, scenario, mode, limit } of cells) {
    if (limit !== "seen") continue;
    const where = `Failover, ${store}, ${durability}, ${scenario} (${STORY[scenario]})`;
    limits.set(where, [...(limits.get(where) ?? []), mode]);
  }
  return [...limits].map(
    ([where, modes]) => `${where}: the effect happens twice when it is ${modes.join(" or ")}.`,
  );
}
