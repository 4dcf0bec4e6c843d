/** `npm start`: the deck, alive. With `--once` it is played without a browser. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createPage } from "./page.ts";
import { recordingOf } from "./recording.ts";
import { openRestaurant, type Restaurant } from "./restaurant.ts";
import { isHeld, play } from "./scenario.ts";
import { STORES, type StoreName } from "./stores.ts";
import { tableOf } from "./table.ts";

const HELP = `npm start -- [options]

  --once            play the scenario without a browser, print a table, and exit
  --json            with --once: print one JSON object instead of the table
  --record FILE     with --once: write a page that plays it again without any server
  --duplicates 3    with --once: how many equal requests are sent at once (1 to 1000)
  --instances 5     how many API processes there are (1 to 20)
  --store sqlite    where the records live: sqlite, redis or postgres
  --port 0          where the page is served; 0 finds a free port
`;

/** For an eye to follow; and a lease that ends before one has stopped waiting for it. */
const PACE = { cookingMs: 1_200, leaseMs: 3_000 };

interface Arguments {
  readonly once: boolean;
  readonly json: boolean;
  /** Where the recording goes. */
  readonly record: string | undefined;
  readonly duplicates: number;
  readonly instances: number;
  readonly store: StoreName;
  readonly port: number;
}

/** A mistake on the command line: said in one sentence, without a stack. */
class Usage extends Error {}

function argumentsOf(args: readonly string[]): Arguments | "help" {
  const options = {
    once: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    record: { type: "string" },
    duplicates: { type: "string", default: "3" },
    instances: { type: "string", default: "5" },
    store: { type: "string", default: "sqlite" },
    port: { type: "string", default: "0" },
  } as const;
  const { values } = parsed(() => parseArgs({ args: [...args], options }));
  if (values.help) return "help";
  const store = STORES.find((name) => name === values.store);
  if (store === undefined) {
    throw new Usage(`--store is one of ${STORES.join(", ")}, not ${JSON.stringify(values.store)}.`);
  }
  if (values.json && !values.once) throw new Usage("--json goes with --once.");
  if (values.record !== undefined && !values.once) throw new Usage("--record goes with --once.");
  return {
    once: values.once,
    json: values.json,
    record: values.record,
    store,
    duplicates: integer("duplicates", values.duplicates, 1, 1000),
    instances: integer("instances", values.instances, 1, 20),
    port: integer("port", values.port, 0, 65_535),
  };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

function integer(name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Usage(`--${name} is a whole number from ${least} to ${most}, not ${value}.`);
}

async function playOnce(wanted: Arguments): Promise<void> {
  const restaurant = await openRestaurant({ ...wanted, port: 0 });
  try {
    const { outcome, sent } = await play(restaurant, wanted.duplicates);
    if (wanted.record !== undefined) writeFileSync(wanted.record, recordingOf(restaurant.told()));
    console.log(wanted.json ? JSON.stringify(outcome) : tableOf(outcome, sent));
    process.exitCode = isHeld(outcome) ? 0 : 1;
  } finally {
    await restaurant.stop();
  }
}

async function serve(wanted: Arguments): Promise<void> {
  const restaurant = await openRestaurant({ ...wanted, ...PACE, page: createPage });
  console.log(`The deck, on ${wanted.store} with ${wanted.instances} API processes:`);
  console.log(`\n  ${restaurant.origin}\n\nCtrl+C ends it.`);
  await interrupted();
  await stopped(restaurant);
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

async function stopped(restaurant: Restaurant): Promise<void> {
  await restaurant.stop();
}

async function main(): Promise<void> {
  const wanted = argumentsOf(process.argv.slice(2));
  if (wanted === "help") console.log(HELP);
  else await (wanted.once ? playOnce(wanted) : serve(wanted));
}

main().catch((error: unknown) => {
  if (error instanceof Usage) console.error(`${error.message}\n\n${HELP}`);
  else console.error(error);
  process.exitCode = error instanceof Usage ? 2 : 1;
});
