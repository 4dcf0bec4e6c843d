/** `oncekey migrate`: the SQL of a store's numbered migrations, printed or applied. */
import { Command, Option } from "commander";
import { Complaint, reasonOf, rootOf } from "../complaint.ts";
import { kindOf, withDatabase } from "./database.ts";
import { Ending } from "./ending.ts";
import { printerOf } from "./printer.ts";
import { type Schema, schemaOf, versionIn } from "./schema.ts";
import { storeOption } from "./whose.ts";

interface Flags {
  readonly store?: string;
  readonly print?: boolean;
  readonly apply?: boolean;
}

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("Prints or applies the migrations of a store that has tables.")
    .addOption(storeOption())
    .option("--print", "print the SQL, and open nothing")
    .addOption(new Option("--apply", "bring the tables up to date").conflicts("print"))
    .action(run);
}

async function run(flags: Flags, self: Command): Promise<void> {
  const { out } = printerOf(self);
  const kind = kindOf(flags.store);
  if (flags.print !== true && flags.apply !== true) {
    throw new Complaint("Expected --print to see the SQL, or --apply to run it.");
  }
  const schema = await schemaOf(kind);
  if (schema === undefined) {
    // On stdout it would be fed to a database.
    const say = flags.print === true ? printerOf(self).err : out;
    say(`Nothing to do: ${kind === "redis" ? "Redis" : "memory"} has no tables.\n`);
  } else if (flags.print === true) {
    out(schema.statements.map((statement) => `${statement};\n`).join(""));
  } else {
    out(await applied(flags.store, schema));
  }
}

async function applied(address: string | undefined, schema: Schema): Promise<string> {
  const use = { mayCreate: true };
  return withDatabase(
    address,
    async (database) => {
      if (database.kind === "redis") throw new Error("Redis has no tables.");
      const before = await versionIn(database, schema);
      try {
        await database.setup();
      } catch (error) {
        throw new Ending(1, `Nothing was applied: ${reasonOf(rootOf(error))}.`);
      }
      const now = await versionIn(database, schema);
      if (now === before) return `Nothing to do: the tables are of version ${now} already.\n`;
      const count = now - before;
      const what = count === 1 ? `migration ${now}` : `migrations ${before + 1} to ${now}`;
      return `Applied ${what}: the tables are of version ${now}.\n`;
    },
    use,
  );
}
