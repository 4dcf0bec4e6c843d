/** The libraries that people send with, each over the client, held to one table of cases. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import axios from "axios";
import ky from "ky";
import createClient from "openapi-fetch";
import { idempotentAxios } from "../../src/client/axios.ts";
import { createIdempotentFetch, type IdempotentFetch } from "../../src/client/index.ts";
import { idempotentKy } from "../../src/client/ky.ts";
import { idempotentOpenapiFetch } from "../../src/client/openapi-fetch.ts";
import { hurriedTime } from "./hurried-time.ts";
import { type MockServer, mockServer, type Step } from "./mock-server.ts";

let server: MockServer;
before(async () => {
  server = await mockServer();
});
after(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
  server.play();
});

interface Meant {
  readonly intent?: string;
  readonly key?: string;
  readonly signal?: AbortSignal;
}
/** Posts `{ dish: "soup" }` and gives the status of the answer, a refusal's too. */
type Post = (meant: Meant) => Promise<number>;

interface Paths {
  readonly "/pay": {
    readonly post: {
      readonly requestBody: { readonly content: { readonly "application/json": object } };
      readonly responses: {
        readonly 201: { readonly content: { readonly "application/json": object } };
      };
    };
  };
}

const LIBRARIES: Readonly<Record<string, (send: IdempotentFetch) => Post>> = {
  fetch:
    (send) =>
    async ({ intent, key, signal }) => {
      const init = { method: "POST", json: { dish: "soup" }, ...(signal && { signal }) };
      const meant = { ...(intent !== undefined && { intent }), ...(key !== undefined && { key }) };
      return (await send(`${server.origin}/pay`, { ...init, ...meant })).status;
    },
  axios(send) {
    const api = idempotentAxios(axios, send, { baseURL: server.origin, validateStatus: null });
    return async ({ signal, ...meant }) => {
      const options = { fetchOptions: meant, ...(signal && { signal }) };
      return (await api.post("/pay", { dish: "soup" }, options)).status;
    };
  },
  ky(send) {
    const api = ky.create({ ...idempotentKy(send), throwHttpErrors: false });
    return async (meant) => {
      const options = { json: { dish: "soup" }, ...meant };
      return (await api.post(`${server.origin}/pay`, options)).status;
    };
  },
  "openapi-fetch"(send) {
    const api = createClient<Paths>({ baseUrl: server.origin });
    return async ({ signal, ...meant }) => {
      const { response } = await api.POST("/pay", {
        body: { dish: "soup" },
        ...idempotentOpenapiFetch(send, meant),
        ...(signal && { signal }),
      });
      return response.status;
    };
  },
};

interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly meant?: Meant;
  readonly calls?: number;
  /** The status of the last call, or the name and reason of what it rejects with. */
  readonly comes: number | string;
  readonly sends: number;
}

