/**
 * `/events` of the admin address: what happens to keys, as it happens (server-sent events).
 *
 * Nothing here waits for a reader. What is merged and what is remembered is the stream's to say
 * (`@oncekey/dashboard/events`); a reader whose connection does not take it is cut.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createEventStream } from "@oncekey/dashboard/events";
import type { Listener } from "oncekey";

export interface Events {
  readonly onEvent: Listener;
  /** Answers a request for the stream, and goes on until either side ends it. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Tells the last events, ends the streams, and waits a moment for them to be read. */
  close(): Promise<void>;
}

/** Some thousands of events. Whoever has not read them is not going to. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** More than a reader on the same network needs for its last message. */
const CLOSE_MS = 1_000;

/** How programs on this machine call it. Under another name it is a page that was led here. */
const OWN_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const OWN_ADDRESS = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;

export function createEvents(): Events {
  const stream = createEventStream();
  const open = new Set<Promise<void>>();

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = stream.open(asked(request));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.flushHeaders();
    const reader = answer.body?.getReader();
    response.once("close", () => void reader?.cancel());
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || value === undefined) break;
      response.write(value);
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
    }
    await ended(response);
  }

  return {
    onEvent: stream.onEvent,
    async serve(request, response) {
      if (isLedHere(request)) {
        response.writeHead(421, { "Content-Length": "0" }).end();
        return;
      }
      const passing = pass(request, response).catch(() => void response.destroy());
      open.add(passing);
      await passing;
      open.delete(passing);
    },
    async close() {
      stream.close();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([Promise.all(open), late]);
      clearTimeout(timer);
    },
  };
}

/** All that the stream looks at. */
function asked({ headers }: IncomingMessage): Request {
  const last = headers["last-event-id"];
  return new Request("http://localhost/events", {
    headers: typeof last === "string" ? { "last-event-id": last } : {},
  });
}

/** On this machine's own address, a foreign name is another site's that was made to lead here. */
function isLedHere({ headers, socket }: IncomingMessage): boolean {
  return OWN_ADDRESS.test(socket.localAddress ?? "") && !OWN_NAME.test(headers.host ?? "");
}

function ended(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) return resolve();
    response.once("close", resolve);
    response.end();
  });
}
