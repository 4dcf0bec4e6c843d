/** One connection that hears notifications, over pg's `Pool` or postgres.js's `sql`. */
import { takeClient } from "./postgres-clients.ts";

export interface Listener {
  /** Resolves when Postgres is listening. Connects if need be, however often it is called. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

export interface Ears {
  readonly channel: string;
  heard(payload: string): void;
  /** The connection was lost: nobody knows what would have been heard. */
  missed(): void;
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
  connect(
    callback: (error: Error | undefined, client: PgListeningClient | undefined) => void,
  ): void;
}

/** The part of postgres.js's `sql` that we use to listen: it opens a connection of its own. */
export interface PostgresJsListening {
  listen(
    channel: string,
    heard: (payload: string) => void,
    listening: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>;
}

/** One client of the pool is kept, from the first time that anybody waits. */
export function listenWithPg(pool: PgListeningPool, ears: Ears): Listener {
  let connected: Promise<() => void> | undefined;

  async function connect(): Promise<() => void> {
    const { client, end } = await takeClient(pool, prepared);
    try {
      await client.query(`LISTEN "${ears.channel}"`);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  function prepared(client: PgListeningClient) {
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      connected = undefined;
      // Never back into the pool: whoever got it next would be notified for nothing.
      client.release(true);
    };
    const fail = (): void => {
      if (!isOpen) return;
      end();
      ears.missed();
    };
    client.on("error", fail);
    client.on("end", fail);
    client.on("notification", ({ channel, payload = "" }) => {
      if (isOpen && channel === ears.channel) ears.heard(payload);
    });
    return { client, end };
  }

  return {
    async listen() {
      if (connected === undefined) {
        const connecting = connect();
        connected = connecting;
        connecting.catch(() => {
          if (connected === connecting) connected = undefined;
        });
      }
      await connected;
    },
    async close() {
      const end = await connected?.catch(() => undefined);
      end?.();
    },
  };
}

/**
 * Asked only once: it connects again by itself, for as long as it takes, and says that it listens
 * each time that it does.
 */
export function listenWithPostgresJs(sql: PostgresJsListening, ears: Ears): Listener {
  let subscribed: PromiseLike<{ unlisten(): Promise<void> }> | undefined;
  let isListening = false;
  let failure: Promise<never> | undefined;
  let say: () => void = () => {};
  const listening = new Promise<void>((resolve) => {
    say = resolve;
  });

  return {
    listen() {
      if (subscribed === undefined) {
        subscribed = sql.listen(ears.channel, ears.heard, () => {
          // Not the first time: there was a time when nobody listened.
          if (isListening) ears.missed();
          isListening = true;
          say();
        });
        failure = Promise.resolve(subscribed).then(() => new Promise<never>(() => {}));
        failure.catch(() => {});
      }
      // It may yet come to listen after it has failed.
      return isListening ? listening : Promise.race([listening, failure ?? listening]);
    },
    async close() {
      await subscribed?.then(
        ({ unlisten }) => unlisten(),
        () => {},
      );
    },
  };
}
