/** Real servers, private and on free ports: children of the process that asked for them. */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { isInUse, killServer } from "./kill.ts";

export interface LocalServer {
  readonly port: number;
  readonly url: string;
  /** The server itself, to be stopped or killed by a test. Another one after `restart`. */
  readonly child: ChildProcess;
  /** What it keeps on the disk, unless it was told to keep it elsewhere. */
  readonly directory: string;
  /** Kills it at once, unless somebody has. Resolves when nothing of it runs any more. */
  crash(): Promise<void>;
  /** Starts it again after a crash: the same port, and what it finds on the disk. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** How long a server may take to come up: initdb and a cold disk included. */
const START_MS = 30_000;
/** How long one may take to end when it is told to. */
const STOP_MS = 10_000;
/** A client that looks for a dead server can come to hold its port, connected to itself. */
const RESTARTS = 3;

/** Append-only and evicting nothing, as the guarantees ask, unless `settings` say otherwise. */
export async function startRedis(settings: readonly string[] = []): Promise<LocalServer> {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-redis-"));
  const port = await freePort();
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"];
  return serve({
    ...{ name: "redis-server", signal: "SIGTERM", directory },
    ...{ port, url: `redis://127.0.0.1:${port}`, leftovers: [] },
    spawn: () => spawn("redis-server", [...options, ...durable, ...settings], { stdio: "ignore" }),
    answers: () => pongs(port),
  });
}

/** A fresh cluster with trust authentication, listening on loopback only. */
export async function startPostgres(settings: readonly string[] = []): Promise<LocalServer> {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-postgres-"));
  execFileSync(
    join(postgresBin(), "initdb"),
    [
      ...["-D", join(directory, "data"), "-U", "postgres", "-A", "trust"],
      ...["-E", "UTF8", "--locale=C", "--no-sync"],
    ],
    { stdio: "ignore", ...accountFor(directory) },
  );
  return runPostgres(directory, settings);
}

/**
 * A copy of the one behind `port`, that follows it under the name "standby". `port` may be that of
 * a proxy: the copy is made, and followed, through it.
 */
export async function startStandby(
  port: number,
  settings: readonly string[] = [],
): Promise<LocalServer> {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-standby-"));
  const data = join(directory, "data");
  const account = accountFor(directory);
  const from = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres"];
  await promisify(execFile)(
    join(postgresBin(), "pg_basebackup"),
    ["-D", data, ...from, "-X", "stream", "-c", "fast", "--no-sync"],
    account,
  );
  writeFileSync(join(data, "standby.signal"), "");
  const follows = `host=127.0.0.1 port=${port} user=postgres application_name=standby`;
  return runPostgres(directory, [`primary_conninfo=${follows}`, ...settings]);
}

async function runPostgres(directory: string, settings: readonly string[]): Promise<LocalServer> {
  const bin = postgresBin();
  const port = await freePort();
  const data = join(directory, "data");
  const options = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", directory];
  const limits = ["-c", "max_connections=200", "-c", "shared_buffers=64MB"];
  const extra = settings.flatMap((setting) => ["-c", setting]);
  const account = accountFor(directory);
  const probe = ["-h", "127.0.0.1", "-p", String(port), "-q"];
  return serve({
    ...{ name: "postgres", signal: "SIGINT", directory },
    ...{ port, url: `postgres://postgres@127.0.0.1:${port}/postgres` },
    leftovers: [join(data, "postmaster.pid"), join(directory, `.s.PGSQL.${port}.lock`)],
    spawn: () =>
      spawn(join(bin, "postgres"), [...options, ...limits, ...extra], {
        stdio: "ignore",
        ...account,
      }),
    answers: async () => spawnSync(join(bin, "pg_isready"), probe).status === 0,
  });
}

/** Debian keeps the server's programs out of the PATH, one folder per major version. */
function postgresBin(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const bin = versions.map((version) => join(root, version, "bin")).find(existsSync);
  if (bin !== undefined) return bin;
  for (const folder of (process.env.PATH ?? "").split(":")) {
    if (existsSync(join(folder, "initdb"))) return folder;
  }
  throw new Error("Postgres is not installed: on Debian, apt-get install postgresql");
}

/** Postgres refuses to run as root: there it runs as the account that its package made. */
function accountFor(directory: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const uid = Number(execFileSync("id", ["-u", "postgres"], { encoding: "utf8" }));
  const gid = Number(execFileSync("id", ["-g", "postgres"], { encoding: "utf8" }));
  chownSync(directory, uid, gid);
  return { uid, gid };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A port that accepts is not yet a server that serves: each is asked in its own words. */
async function ready(
  child: ChildProcess,
  name: string,
  answers: () => Promise<boolean>,
): Promise<void> {
  const failure = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(new Error(`${name} is not installed`, { cause })));
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} at its start`)));
  });
  failure.catch(() => {});
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (await Promise.race([answers(), failure])) return;
    await pause(25);
  }
  child.kill("SIGKILL");
  throw new Error(`${name} did not answer within ${START_MS} ms`);
}

function pongs(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (reply) => {
      socket.destroy();
      resolve(reply.toString().startsWith("+PONG"));
    });
    socket.once("error", () => resolve(false));
  });
}

/** One server, over all its lives. */
interface Service {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  readonly directory: string;
  /** What makes it end in good order. */
  readonly signal: NodeJS.Signals;
  /** Files of one that was killed which would keep the next one from starting. */
  readonly leftovers: readonly string[];
  spawn(): ChildProcess;
  answers(): Promise<boolean>;
}

async function serve(service: Service): Promise<LocalServer> {
  const { name, port, url, directory, signal, leftovers } = service;
  let child = await start(service);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);

  return {
    ...{ port, url, directory },
    get child() {
      return child;
    },
    async crash() {
      if (isAlive(child)) {
        child.ref();
        const ended = once(child, "exit");
        killServer(child.pid ?? 0, process.pid);
        await ended;
      }
      const deadline = Date.now() + STOP_MS;
      while (isInUse(directory)) {
        if (Date.now() > deadline) throw new Error(`${name} outlived its end by ${STOP_MS} ms`);
        await pause(1);
      }
    },
    async restart() {
      if (isAlive(child)) throw new Error(`${name} still runs: crash() comes before restart()`);
      for (let tries = 1; ; tries++) {
        for (const path of leftovers) rmSync(path, { force: true });
        try {
          child = await start(service);
          return;
        } catch (error) {
          if (tries === RESTARTS) throw error;
        }
      }
    },
    async stop() {
      process.off("exit", kill);
      if (isAlive(child)) {
        child.ref();
        child.kill(signal);
        // A Redis that still writes its first append-only file hears the signal, and stays.
        const insist = setTimeout(kill, STOP_MS);
        await once(child, "exit");
        clearTimeout(insist);
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function start(service: Service): Promise<ChildProcess> {
  const child = service.spawn();
  await ready(child, service.name, service.answers);
  // A failed test must end its process, and the server with it, instead of waiting for the server.
  child.unref();
  return child;
}

const isAlive = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;
