/** Whether the gateway lives, and whether it may be sent requests: two questions, two answers. */
import type { ServerResponse } from "node:http";
import type { Store } from "oncekey";

export interface Health {
  /** The process answers. A supervisor that hears nothing starts it again. */
  live(response: ServerResponse): void;
  /** It is not stopping, and its store answers. A balancer sends it nothing otherwise. */
  ready(response: ServerResponse): Promise<void>;
}

/** No record has this address: a digest of zeros. Asking for it costs one read. */
const NOBODY = "0".repeat(64);
const STORE_MS = 2_000;

export function createHealth(store: Store, isStopping: () => boolean): Health {
  return {
    live: (response) => say(response, 200, "alive"),
    async ready(response) {
      if (isStopping()) return say(response, 503, "stopping");
      const answers = await answersInTime(store);
      say(response, answers ? 200 : 503, answers ? "ready" : "the store does not answer");
    },
  };
}

function answersInTime(store: Store): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, STORE_MS, false);
    const settle = (answers: boolean) => {
      clearTimeout(timer);
      resolve(answers);
    };
    store.get(NOBODY).then(
      () => settle(true),
      () => settle(false),
    );
  });
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
  response.end(`${text}\n`);
}
