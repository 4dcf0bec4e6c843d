/** `oncekey tail`, as a process of its own that follows a gateway: C-72 and C-75 on a terminal. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, type TestContext, test } from "node:test";
import { levelOf } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { COLOUR } from "../../src/command/event-line.ts";
import { createEvents } from "../../src/events.ts";
import { createGateway } from "../../src/server.ts";
import { send } from "../gateways.ts";
import { creates, rawUpstream } from "../raw-upstream.ts";
import { EVENTS, everyForm } from "../telemetry/every-event.ts";
import { CLI, command } from "./commands.ts";

const ANYWHERE = { host: "127.0.0.1", port: 0 };
/** More than a machine that is busy with other things needs for a line. */
const PATIENCE_MS = 30_000;

const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** What decides about colours beside the terminal: Node believes that a CI has none. */
const UNDECIDED = { NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined };

/** Follows, and says what it has printed so far. */
function tailing(args: readonly string[], env: NodeJS.ProcessEnv = {}, program = process.execPath) {
  const all = program === process.execPath ? [CLI, "tail", ...args] : args;
  const child = spawn(program, all, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...UNDECIDED, ...env },
  });
  children.add(child);
  const ended = once(child, "close").then(() => child.exitCode);
  const said = { stdout: "", stderr: "" };
  const news = new EventTarget();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk) => {
      said[stream] += String(chunk);
      news.dispatchEvent(new Event("said"));
    });
  }
  return {
    said,
    async until(stream: "stdout" | "stderr", pattern: RegExp): Promise<string> {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      while (!pattern.test(said[stream])) {
        await once(news, "said", { signal }).catch(() => {
          throw new Error(
            `Expected ${pattern} in ${stream}, got ${JSON.stringify(said).slice(0, 1_000)}.`,
          );
        });
      }
      return said[stream];
    },
    async end(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
      child.kill(signal);
      return ended;
    },
    /** The exit code, once it has ended by itself. */
    ended,
  };
}

/** Resolves once somebody follows: what happens before is not told. */
async function world(context: TestContext) {
  const upstream = await rawUpstream(creates);
  const gateway = createGateway({ upstream: upstream.url, scope: "global", store: memoryStore() });
  const { port } = await gateway.listen(ANYWHERE);
  const admin = await gateway.listenAdmin(ANYWHERE);
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  let sent = 0;
  /** A key that nobody had, until `enough` has been printed: a tail takes a moment to begin. */
  async function sendUntil(enough: Promise<unknown>): Promise<void> {
    let isEnough = false;
    void enough.finally(() => {
      isEnough = true;
    });
    while (!isEnough) {
      sent += 1;
      const headers = { "idempotency-key": `canary-${sent}` };
      await send({ url: `http://127.0.0.1:${port}` }, { headers });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await enough;
  }
  return { gateway, admin: `http://127.0.0.1:${admin.port}`, sendUntil };
}

const LINE = /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}(\S+) +([0-9a-f]{12}) {2}POST \/pay( {2}ran \d+ ms)?$/;

test("C-75: a line for each event, with no key and without colours where there is no terminal", async (context) => {
  const { admin, sendUntil } = await world(context);
  const tail = tailing([admin]);
  await sendUntil(tail.until("stdout", /claimed.*\n.*completed.*\n/));
  equal(await tail.end(), 0);
  for (const line of tail.said.stdout.trimEnd().split("\n")) match(line, LINE);
  ok(!tail.said.stdout.includes("canary"));
  equal(tail.said.stderr, "");
});

test("C-75: `--json` prints an object a line, and `--type` leaves the others out", async (context) => {
  const { admin, sendUntil } = await world(context);
  const tail = tailing([`${admin}/`, "--json", "--type", "completed", "--type", "replayed"]);
  await sendUntil(tail.until("stdout", /\n/));
  equal(await tail.end("SIGTERM"), 0);
  const lines = tail.said.stdout.trimEnd().split("\n");
  for (const line of lines) {
    const { at, type, label, record, ranMs, ...others } = JSON.parse(line);
    deepEqual([type, label, others], ["completed", "POST /pay", {}]);
    equal(new Date(at).toISOString(), at);
    match(record, /^[0-9a-f]{12}$/);
    equal(typeof ranMs, "number");
  }
});

test("C-75: on a terminal lines have colours, and none where NO_COLOR is set", async (context) => {
  const { admin, sendUntil } = await world(context);
  const line = `'${process.execPath}' '${CLI}' tail ${admin}`;
  for (const env of [{ TERM: "xterm" }, { TERM: "xterm", NO_COLOR: "1" }]) {
    const tail = tailing(["-qec", line, "/dev/null"], env, "script");
    await sendUntil(tail.until("stdout", /claimed.*\r\n/));
    const green = `\u001b[32mclaimed`;
    equal(tail.said.stdout.includes(green), !("NO_COLOR" in env), JSON.stringify(tail.said));
    equal(tail.said.stdout.includes("\u001b"), !("NO_COLOR" in env));
    await tail.end("SIGTERM");
  }
});

