/**
 * The gateway: an HTTP server with the guard in front of a handler that forwards.
 *
 * What has two readings is refused before anything else looks at it (strict.ts). Then come the
 * rules of the path, and the guard. To stop, it takes nothing new and ends what runs: a request
 * that was sent on is answered, or its record would be in doubt for nothing.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Listener, problem } from "oncekey";
import type { Registry } from "prom-client";
import type { ListenAddress } from "./address.ts";
import { createAuthorizer } from "./authorize.ts";
import { reasonOf, rootOf } from "./complaint.ts";
import { keepForAnswers, refuseInTurn } from "./detached.ts";
import { createEvents, type Events } from "./events.ts";
import { linesOf, namedByConnection } from "./fields.ts";
import { createHealth } from "./health.ts";
import { type Log, logEvent, SILENT } from "./log.ts";
import { onLost } from "./lost.ts";
import { createRules, NoUpstream, type Ruled, type RuleOptions } from "./rules.ts";
import { originForm, refusedStatus } from "./strict.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { passUpgrade } from "./upgrade.ts";

export interface GatewayOptions extends RuleOptions {
  /** Passes upgrades, such as WebSockets, without a guard. False: they are refused. */
  readonly allowUpgrades?: boolean | undefined;
  /** A path that answers whether the gateway lives; with "/ready" behind it, whether it is ready. */
  readonly health?: string | undefined;
  /** Asked with a GET before every request with a key: 2xx goes on, 401 and 403 are the answer. */
  readonly authorize?: string | undefined;
  /** What happens to keys is counted here, and told at `/metrics` of the admin address. */
  readonly registry?: Registry | undefined;
  /** How long a stop waits for what runs. 65 s: as long as an upstream may be silent, and more. */
  readonly stopTimeoutMs?: number | undefined;
  readonly log?: Log;
}

export interface Gateway {
  /** Port 0 is any free one; resolves with the one that it is. */
  listen(address: ListenAddress): Promise<ListenAddress>;
  /** Answers `/health`, `/ready` and `/events` on their own address; `/metrics` with a registry. */
  listenAdmin(address: ListenAddress): Promise<ListenAddress>;
  /** Takes nothing new, and resolves when what ran has ended. False: it had to be cut. */
  stop(): Promise<boolean>;
}

/** Node's own 16 KiB, said here because the parser's limit is a part of what is promised. */
const HEAD_BYTES_MAX = 16 * 1024;
/** A slow sender holds a connection and no record: the claim follows the last byte of the body. */
const HEAD_MS = 10_000;
const REQUEST_MS = 300_000;
/** More than balancers keep a connection: else one of theirs is dropped as they send on it. */
const KEEP_ALIVE_MS = 65_000;
const STOP_MS = 65_000;

