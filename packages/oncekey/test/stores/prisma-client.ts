/**
 * A real Prisma client, generated for the test: Prisma's query compiler over pg.
 *
 * Its engines are programs that would have to be fetched; the compiler is part of the package, and
 * asks for a driver adapter. This one knows the types that the tests use.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Pool, PoolClient } from "pg";

/** Beside the compiled tests, where `@prisma/client` is found. */
export const FOLDER: string = join(import.meta.dirname, "generated-prisma");

const SCHEMA = `generator client {
  provider   = "prisma-client-js"
  output     = "./client"
  engineType = "client"
}

datasource db {
  provider = "postgresql"
  url      = "postgres://127.0.0.1/unused"
}

model Effect {
  id   Int    @id @default(autoincrement())
  text String

  @@map("prisma_effects")
}
`;

/** What the tests use of a generated client inside a transaction. */
export interface Transaction {
  $queryRawUnsafe(text: string, ...values: (string | Uint8Array)[]): PromiseLike<unknown>;
  readonly effect: {
    create(wanted: { data: { text: string } }): Promise<unknown>;
    findMany(): Promise<{ text: string }[]>;
  };
}

export interface Client extends Transaction {
  $transaction<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    options?: { maxWait?: number; timeout?: number },
  ): Promise<Result>;
  $disconnect(): Promise<void>;
}

export function generatePrisma(): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "schema.prisma"), SCHEMA);
  const prisma = createRequire(import.meta.url).resolve("prisma/build/index.js");
  execFileSync(process.execPath, [prisma, "generate", "--schema", join(FOLDER, "schema.prisma")], {
    stdio: "ignore",
    // Only migrations need the engine; that there is one is asked for all the same.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_GENERATE_SKIP_AUTOINSTALL: "1",
      CHECKPOINT_DISABLE: "1",
    },
  });
}

export function prismaOver(pool: Pool): Client {
  const { PrismaClient } = createRequire(import.meta.url)(join(FOLDER, "client/index.js"));
  return new PrismaClient({
    adapter: {
      provider: "postgres",
      adapterName: "oncekey-test",
      connect: async () => ({
        ...queryable(pool),
        startTransaction: () => begin(pool),
        executeScript: (script: string) => pool.query(script),
        getConnectionInfo: () => ({ supportsRelationJoins: false }),
        dispose: async () => {},
      }),
    },
  });
}

interface Query {
  readonly sql: string;
  readonly args: readonly unknown[];
  readonly argTypes: readonly { readonly scalarType: string }[];
}

/** Bytes travel through the query compiler as base64. */
function valuesOf({ args, argTypes }: Query): unknown[] {
  return args.map((value, index) =>
    typeof value === "string" && argTypes[index]?.scalarType === "bytes"
      ? Buffer.from(value, "base64")
      : value,
  );
}

function queryable(client: Pool | PoolClient) {
  const query = (wanted: Query) => {
    const values = valuesOf(wanted);
    return client.query({ text: wanted.sql, values, rowMode: "array" }).catch((cause) => {
      throw Object.assign(new Error("DriverAdapterError"), {
        name: "DriverAdapterError",
        cause: {
          kind: "postgres",
          code: cause.code ?? "08006",
          severity: "ERROR",
          message: cause.message,
          originalCode: cause.code,
          originalMessage: cause.message,
        },
      });
    });
  };
  return {
    provider: "postgres",
    adapterName: "oncekey-test",
    async queryRaw(wanted: Query) {
      const { fields, rows } = await query(wanted);
      return {
        columnNames: fields.map(({ name }) => name),
        columnTypes: fields.map(({ dataTypeID }) => COLUMN_TYPES[dataTypeID] ?? TEXT),
        rows: rows.map((row) => row.map(shown)),
      };
    },
    executeRaw: async (wanted: Query) => (await query(wanted)).rowCount ?? 0,
  };
}

async function begin(pool: Pool) {
  const client = await pool.connect();
  await client.query("BEGIN");
  // Prisma says COMMIT and ROLLBACK itself, and then tells the adapter that it is over.
  const end = async (): Promise<void> => client.release();
  return {
    ...queryable(client),
    options: { usePhantomQuery: false },
    commit: end,
    rollback: end,
  };
}

/** And come back as lists of numbers. */
const shown = (value: unknown): unknown =>
  value instanceof Uint8Array ? Array.from(value) : value;

/** Prisma's numbers for the column types of Postgres that the tests read. */
const TEXT = 7;
const COLUMN_TYPES: Readonly<Record<number, number>> = { 16: 5, 17: 13, 20: 1, 23: 0, 25: TEXT };
