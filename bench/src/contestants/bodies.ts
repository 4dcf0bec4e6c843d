/** `node:http` with a handler that answers with as many bytes as it is asked for. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { memoryStore } from "oncekey/memory";
import { idempotency } from "oncekey/node";
import { type Listening, type Setting, STATUS } from "../contestant.ts";
import { listen } from "./listen.ts";

/** The fields of a request that say what to answer. */
export const ANSWER_BYTES = "x-answer-bytes";
/** So many ms between the first chunk and the rest. */
export const PAUSE_MS = "x-pause-ms";

const BODY_MAX = 32 * 1024 * 1024;
const FIRST_CHUNK = 1024;

function handlerOf({ counts }: Setting): RequestListener {
  return async function answer(request: IncomingMessage, response: ServerResponse) {
    for await (const _ of request);
    counts.executions += 1;
    response.writeHead(STATUS, { "content-type": "application/octet-stream" });
    const bytes = Number(request.headers[ANSWER_BYTES] ?? 0);
    const pauseMs = Number(request.headers[PAUSE_MS] ?? 0);
    if (pauseMs > 0) {
      response.write(Buffer.alloc(FIRST_CHUNK, "a"));
      await pause(pauseMs);
    }
    response.end(Buffer.alloc(bytes, "b"));
  };
}

export const bare = (setting: Setting): Promise<Listening> => listen(handlerOf(setting));

export const memory = (setting: Setting): Promise<Listening> =>
  listen(
    idempotency(
      {
        ...{ store: memoryStore(), scope: "global" },
        ...{ maxRequestBytes: BODY_MAX, maxResponseBytes: BODY_MAX, retentionMs: 1 },
      },
      handlerOf(setting),
    ),
  );
