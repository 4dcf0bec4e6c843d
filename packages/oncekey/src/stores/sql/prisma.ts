/** Prisma as a client of the Postgres store: `postgresStore(fromPrisma(prisma))`. */
import { rowsOf, type SqlClient, type SqlQuery, type SqlValue } from "./client.ts";

interface Queryable {
  $queryRawUnsafe(text: string, ...values: SqlValue[]): PromiseLike<unknown>;
}

export interface PrismaTransactionOptions {
  /** How long a transaction may wait for a connection, in ms. Prisma's own default is 2 s. */
  readonly maxWait?: number;
  /** How long a transaction may take, the handler included, in ms. Prisma's own default is 5 s. */
  readonly timeout?: number;
}

/** The part of a `PrismaClient` that we use. `Handle` is the client inside a transaction. */
export interface PrismaDatabase<Handle> extends Queryable {
  $transaction<Result>(
    work: (handle: Handle & Queryable) => Promise<Result>,
    options?: { maxWait?: number; timeout?: number },
  ): Promise<Result>;
}

/** @example const store = postgresStore(fromPrisma(prisma, { timeout: 30_000 })); */
export function fromPrisma<Handle>(
  prisma: PrismaDatabase<Handle>,
  options: PrismaTransactionOptions = {},
): SqlClient<Handle> {
  return {
    query: queryWith(prisma),
    transaction: (work) =>
      prisma.$transaction((handle) => work(handle, queryWith(handle)), { ...options }),
  };
}

function queryWith(prisma: Queryable): SqlQuery {
  return async ({ text }, values) => rowsOf(await prisma.$queryRawUnsafe(text, ...values));
}
