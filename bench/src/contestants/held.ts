/** `node:http` with a handler that holds every POST until a GET lets all of them go. */
import type { RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { memoryStore } from "oncekey/memory";
import { idempotency } from "oncekey/node";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
import { listen } from "./listen.ts";

function handlerOf({ counts }: Setting): RequestListener {
  const held: (() => void)[] = [];
  return async function hold(request, response) {
    if (request.method === "GET") {
      for (const letGo of held.splice(0)) letGo();
      response.end();
      return;
    }
    await buffer(request);
    const answer = work(counts);
    await new Promise<void>((resolve) => held.push(resolve));
    response.writeHead(STATUS, { "content-type": "application/json" }).end(answer);
  };
}

export const bare = (setting: Setting): Promise<Listening> => listen(handlerOf(setting));

export const memory = (setting: Setting): Promise<Listening> =>
  listen(idempotency({ store: memoryStore(), scope: "global" }, handlerOf(setting)));
