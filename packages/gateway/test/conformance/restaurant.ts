/**
 * The application that all servers of these tests have: a handler for each behaviour, and a count
 * of its runs. It knows nothing of keys.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface Restaurant {
  runs(): number;
  /** Reads the request whole, runs, and answers. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Long enough for a duplicate to arrive on a loaded machine, and asked of the count. */
export const SLOW_MS = 1000;
/** Past what oncekey keeps unless told otherwise, which is 1 MiB. */
const TOO_LARGE = 1024 * 1024 + 1;
const LARGE = 512 * 1024;

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

export function openRestaurant(): Restaurant {
  let runs = 0;
  return {
    runs: () => runs,
    async handle(request, response) {
      runs += 1;
      const id = runs;
      for await (const _ of request);
      const path = (request.url ?? "").replace(/\?.*$/, "");
      if (path === "/slow") await pause(SLOW_MS);
      (ANSWERS[path] ?? created)(response, id);
    },
  };
}

type Answering = (response: ServerResponse, id: number) => void;

const ANSWERS: Readonly<Record<string, Answering>> = {
  "/refused": (response, id) => json(response, 402, { declined: id }),
  "/broken": (response, id) => {
    response.setHeader("Retry-After", "5");
    json(response, 503, { broken: id });
  },
  "/cut": (response) => void response.socket?.destroy(),
  "/away": (response, id) => void response.writeHead(303, { Location: `/payments/${id}` }).end(),
  "/empty": (response) => void response.writeHead(204).end(),
  "/binary": (response) => {
    response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(EVERY_BYTE);
  },
  "/large": (response) => void response.writeHead(200).end("x".repeat(LARGE)),
  "/too-large": (response) => void response.writeHead(200).end("x".repeat(TOO_LARGE)),
  "/fields": (response, id) => {
    response.setHeader("Link", ["</a>; rel=a", "</b>; rel=b"]);
    response.setHeader("Set-Cookie", `session=${id}`);
    response.setHeader("X-Request-Id", `request-${id}`);
    response.setHeader("X-Own", `own-${id}`);
    json(response, 200, { id });
  },
  "/menu": (response) => json(response, 200, { dishes: 2 }),
};

const created: Answering = (response, id) => {
  response.setHeader("Location", `/payments/${id}`);
  json(response, 201, { id });
};

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

/** The restaurant as a target description, in all that it can be made to do. */
export const DESCRIPTION = {
  body: { amount: "{{n}}", dish: "soup" },
  count: { url: "/runs", pointer: "/runs" },
  principals: [{ "X-User": "ann" }, { "X-User": "bob" }],
  behaviours: {
    slow: { path: "/slow", ms: SLOW_MS },
    clientError: { path: "/refused" },
    serverError: { path: "/broken" },
    cut: { path: "/cut" },
    redirect: { path: "/away" },
    empty: { path: "/empty" },
    binary: { path: "/binary" },
    large: { path: "/large" },
    tooLarge: { path: "/too-large" },
    fields: { path: "/fields", keeps: ["Link", "X-Own"], drops: ["Set-Cookie", "X-Request-Id"] },
    elsewhere: { path: "/refund" },
    read: { path: "/menu" },
    uncovered: { method: "PUT" },
  },
  requestBytesMax: 1024 * 1024,
};
