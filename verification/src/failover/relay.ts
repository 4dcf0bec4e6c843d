/** The harness's hand on a relay: between replica and primary, or before the applications' store. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { endProcess, startProcess } from "./children.ts";
import type { FromRelay, ToRelay } from "./relay-process.ts";

export interface Relay {
  readonly port: number;
  /** Cuts all connections, and leads new ones to `port`; undefined: nowhere. */
  route(port: number | undefined): Promise<void>;
  /** From now on everything vanishes, and connections stay open. */
  swallow(): Promise<void>;
  /** Lets new connections pass, and cuts those that have lost something. */
  mend(): Promise<void>;
  /** How many bytes have vanished so far. */
  swallowed(): Promise<number>;
  stop(): Promise<void>;
}

const PROCESS = fileURLToPath(import.meta.resolve("./relay-process.js"));

export async function startRelay(port: number): Promise<Relay> {
  const child = startProcess(PROCESS);

  async function told(message?: ToRelay): Promise<FromRelay> {
    const reply = once(child, "message");
    if (message !== undefined) child.send(message);
    const [answer] = await reply;
    return answer as FromRelay;
  }

  const { port: own } = await told();
  await told({ kind: "route", port });
  let isSwallowing = false;
  const swallow = async (on: boolean) => {
    isSwallowing = on;
    return (await told({ kind: "swallow", on })).swallowed;
  };
  return {
    port: own,
    route: async (to) => void (await told({ kind: "route", port: to })),
    swallow: async () => void (await swallow(true)),
    mend: async () => void (await swallow(false)),
    swallowed: () => swallow(isSwallowing),
    stop: () => endProcess(child),
  };
}
