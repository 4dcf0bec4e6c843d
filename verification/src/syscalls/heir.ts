/** Whoever comes after the fault: the same application in the harness, which nothing happens to. */
import type { Mode } from "../chaos/cell.ts";
import type { Ground } from "../chaos/ground.ts";
import { openLedger } from "../chaos/ledger.ts";
import { createApplication, listening } from "./application.ts";

export interface Heir {
  readonly ground: Ground;
  readonly origin: string;
  close(): Promise<void>;
}

/** `ground` is closed with it. */
export async function openHeir(mode: Mode, ground: Ground, ledgerPath: string): Promise<Heir> {
  const ledger = openLedger(ledgerPath);
  const server = createApplication(mode, ground, ledger);
  const origin = await listening(server);
  let isOpen = true;
  return {
    ground,
    origin,
    async close() {
      if (!isOpen) return;
      isOpen = false;
      server.close();
      server.closeAllConnections();
      await ground.close();
      ledger.close();
    },
  };
}
