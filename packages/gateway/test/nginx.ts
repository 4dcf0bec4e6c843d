/** A real nginx as a child, with the configuration of docs/deployment.md and other ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changed, exampleOf } from "./page.ts";

export interface Nginx {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface Behind {
  /** The gateways' ports: one, unless several are behind it. */
  readonly gateways: readonly number[];
  /** The port of the application that is asked who is asking. */
  readonly who: number;
  /** What is made of the page's configuration. */
  readonly change?: (config: string) => string;
}

/** A test that failed leaves no process behind. SIGKILL would leave the master's worker. */
const started = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of started) child.kill("SIGTERM");
});

export async function nginx({ gateways, who, change = (same) => same }: Behind): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-nginx-"));
  mkdirSync(join(folder, "temporary"));
  // Opened here and inherited, as nginx does for its own successor: nobody else can take the port,
  // and who connects early waits in its queue.
  const listening = createServer();
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const file = join(folder, "nginx.conf");
  writeFileSync(file, around(change(configOf({ gateways, who, port }))));
  const child = spawn("nginx", ["-p", folder, "-c", file, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe", descriptorOf(listening)],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, NGINX: `${INHERITED};` },
  });
  started.add(child);
  let log = "";
  child.stderr?.on("data", (chunk) => {
    log += String(chunk);
  });
  const exit = once(child, "exit").finally(() => started.delete(child));
  await once(child, "spawn");
  listening.close();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async stop() {
      child.kill("SIGTERM");
      await exit;
      rmSync(folder, { recursive: true });
      if (child.exitCode !== 0)
        throw new Error(`nginx ended with ${child.exitCode ?? child.signalCode}: ${log}`);
    },
  };
}

/** The number of the descriptor that it inherits: the first behind the three of everybody. */
const INHERITED = 3;

/** Node has no public word for it. */
const descriptorOf = (server: Server): number =>
  (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;

interface Ports extends Omit<Behind, "change"> {
  readonly port: number;
}

function configOf({ gateways, who, port }: Ports): string {
  const servers = gateways.map((gateway) => `server 127.0.0.1:${gateway} max_fails=0;`).join("\n");
  let config = exampleOf("nginx in front", "nginx");
  config = changed(config, "server 127.0.0.1:8080;", servers);
  config = changed(config, "listen 80;", `listen 127.0.0.1:${port};`);
  return changed(config, "http://127.0.0.1:3001;", `http://127.0.0.1:${who};`);
}

/** What Debian's own nginx.conf has around a site. Whoever may not choose a user stays who it is. */
const around = (site: string): string => `
daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((each) => `${each}_temp_path temporary/${each};`)
    .join("\n  ")}
${site}
}
`;