test("what is an error is red, what is a warning yellow, and nothing else is", () => {
  for (const { type } of everyForm()) {
    if (type === "store-called") continue;
    const level = levelOf(EVENTS[type]);
    const loud = { error: "red", warning: "yellow", debug: undefined }[level];
    const colour = COLOUR[type];
    equal(["red", "yellow"].includes(colour) ? colour : undefined, loud, type);
  }
});

/** Events without a gateway, at an address that goes away and comes back as it is told. */
async function stage(context: TestContext, listener: RequestListener, port = 0) {
  const server = createServer(listener).listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  context.after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

test("C-72: a stream that is lost is said to be, and goes on where it was", async (context) => {
  const events = createEvents();
  let isAway = false;
  const { url, server } = await stage(context, (request, response) => {
    if (isAway) response.writeHead(503).end();
    else void events.serve(request, response);
  });
  context.after(() => events.close());
  const tail = tailing([url]);
  const told = (label: string) =>
    events.onEvent({ type: "renewed", record: "0123456789ab", label });
  await once(server, "request");
  const telling = setInterval(told, 20, "first");
  await tail.until("stdout", /first/).finally(() => clearInterval(telling));
  isAway = true;
  server.closeAllConnections();
  await tail.until("stderr", /^The stream is lost \([^\n]+\): trying again\.\n$/);
  told("missed");
  isAway = false;
  await tail.until("stderr", /: trying again\.\nThe stream is back\.\n$/);
  await tail.until("stdout", /first.*\n.*missed/);
  equal(tail.said.stdout.match(/missed/g)?.length, 1);
  equal(await tail.end(), 0);
});

test("a label moves no cursor, and events that were not listed are counted", async (context) => {
  const { url } = await stage(context, (_, response) => {
    const event = { number: 1, at: 0, type: "invented\u001b[2J", label: "POST /\u001b]0;x\u0007" };
    const message = { events: [event], merged: 7, isGap: true };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(message)}\n\n`);
  });
  const tail = tailing([url]);
  const line = await tail.until("stdout", /\n/);
  equal(line, "1970-01-01T00:00:00.000Z  invented?[2J      -             POST /?]0;x?\n");
  await tail.until(
    "stderr",
    /^Some events were missed here\.\n7 events came too fast to be listed\.\n$/,
  );
  equal(await tail.end(), 0);
});

test("where another program answers, that is said in one line, and the exit code is 2", async (context) => {
  const stream = { "content-type": "text/event-stream" };
  const strangers: readonly (readonly [RequestListener, RegExp])[] = [
    [(_, response) => response.end("hello"), /tells no events/],
    [(_, response) => response.writeHead(404).end(), /answered 404/],
    [(_, response) => response.writeHead(302, { location: "/x" }).end(), /answered 302/],
    [(_, response) => response.writeHead(503).end(), /answered 503/],
    [(_, response) => response.writeHead(200, stream).end(), /told no events/],
    [(_, response) => response.writeHead(200, stream).end("data: 1\n\n"), /something else/],
    [(_, response) => response.writeHead(200, stream).end("data: {}\n\n"), /something else/],
    [
      (_, response) => response.writeHead(200, stream).end(`data: ${"x".repeat(2 ** 21)}`),
      /something else/,
    ],
    [(_, response) => response.destroy(), /Could not read the events/],
  ];
  for (const [listener, named] of strangers) {
    const { url } = await stage(context, listener);
    const { code, stdout, stderr } = await command(["tail", url]);
    match(stderr, named);
    match(stderr, /^oncekey: [^\n]+\n$/, "one line");
    ok(!stderr.includes("    at "), "no stack");
    deepEqual({ code, stdout }, { code: 2, stdout: "" });
  }
});

test("where a stranger takes the place of a gateway, it ends with 1", async (context) => {
  const events = createEvents();
  let isStranger = false;
  const { url, server } = await stage(context, (request, response) => {
    if (isStranger) response.writeHead(404).end();
    else void events.serve(request, response);
  });
  context.after(() => events.close());
  const tail = tailing([url]);
  await once(server, "request");
  const telling = setInterval(events.onEvent, 20, {
    type: "renewed",
    record: "0123456789ab",
    label: "GET /",
  });
  await tail.until("stdout", /renewed/).finally(() => clearInterval(telling));
  isStranger = true;
  server.closeAllConnections();
  equal(await tail.ended, 1);
  match(
    tail.said.stderr,
    /^The stream is lost [^\n]+: trying again\.\noncekey: No gateway is there any more: [^\n]*404\.\n$/,
  );
});
