/** The targets of the fuzzing. */
import { forms } from "./forms.ts";
import { gateway } from "./gateway.ts";
import { headers } from "./headers.ts";
import type { Target } from "./hunt.ts";
import { json } from "./json.ts";
import { keys } from "./keys.ts";
import { snapshots } from "./snapshots.ts";
import { sockets } from "./sockets.ts";

/** What a run without a name plays. */
export const ORDINARY: readonly Target[] = [keys, json, forms, headers, snapshots, sockets];

/** The gateway's is for those who name it, until what it finds of upgrades behind a request is mended. */
export const TARGETS: readonly Target[] = [...ORDINARY, gateway];
