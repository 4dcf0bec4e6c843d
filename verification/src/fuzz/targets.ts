/** The targets of the fuzzing. */
import { forms } from "./forms.ts";
import { gateway } from "./gateway.ts";
import { headers } from "./headers.ts";
import type { Target } from "./hunt.ts";
import { json } from "./json.ts";
import { keys } from "./keys.ts";
import { snapshots } from "./snapshots.ts";
import { sockets } from "./sockets.ts";

export const TARGETS: readonly Target[] = [keys, json, forms, headers, snapshots, sockets, gateway];
