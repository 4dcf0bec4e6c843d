/**
 * `npm run bench -- [PROGRAM] [OPTIONS]`: what oncekey costs. Each program prints Markdown, and takes
 * `--quick` for a run that only shows that it works.
 *
 *   race         everybody in turns, and what a request costs (the one that runs unless told)
 *                [--only NAME]... [--seconds N] [--rounds N] [--requests N] [--connections N]
 *                [--json] [--profile FOLDER] [--check] [--record]
 *   alone        the stores without HTTP, beside twins that share no write
 *   scale        claims over more and more records [--only STORE]... [--to N] [--images FOLDER]
 *   reaper       a reaper beside 5,000 new keys a second [--only STORE]...
 *   waiting      how soon another process wakes, and what waiting asks of the store
 *   bodies       from nothing to 16 MiB [--images FOLDER]
 *   connections  from 1 to 512 [--images FOLDER]
 *   processes    from 1 to 8 on one store
 *   memory       of a request in flight, of a record, and what a request allocates
 *   imports      the time and the size of an adapter and a store
 */
import { type Options, optionsOf } from "./options.ts";

interface Program {
  /** What the process ends with. */
  run(options: Options): Promise<number>;
}

const PROGRAMS: Readonly<Record<string, () => Promise<Program>>> = {
  race: () => import("./race.ts"),
  alone: () => import("./alone.ts"),
  scale: () => import("./scale.ts"),
  reaper: () => import("./reaper.ts"),
  waiting: () => import("./waiting.ts"),
  bodies: () => import("./bodies.ts"),
  connections: () => import("./connections.ts"),
  processes: () => import("./processes.ts"),
  memory: () => import("./memory.ts"),
  imports: () => import("./imports.ts"),
};

// Databases are killed when this process exits, but a signal alone would end it without an exit.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

const { program, options } = optionsOf(process.argv.slice(2));
const load = PROGRAMS[program];
if (load === undefined) {
  const names = Object.keys(PROGRAMS).join(", ");
  throw new TypeError(`There is no program "${program}". There are ${names}.`);
}
process.exitCode = await (await load()).run(options);
