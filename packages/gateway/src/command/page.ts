/** The dashboard's page on an address of its own: beside a gateway, or alone. */
import type { Alone, AloneOptions } from "@oncekey/dashboard/node";
import type { ListenAddress } from "../address.ts";
import { Complaint } from "../complaint.ts";
import { notListening } from "./listening.ts";

export type Page = Alone;

/** `option` names the address, `mend` says what else would do than one of this machine. */
export async function openPage(
  options: Omit<AloneOptions, "host" | "port">,
  at: ListenAddress,
  { option, mend }: { readonly option: string; readonly mend: string },
): Promise<Page> {
  const { startDashboard } = await import("@oncekey/dashboard/node");
  try {
    return await startDashboard({ ...options, ...at });
  } catch (error) {
    if (!(error instanceof TypeError)) throw notListening(error, option, at);
    throw new Complaint(
      `Expected ${option} to be an address of this machine alone, such as 127.0.0.1:9090: the ` +
        `page asks nobody who they are. ${mend}`,
    );
  }
}
