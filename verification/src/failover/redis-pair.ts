/** Two Redis servers, of which one follows the other through a relay. */
import { once } from "node:events";
import { Redis } from "ioredis";
import { type LocalServer, startRedis } from "local-servers";
import type { Inspector } from "oncekey";
import { redisStore } from "oncekey/redis";
import { endProcess, guarded, openFolder } from "./children.ts";
import { PATIENCE_MS, type Pair, type Side } from "./pair.ts";
import { recordsOf } from "./records.ts";
import { startRelay } from "./relay.ts";
import { until } from "./until.ts";

/** Redis gathers replicas for five seconds before it sends the first of them anything. */
const AT_ONCE = ["--repl-diskless-sync-delay", "0"];

export async function redisPair(): Promise<Pair> {
  // Its own folder, because the primary comes back over what it had written.
  const folder = openFolder("failover");
  const settings = ["--dir", folder.path, ...AT_ONCE];
  const primary = guarded(await startRedis(settings));
  const [link, door] = await Promise.all([startRelay(primary.port), startRelay(primary.port)]);
  const follower = guarded(await startRedis([...following(link.port), ...AT_ONCE]));
  const clients = [primary, follower].map(({ url }) => clientOf(url));
  const [here, there] = clients as [Redis, Redis];
  let rejoined: LocalServer | undefined;

  const caughtUp = () =>
    until("the replica has everything", PATIENCE_MS, () => isLevel(here, there));
  await caughtUp();

  return {
    address: `redis://127.0.0.1:${door.port}`,
    link,
    door,
    caughtUp,
    async isWritten(rounds) {
      const records = await recordsOf(redisStore(here));
      return [...rounds].every((round) => records.get(round)?.state === "completed");
    },
    async cancelWaits() {
      throw new Error("Nobody can end a WAIT of Redis as if it had been confirmed.");
    },
    async kill() {
      here.disconnect();
      primary.child.kill("SIGKILL");
      if (primary.child.signalCode === null) await once(primary.child, "exit");
    },
    async promote() {
      await there.replicaof("NO", "ONE");
      await until(
        "it is a primary",
        PATIENCE_MS,
        async () => (await partOf(there)).role === "master",
      );
      return sideOf(redisStore(there));
    },
    async rejoin() {
      rejoined = guarded(await startRedis([...settings, ...following(follower.port)]));
      const client = clientOf(rejoined.url);
      clients.push(client);
      const level = () => until("the old one follows", PATIENCE_MS, () => isLevel(there, client));
      await level();
      return { ...sideOf(redisStore(client)), caughtUp: level };
    },
    open: () => door.route(follower.port),
    async stop() {
      for (const client of clients) client.disconnect();
      // There is nothing to save, and one that has just been copied does not end when it is told to.
      const servers = [primary, follower, ...(rejoined === undefined ? [] : [rejoined])];
      await Promise.all(servers.map(({ child }) => endProcess(child)));
      await Promise.all(servers.map((server) => server.stop()));
      await Promise.all([link.stop(), door.stop()]);
      folder.remove();
    },
  };
}

const following = (port: number): readonly string[] => ["--replicaof", "127.0.0.1", String(port)];

function clientOf(url: string): Redis {
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  client.on("error", () => {});
  return client;
}

const sideOf = (records: Inspector): Side => ({ records, legs: async () => [] });

type Part = Readonly<Record<string, string>>;

async function partOf(client: Redis): Promise<Part> {
  const lines = (await client.info("replication")).split("\r\n");
  return Object.fromEntries(lines.map((line) => line.split(":", 2)));
}

async function isLevel(primary: Redis, follower: Redis): Promise<boolean> {
  const [leader, other] = await Promise.all([partOf(primary), partOf(follower)]);
  return (
    other.master_link_status === "up" &&
    leader.slave0?.includes("state=online") === true &&
    other.slave_repl_offset === leader.master_repl_offset
  );
}