const DROP: Step = { drops: "before" };
const CASES: readonly Case[] = [
  { name: "an answer at once", steps: [], comes: 201, sends: 1 },
  { name: "two connections are cut", steps: [DROP, DROP], comes: 201, sends: 3 },
  {
    name: "every connection is cut",
    steps: Array(4).fill(DROP),
    comes: "OutcomeUnknown network",
    sends: 4,
  },
  { name: "503, and then an answer", steps: [{ status: 503 }], comes: 201, sends: 2 },
  {
    name: "503 for ever",
    steps: Array(4).fill({ status: 503 }),
    comes: "OutcomeUnknown unavailable",
    sends: 4,
  },
  {
    name: "in flight elsewhere",
    steps: Array(3).fill({ problem: "idempotency_in_flight" }),
    comes: 201,
    sends: 4,
  },
  { name: "a recorded 500", steps: [{ status: 500, marked: true }], comes: 500, sends: 1 },
  {
    name: "in doubt",
    steps: [{ problem: "idempotency_outcome_unknown" }],
    comes: "OutcomeUnknown in_doubt",
    sends: 1,
  },
  {
    name: "a conflict",
    steps: [{ problem: "idempotency_conflict" }],
    comes: "KeyConflict",
    sends: 1,
  },
  {
    name: "a key that is refused",
    steps: [{ problem: "idempotency_key_invalid" }],
    comes: "RequestRefused",
    sends: 1,
  },
  {
    name: "an answer that was not kept",
    steps: [{ problem: "idempotency_response_not_kept", original: { status: 201 } }],
    comes: "ResponseNotKept",
    sends: 1,
  },
  { name: "the application's own no", steps: [{ status: 422 }], comes: 422, sends: 1 },
  {
    name: "a no that proves nothing",
    steps: [DROP, { status: 404 }],
    comes: "OutcomeUnknown unproven",
    sends: 2,
  },
  { name: "a key of the caller's", steps: [DROP], meant: { key: "mine" }, comes: 201, sends: 2 },
  {
    name: "one intent until there is an answer",
    steps: Array(4).fill(DROP),
    meant: { intent: "checkout:cart42" },
    calls: 2,
    comes: 201,
    sends: 5,
  },
];

async function comesOf(call: Promise<number>): Promise<number | string> {
  try {
    return await call;
  } catch (error) {
    ok(error instanceof Error);
    const { reason } = error as { reason?: string };
    return reason === undefined ? error.name : `${error.name} ${reason}`;
  }
}

for (const [library, over] of Object.entries(LIBRARIES)) {
  for (const { name, steps, meant = {}, calls = 1, comes, sends } of CASES) {
    test(`C-14, ${library}: ${name}`, async () => {
      server.play(...steps);
      const post = over(createIdempotentFetch({ server: "oncekey" }, hurriedTime().ports));
      let came: number | string = 0;
      for (let call = 0; call < calls; call++) came = await comesOf(post(meant));
      equal(came, comes);
      equal(server.seen.length, sends);
      const [first] = server.seen;
      ok(first?.key);
      deepEqual(new Set(server.seen.map(({ key }) => key)), new Set([meant.key ?? first.key]));
      deepEqual(new Set(server.seen.map(({ body }) => body)), new Set(['{"dish":"soup"}']));
    });
  }

  test(`C-14, C-11, ${library}: a call that is ended after it was sent has an unknown outcome`, async () => {
    let open = (): void => {};
    const until = new Promise<void>((resolve) => {
      open = resolve;
    });
    server.play({ until });
    const post = over(createIdempotentFetch({ server: "oncekey" }, hurriedTime().ports));
    const ended = new AbortController();
    const came = comesOf(post({ signal: ended.signal }));
    for (let turn = 0; turn < 2_000 && server.seen.length === 0; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    ended.abort();
    equal(await came, "OutcomeUnknown aborted");
    open();
  });
}

test("C-14, axios: a refusal by status is axios's own error, and so is what was not sent by the client", async () => {
  const send = createIdempotentFetch({ server: "oncekey" }, hurriedTime().ports);
  const api = idempotentAxios(axios, send, { baseURL: server.origin });
  server.play({ status: 422 });
  equal(await comesOf(api.post("/pay").then(({ status }) => status)), "AxiosError");
  equal(await comesOf(api.get("http://127.0.0.1:1/").then(({ status }) => status)), "AxiosError");
});

test("C-14, ky: what ky repeats by itself is a GET, and never a call that has a key", async () => {
  const send = createIdempotentFetch({ server: "oncekey" }, hurriedTime().ports);
  const api = ky.create({ ...idempotentKy(send) }).extend({ retry: { delay: () => 0 } });
  server.play({ status: 503 });
  equal((await api.get(`${server.origin}/menu`)).status, 201);
  equal(server.seen.length, 2);
  server.play({ status: 500, marked: true });
  equal(await comesOf(api.put(`${server.origin}/menu`).then(({ status }) => status)), "HTTPError");
  equal(server.seen.length, 3);
});
