/** One connection that hears notifications, over pg's `Pool` or postgres.js's `sql`. */

export interface Listener {
  /** Resolves when Postgres is listening. `lost` is called when something may have been missed. */
  listen(channel: string, heard: (payload: string) => void, lost: () => void): Promise<Listening>;
}

export interface Listening {
  close(): Promise<void>;
}

/** The part of pg's `PoolClient` that we use to listen. */
interface PgListeningClient {
  query(text: string): Promise<unknown>;
  release(destroy: boolean): void;
  on(event: "notification", listener: (notification: PgNotification) => void): unknown;
  on(event: "error" | "end", listener: () => void): unknown;
}

interface PgNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

export interface PgListeningPool {
  connect(): Promise<PgListeningClient>;
}

/** The part of postgres.js's `sql` that we use to listen: it opens a connection of its own. */
export interface PostgresJsListening {
  listen(
    channel: string,
    heard: (payload: string) => void,
    listening: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>;
}

/** One client of the pool is kept for as long as anybody may wait. */
export function listenWithPg(pool: PgListeningPool): Listener {
  return {
    async listen(channel, heard, lost) {
      const client = await pool.connect();
      let isOpen = true;
      const end = (): void => {
        if (!isOpen) return;
        isOpen = false;
        // Never back into the pool: whoever got it next would be notified for nothing.
        client.release(true);
      };
      const fail = (): void => {
        if (isOpen) lost();
        end();
      };
      client.on("error", fail);
      client.on("end", fail);
      client.on("notification", (notification) => {
        if (isOpen && notification.channel === channel) heard(notification.payload ?? "");
      });
      try {
        await client.query(`LISTEN "${channel}"`);
      } catch (error) {
        end();
        throw error;
      }
      return { close: async () => end() };
    },
  };
}

/** It connects again by itself, and says so by listening a second time. */
export function listenWithPostgresJs(sql: PostgresJsListening): Listener {
  return {
    async listen(channel, heard, lost) {
      let isFirst = true;
      const { unlisten } = await sql.listen(channel, heard, () => {
        if (!isFirst) lost();
        isFirst = false;
      });
      return { close: () => unlisten() };
    },
  };
}
