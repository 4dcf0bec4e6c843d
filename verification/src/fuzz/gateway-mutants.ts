/** The gateway between a client and an upstream, and what it must not be: wrong in one way each. */
import { createGateway } from "@oncekey/gateway";
import type { Store } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { type Changes, relay } from "./relay.ts";

export interface Standing {
  readonly port: number;
  /** Resolves when what ran has ended. */
  close(): Promise<void>;
}

/** Stands in front of the upstream at this port. */
export type Subject = (upstreamPort: number) => Promise<Standing>;

const HOST = "127.0.0.1";

const over =
  (store: () => Store): Subject =>
  async (upstreamPort) => {
    const upstream = `http://${HOST}:${upstreamPort}`;
    const gateway = createGateway({ upstream, scope: "global", store: store() });
    const { port } = await gateway.listen({ host: HOST, port: 0 });
    return {
      port,
      async close() {
        await gateway.stop();
      },
    };
  };

export const sound: Subject = over(memoryStore);

/** What clients say, and what they hear. */
const inFront =
  (changes: () => Changes): Subject =>
  async (upstreamPort) => {
    const gateway = await sound(upstreamPort);
    const changing = await relay(gateway.port, changes());
    return {
      port: changing.port,
      async close() {
        await gateway.close();
        await changing.close();
      },
    };
  };

/** What the upstream hears. */
const behind =
  (changes: Changes): Subject =>
  async (upstreamPort) => {
    const changing = await relay(upstreamPort, changes);
    const gateway = await sound(changing.port);
    return {
      port: gateway.port,
      async close() {
        await gateway.close();
        await changing.close();
      },
    };
  };

/** Keeps nothing between two requests. */
function forgetful(): Store {
  let count = 0;
  const inner = memoryStore();
  return {
    ...inner,
    claim(request) {
      count += 1;
      return inner.claim({
        ...request,
        id: `${request.id.slice(0, -8)}${String(count).padStart(8, "0")}`,
      });
    },
  };
}

export const mutants: Readonly<Record<string, Subject>> = {
  "a key is forgotten": over(forgetful),
  "a request goes out twice": behind({
    there: (text) => (text.startsWith("POST") ? text + text : text),
  }),
  "a second length is passed over": inFront(() => ({
    there: (text) =>
      text.replace(/(?<=Transfer-Encoding: chunked\r\n)Content-Length: \d+\r\n/g, ""),
  })),
  "a second host is passed over": inFront(() => ({
    there: (text) => text.replaceAll("Host: other\r\n", ""),
  })),
  "a folded line is joined": inFront(() => ({ there: (text) => text.replaceAll("\r\n ", "  ") })),
  "a bare line feed is a space": inFront(() => ({
    there: (text) => text.replace(/(?<!\r)\n/g, " "),
  })),
  "a connection that names the key is passed over": inFront(() => ({
    there: (text) => text.replaceAll("Connection: Idempotency-Key\r\n", ""),
  })),
  "a GET is guarded": inFront(() => ({ there: (text) => text.replace(/^GET /gm, "POST ") })),
  "what is refused ends nothing": inFront(refusingOnlyOne),
  "answers go to the other request": inFront(() => ({
    back: (text) => text.replace(/saw (\d)/g, (_, at) => `saw ${Number(at) ^ 1}`),
  })),
  "a replay is not marked": inFront(() => ({
    back: (text) => text.replace(/idempotent-replayed: true\r\n/gi, ""),
  })),
  "the first refusal is the last answer": inFront(dyingOfRefusal),
  "a length stands beside a coding": behind({
    there: (text) => text.replace(/transfer-encoding: /i, "Content-Length: 5\r\n$&"),
  }),
  "a host is added": behind({ there: (text) => text.replace(/host: /i, "Host: evil\r\n$&") }),
  "the target stays absolute": behind({
    there: (text) => text.replace(/^(POST|GET) \//, "$1 http://evil.example/"),
  }),
  "an expectation is passed on": behind({
    there: (text) => text.replace(/host: /i, "Expect: 100-continue\r\n$&"),
  }),
  "a body loses its end": behind({
    there: (text) => text.replace(/content-length: 3\r\n/i, "Content-Length: 2\r\n"),
  }),
};

/** Where something would be refused it says something harmless instead, and reads on. */
function refusingOnlyOne(): Changes {
  return {
    there: (text) => text.replaceAll("Host: other\r\n", "X-Dummy: a\r\n").replaceAll("#x ", " "),
  };
}

function dyingOfRefusal(): Changes {
  let isDead = false;
  return {
    back(text) {
      isDead ||= /^HTTP\/1\.1 4(?!09|22)/.test(text);
      return isDead ? "" : text;
    },
  };
}
