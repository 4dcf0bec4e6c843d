/** `oncekey dashboard`: the page over a store, without a gateway, until it is told to stop. */
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { AloneOptions } from "@oncekey/dashboard/node";
import { Command } from "commander";
import { type ListenAddress, listenAddressOf, originOf } from "../address.ts";
import { Complaint } from "../complaint.ts";
import { sealOf } from "../seal-keys.ts";
import { type Database, withDatabase } from "./database.ts";
import { openPage } from "./page.ts";
import { printerOf } from "./printer.ts";
import { several } from "./several.ts";
import { stopSignal } from "./stop-signal.ts";
import { usersIn } from "./users.ts";
import { sealOption, storeOption } from "./whose.ts";

const LISTEN = "127.0.0.1:9090";
/** How a browser on this machine calls it. */
const OWN_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const NAME = /^([\w.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/;

interface Flags {
  readonly store?: string;
  readonly listen: string;
  readonly host?: readonly string[];
  readonly users?: string;
  readonly write?: string;
  readonly sealKeys?: string;
}

export function dashboardCommand(): Command {
  return new Command("dashboard")
    .description("Shows what happened to a key, as a page over a store.")
    .addOption(storeOption())
    .option("--listen <host:port>", "where the page is; port 0 is any free one", LISTEN)
    .option("--host <name>", "a name that browsers call it by; may be repeated", several)
    .option("--users <file>", "who may sign in: a line NAME:PASSWORD each")
    .option("--write <file>", "who has signed in may settle what is in doubt; it is noted there")
    .addOption(sealOption())
    .action((flags: Flags, self: Command) => serve(flags, self));
}

async function serve(flags: Flags, self: Command): Promise<void> {
  const at = listenAddressOf("--listen", flags.listen);
  const options = await optionsOf(flags, at);
  await withDatabase(
    flags.store,
    async ({ store }: Database) => {
      // A database without records says so now, and not on the page.
      await store.list({ limit: 1 });
      const page = await openPage({ ...options, inspector: store }, at, {
        option: "--listen",
        mend: "For others, say with --users who may sign in.",
      });
      const signal = stopSignal();
      printerOf(self).out(`listening on ${page.url}\n`);
      if (!signal.aborted) await once(signal, "abort");
      await page.close();
    },
    { isLasting: true },
  );
}

type Options = Omit<AloneOptions, "inspector" | "host" | "port">;

/** Throws a `Complaint`. */
async function optionsOf(flags: Flags, at: ListenAddress): Promise<Options> {
  const { host = [], users, write, sealKeys } = flags;
  if (!host.every((name) => NAME.test(name))) {
    throw new Complaint("Expected --host to be a name, such as admin.example.com.");
  }
  if (write !== undefined && users === undefined) {
    throw new Complaint("Expected --users with --write: whoever settles has to say who they are.");
  }
  const seal = sealOf(sealKeys);
  const role = write === undefined ? "viewer" : "operator";
  const { auditFile, signIn } = await import("@oncekey/dashboard");
  return {
    hosts: [...OWN_NAMES, originOf(at).slice("http://".length), ...host],
    ...(seal && { seal }),
    ...(users !== undefined && { authorize: signIn(usersIn(users, role)) }),
    ...(write !== undefined && { audit: auditFile(writable(write)) }),
  };
}

/** That it can be written is found out now, and not when somebody has found out what happened. */
function writable(file: string): string {
  try {
    closeSync(openSync(file, "a", 0o600));
    return file;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Complaint(`Expected --write to be a file that can be written (${code}).`);
  }
}
