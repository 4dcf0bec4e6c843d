/**
 * A process of its own over a SQLite file, that does what it is told and says how it went.
 *
 * Started with the file and the client's name; spoken to as `Command` and `Reply`.
 */
import type { Claim, ClaimRequest, Lease } from "../../src/core/store.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { clients } from "./sqlite-clients.ts";

export type Command =
  | { readonly do: "setup" }
  | { readonly do: "claim"; readonly request: ClaimRequest }
  | { readonly do: "complete"; readonly lease: Lease; readonly text: string }
  /** Takes the write lock on another connection and keeps it: until it is told to let go. */
  | { readonly do: "lock" | "unlock" };

export interface Reply {
  readonly claim?: Claim;
  readonly kept?: boolean;
  readonly error?: string;
}

const [, , file = "", name] = process.argv;
const client = clients.find((one) => one.name === name);
if (client === undefined) throw new Error(`Expected the client ${name} to load.`);
const store = sqliteStore(client.open(file));
const locker = client.open(file);

async function obey(command: Command): Promise<Reply> {
  switch (command.do) {
    case "setup":
      await store.setup();
      return {};
    case "claim":
      return { claim: await store.claim(command.request) };
    case "complete":
      return { kept: await store.complete(command.lease, new TextEncoder().encode(command.text)) };
    case "lock":
      locker.exec("BEGIN IMMEDIATE");
      return {};
    case "unlock":
      locker.exec("COMMIT");
      return {};
  }
}

process.on("message", (command: Command) => {
  obey(command).then(
    (reply) => process.send?.(reply),
    (error: Error) => process.send?.({ error: `${error.message} ${error.cause ?? ""}` }),
  );
});
process.send?.({});
