/** The Postgres store over a real Prisma client: the contracts, and the types, without a cast. */
import { equal, match, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Pool } from "pg";
import { storeCases, transactionCases } from "../../src/conformance/index.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { fromPrisma } from "../../src/stores/sql/prisma.ts";
import { register, wait } from "../register.ts";
import { postgresForTests } from "../servers.ts";
import { FOLDER, generatePrisma, prismaOver, type Transaction } from "./prisma-client.ts";

generatePrisma();
const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });
const prisma = prismaOver(pool);
const store = postgresStore(fromPrisma(prisma, { maxWait: 10_000 }), { table: "over_prisma" });
after(async () => {
  await prisma.$disconnect();
  await pool.end();
  await server.stop();
});

describe("over Prisma", { concurrency: 4 }, () => {
  before(async () => {
    await store.setup();
    await pool.query("CREATE TABLE IF NOT EXISTS prisma_effects (id serial, text text)");
  });
  const subject = {
    store,
    pass: wait,
    async write(transaction: Transaction, text: string) {
      await transaction.effect.create({ data: { text } });
    },
    written: async () => (await prisma.effect.findMany()).map(({ text }) => text),
  };
  register<typeof subject>(storeCases, () => subject);
  register<typeof subject>(transactionCases, () => subject);
});

test("a missing table is told from all that Prisma wraps it in", async () => {
  const lost = postgresStore(fromPrisma(prisma), { table: "nowhere" });
  await rejects(lost.get("0".repeat(64)), (error) => {
    ok(error instanceof StoreUnavailable);
    match(error.message, /setup\(\)/);
    return true;
  });
});

/** Compiled against what Prisma has generated, which no other test can import by name. */
const CHECK = `import { type Prisma, PrismaClient } from "./client/index.js";
import { postgresStore, type PostgresStore } from "../../../src/stores/postgres.js";
import { fromPrisma } from "../../../src/stores/sql/prisma.js";

type HandleOf<Store> = Store extends PostgresStore<infer Handle> ? Handle : never;
type Exactly<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

const store = postgresStore(fromPrisma(new PrismaClient(), { timeout: 30_000 }));
export const right: Exactly<HandleOf<typeof store>, Prisma.TransactionClient> = true;
// @ts-expect-error the client itself is not what the transaction hands out
export const wrong: Exactly<HandleOf<typeof store>, PrismaClient> = true;
`;

test("the generated client fits without a cast, and the handle is its transaction", () => {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    module: "nodenext",
    target: "es2023",
    types: [],
  };
  writeFileSync(join(FOLDER, "check.ts"), CHECK);
  writeFileSync(
    join(FOLDER, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["check.ts"] }),
  );
  const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(compiler, "../bin/tsc"), "-p", FOLDER],
    { encoding: "utf8" },
  );
  equal(stdout, "");
  equal(status, 0);
});
