/** All programs of `npm run verify`, in the order in which they run: what ends soon comes first. */
import { chaos } from "./chaos/program.ts";
import { failover } from "./failover/program.ts";
import { fuzz } from "./fuzz/program.ts";
import { model } from "./model/program.ts";
import { mutants } from "./mutants/program.ts";
import { network } from "./network/program.ts";
import type { Program } from "./program.ts";
import { simulator } from "./simulator/program.ts";
import { soaking } from "./soak/program.ts";
import { syscalls } from "./syscalls/program.ts";

/** What a run without a name plays. */
export const ORDINARY: readonly Program[] = [
  ...[simulator, model, mutants, fuzz, failover],
  ...[network, syscalls, chaos],
];

/** The soak takes half an hour, and is played by those who ask for it. */
export const PROGRAMS: readonly Program[] = [...ORDINARY, soaking];