/** Throws a `Complaint`, or the library's `TypeError` that names the option. */
export function createGateway(options: GatewayOptions): Gateway {
  const {
    allowUpgrades = false,
    health,
    stopTimeoutMs = STOP_MS,
    log = SILENT,
    authorize,
    registry,
    ...rest
  } = options;
  const counted = registry && createMetrics({ registry });
  /** Without an admin address nobody can ask for them, and none is remembered. */
  let events: Events | undefined;
  const streamed: Listener = (event) => events?.onEvent(event);
  const rules = createRules(
    { ...rest, onEvent: listening(log, counted, streamed, options.onEvent) },
    (request, forwarded) => {
      if (forwarded.kind === "whole") return;
      const why = forwarded.kind === "unknown" ? forwarded.why : forwarded.kind;
      const error = reasonOf(rootOf(forwarded.error));
      log.warn({ label: labelOf(request), why, error }, "upstream gave no answer");
    },
  );
  const authorizer =
    authorize === undefined ? undefined : createAuthorizer(authorize, rules.keyNames);
  const running = new Set<ServerResponse>();
  /** Connections on which something was refused: what follows there is not believed. */
  const refused = new WeakSet<Socket>();
  const servers: Server[] = [];
  let isStopping = false;
  let onIdle = () => {};
  let stopped: Promise<boolean> | undefined;
  const state = createHealth(options.store, () => isStopping);

  function bare(response: ServerResponse, status: number): void {
    response.writeHead(status, { Connection: "close", "Content-Length": "0" });
    response.end();
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.url = originForm(request.url ?? "");
    if (isStopping) return bare(response, 503);
    const status = refusedStatus(request);
    if (status !== undefined) {
      refused.add(request.socket);
      log.warn({ status }, "refused a request with two readings");
      return bare(response, status);
    }
    if (health !== undefined && request.method === "GET") {
      if (request.url === health) return state.live(response);
      if (request.url === `${health}/ready`) return state.ready(response);
    }
    const ruled = ruledFor(request);
    if (ruled === undefined) return bare(response, 404);
    if (stripsWhatIsNeeded(request, ruled)) return keyInvalid(response);
    if (authorizer !== undefined && mayHoldKey(request)) {
      if (!(await authorizer.allows(request, response))) return;
    }
    await ruled.serve(request, response);
  }

  /** With a form, nobody knows before it is read. */
  function mayHoldKey({ headers, method = "" }: IncomingMessage): boolean {
    const isInForm = options.formField !== undefined && !["GET", "HEAD"].includes(method);
    return isInForm || rules.keyNames.some((name) => headers[name] !== undefined);
  }

  function ruledFor(request: IncomingMessage): Ruled | undefined {
    try {
      return rules.of(request);
    } catch (error) {
      if (error instanceof NoUpstream) return undefined;
      throw error;
    }
  }

  /** P-133: to honour it would be to lose the key, or its owner, on the way. */
  function stripsWhatIsNeeded(request: IncomingMessage, { needed }: Ruled): boolean {
    const named = namedByConnection(linesOf(request.rawHeaders));
    return [...named].some((name) => needed.has(name));
  }

  function keyInvalid(response: ServerResponse): void {
    const { status, headers, body } = problem("idempotency_key_invalid", { docs: options.docs });
    response.writeHead(status, headers.flat() as never);
    response.end(body);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    // The refusal closes the connection in its turn: what was asked before it is still answered.
    if (refused.has(request.socket)) return;
    const startedAt = performance.now();
    const label = labelOf(request);
    const served = serve(request, response).catch((error: unknown) => {
      log.error({ label, error: reasonOf(rootOf(error)) }, "request failed");
      response.destroy();
    });
    running.add(response);
    const over = () => {
      if (!running.delete(response)) return;
      if (running.size === 0) onIdle();
      heard();
      if (isStopping) for (const server of servers) server.closeIdleConnections();
      const ms = Math.round(performance.now() - startedAt);
      log.info({ label, status: response.statusCode, ms }, "request");
    };
    // Behind another one on a connection that is lost, Node never tells a response of its end.
    const heard = onLost(request.socket, () => {
      if (response.socket === null) void served.finally(over);
    });
    response.once("close", over);
  }

  /** P-77: a client that waits until somebody wants its body. */
  function onWaiting(request: IncomingMessage, response: ServerResponse): void {
    request.url = originForm(request.url ?? "");
    // At once, because what stands behind it must not be believed.
    if (refusedStatus(request) !== undefined) onRequest(request, response);
    else {
      whenInTurn(response, () => {
        // Nobody is there any more, and Node would never tell of its end.
        if (request.socket.destroyed) return;
        continueWhenRead(request, response);
        onRequest(request, response);
      });
    }
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const coming = () => [...running].filter(({ req }) => req.socket === socket);
    const isBehind = coming().length > 0;
    if (isBehind) keepForAnswers(socket, coming);
    // The refusal closes the connection in its turn, as in onRequest.
    if (refused.has(request.socket)) return;
    request.url = originForm(request.url ?? "");
    const status = upgradeStatus(request) ?? (isBehind ? 400 : undefined);
    const ruled = status === undefined ? ruledFor(request) : undefined;
    if (ruled === undefined) refuseInTurn(socket, status ?? 400, coming);
    else passUpgrade(request, socket, head, { ...ruled, added: ruled.added() });
  }

  /** Why it is refused, if it is. */
  function upgradeStatus(request: IncomingMessage): 400 | 501 | 503 | undefined {
    if (isStopping) return 503;
    if (!allowUpgrades || request.method === "CONNECT") return 501;
    const isPlain = request.method === "GET" && refusedStatus(request) === undefined;
    return isPlain ? undefined : 400;
  }

  /** Resolves when nothing runs any more. False: it still does, and the time is over. */
  function idle(): Promise<boolean> {
    return new Promise((resolve) => {
      if (running.size === 0) return resolve(true);
      const timer = setTimeout(resolve, stopTimeoutMs, false);
      onIdle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  async function opened(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
    server.listen(port, host);
    await once(server, "listening");
    servers.push(server);
    const bound = server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  return {
    async listen(address) {
      const server = createServer({
        maxHeaderSize: HEAD_BYTES_MAX,
        headersTimeout: HEAD_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        insecureHTTPParser: false,
        // Node would refuse it alone, and read on; strict.ts refuses all that follows, too.
        requireHostHeader: false,
      });
      // Node would drop the lines beyond its own limit; all are counted in strict.ts.
      server.maxHeadersCount = 0;
      server.on("request", onRequest);
      server.on("checkContinue", onWaiting);
      // Node would answer it alone, and read on, whatever else is wrong with the request.
      server.on("checkExpectation", onRequest);
      server.on("upgrade", onUpgrade);
      // Node would cut the connection, and what runs there.
      server.on("connect", onUpgrade);
      return opened(server, address);
    },

    listenAdmin(address) {
      const stream = events ?? createEvents();
      events = stream;
      const server = createServer((request, response) => {
        if (request.url === "/health") state.live(response);
        else if (request.url === "/events" && request.method === "GET")
          void stream.serve(request, response);
        else if (request.url === "/ready") void state.ready(response);
        else if (request.url === "/metrics" && registry !== undefined)
          void tell(registry, response);
        else bare(response, 404);
      });
      return opened(server, address);
    },

    stop() {
      stopped ??= end();
      return stopped;
    },
  };

  async function end(): Promise<boolean> {
    isStopping = true;
    for (const server of servers) {
      server.close();
      server.closeIdleConnections();
    }
    const isDone = await idle();
    await events?.close();
    for (const server of servers) server.closeAllConnections();
    await rules.close(!isDone);
    await authorizer?.close();
    return isDone;
  }
}

const listening =
  (log: Log, ...also: readonly (Listener | undefined)[]): Listener =>
  (event) => {
    logEvent(log, event);
    for (const listener of also) listener?.(event);
  };

async function tell(registry: Registry, response: ServerResponse): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { "Content-Type": registry.contentType }).end(text);
  } catch {
    // One of the application's own metrics could not be read.
    response.writeHead(500).end();
  }
}

const LABEL_LENGTH_MAX = 200;

/** The query stays out: that is where secrets are. */
const labelOf = ({ method, url = "" }: IncomingMessage): string =>
  `${method} ${url.split("?", 1)[0]}`.slice(0, LABEL_LENGTH_MAX);

/** The client is asked for its body when somebody wants it, and not before the checks. */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  // It did not wait. Said all the same: Node closes a connection on which it was not.
  if (request.complete) {
    response.writeContinue();
    return;
  }
  const read = request._read;
  request._read = (size) => {
    request._read = read;
    if (!response.headersSent) response.writeContinue();
    request._read(size);
  };
}

/**
 * Behind another request on its connection Node keeps what is written, and would put the head of an
 * answer before a 100 that came first, and its body behind: the client would read every later
 * answer in the wrong place.
 */
function whenInTurn(response: ServerResponse, begin: () => void): void {
  if (response.socket === null) response.once("socket", begin);
  else begin();
}
