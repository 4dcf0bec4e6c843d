import { examine } from "./simulator/examine.ts";
import { MUTANTS } from "./simulator/mutants.ts";
import { planOf } from "./simulator/plan.ts";
import { RARITIES } from "./simulator/sometimes.ts";
if (process.argv[2] === "m") for (const [name, subject] of Object.entries(MUTANTS).filter(([n]) => n.includes(process.argv[3] ?? ""))) {
  let found = 0; const where: number[] = []; const props = new Map<string, number>();
  for (let seed = 1; seed <= Number(process.argv[4] ?? 400); seed++) {
    const v = (await examine(planOf(seed), subject)).violations;
    if (v.length) { found++; where.push(seed); for (const p of v) props.set(p.property, (props.get(p.property) ?? 0) + 1); }
  }
  console.log(name, found, where.slice(0, 3), Object.fromEntries(props));
} else {
  const from = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 1000);
  const t = process.cpuUsage(); const w = performance.now();
  const counts = new Map<string, number>();
  let bad = 0;
  for (let seed = from; seed < from + n; seed++) {
    const { history, violations: v } = await examine(planOf(seed), {}, { isTold: n === 1 });
    for (const r of history.rarities) counts.set(r, (counts.get(r) ?? 0) + 1);
    if (n === 1) console.log(JSON.stringify(history.plan), "\n" + history.lines.join("\n"));
    if (v.length) { bad++; if (bad < 15) console.log(seed, JSON.stringify(history.plan.settings), v); }
  }
  const c = process.cpuUsage(t);
  console.log("bad", bad, "cpu ms/history", (c.user + c.system) / 1000 / n, "wall", (performance.now() - w) / n);
  if (n > 1) for (const r of RARITIES) console.log(counts.get(r) ?? 0, r);
}
