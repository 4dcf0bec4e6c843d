/** All targets of the fuzzing. */
import type { Target } from "./hunt.ts";
import { json } from "./json.ts";
import { keys } from "./keys.ts";

export const TARGETS: readonly Target[] = [keys, json];
