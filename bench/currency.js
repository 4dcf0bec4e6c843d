/**
 * What the guard's currency costs on Node: a full web Request and Response for each exchange, or
 * the narrow exchange that Node's own objects can be.
 *
 * Three servers answer the same POST; each is a process of its own, loaded in turns (A B C A B C …)
 * so that the machine's mood is shared. Prints CPU time per request, from the operating system, and
 * each server's difference to the bare one.
 *
 *   node bench/currency.js [rounds]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const REQUESTS = 6000;
const CONNECTIONS = 32;
const BODY = JSON.stringify({ amount: 10, note: "x".repeat(180) });
const ANSWER = JSON.stringify({ id: 1 });

const SERVERS = {
  bare: (incoming, outgoing) => answerBare(incoming, outgoing),
  exchange: (incoming, outgoing) => answerExchange(incoming, outgoing),
  "request and response": (incoming, outgoing) => answerWeb(incoming, outgoing),
};

/** Reads the body, answers. */
async function answerBare(incoming, outgoing) {
  await buffer(incoming);
  outgoing.writeHead(201, { "content-type": "application/json", location: "/payments/1" });
  outgoing.end(ANSWER);
}

/** What a guard must see, through closures over Node's objects. */
async function answerExchange(incoming, outgoing) {
  const exchange = {
    method: incoming.method,
    target: incoming.url,
    header: (name) => incoming.headers[name],
    body: () => buffer(incoming),
  };
  exchange.header("idempotency-key");
  exchange.header("content-type");
  await exchange.body();
  outgoing.writeHead(201, { "content-type": "application/json", location: "/payments/1" });
  const lines = Object.entries(outgoing.getHeaders());
  if (lines.length > 128) throw new Error("never");
  outgoing.end(ANSWER);
}

/** The same through the web's classes: a Request in, a Response out. */
async function answerWeb(incoming, outgoing) {
  const web = new Request(`http://localhost${incoming.url}`, {
    method: incoming.method,
    headers: incoming.headers,
    body: incoming,
    duplex: "half",
  });
  web.headers.get("idempotency-key");
  web.headers.get("content-type");
  await web.arrayBuffer();
  const response = new Response(ANSWER, {
    status: 201,
    headers: { "content-type": "application/json", location: "/payments/1" },
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(bytes);
}

function serve(name) {
  const server = createServer(SERVERS[name]).listen(0, "127.0.0.1", () => {
    process.send({ port: server.address().port });
  });
  process.on("message", () => process.send(process.cpuUsage()));
}

async function load(port, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const sent = request({ agent, port, host: "127.0.0.1", method: "POST", path: "/pay?x=1" });
      sent.setHeader("content-type", "application/json");
      sent.setHeader("idempotency-key", `k${left}`);
      sent.end(BODY);
      const [answer] = await once(sent, "response");
      await buffer(answer);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
}

async function cpuOf(child) {
  child.send("cpu");
  const [{ user, system }] = await once(child, "message");
  return user + system;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function compare(rounds) {
  const contestants = [];
  for (const name of Object.keys(SERVERS)) {
    const child = fork(fileURLToPath(import.meta.url), ["--serve", name]);
    const [{ port }] = await once(child, "message");
    contestants.push({ name, child, port, micros: [] });
    await load(port, REQUESTS);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { child, port, micros } of contestants) {
      const before = await cpuOf(child);
      await load(port, REQUESTS);
      micros.push(((await cpuOf(child)) - before) / REQUESTS);
    }
  }
  const bare = median([...contestants[0].micros]);
  for (const { name, child, micros } of contestants) {
    const sorted = [...micros].sort((a, b) => a - b);
    const [least, most] = [sorted[0], sorted.at(-1)];
    const over = median([...micros]) - bare;
    console.log(
      `${name.padEnd(22)} ${median([...micros]).toFixed(1)} µs CPU a request ` +
        `(${least.toFixed(1)} to ${most.toFixed(1)}), ${over >= 0 ? "+" : ""}${over.toFixed(1)} over bare`,
    );
    child.kill();
  }
}

if (process.argv[2] === "--serve") serve(process.argv[3]);
else await compare(Number(process.argv[2] ?? 7));
