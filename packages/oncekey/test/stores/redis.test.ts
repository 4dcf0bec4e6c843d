/** The Redis store and its notifier keep every contract that they claim to keep, over each client. */
import { after, before, describe } from "node:test";
import { inspectorCases, notifierCases, storeCases } from "../../src/conformance/index.ts";
import { redisNotifier, redisStore } from "../../src/stores/redis.ts";
import { register, wait } from "../register.ts";
import { redisForTests } from "../servers.ts";
import { clientsFor } from "./redis-clients.ts";

const server = await redisForTests();
const clients = await clientsFor(server.url);

after(async () => {
  for (const one of clients) one.close();
  await server.stop();
});

describe("redis", { concurrency: 3 }, () => {
  for (const { name, client, subscriber } of clients) {
    describe(`over ${name}`, { concurrency: 16 }, () => {
      const store = redisStore(client, { prefix: name });
      const notifier = redisNotifier(subscriber, { prefix: name });
      const makeSubject = () => ({ store, notifier, inspector: store, pass: wait });
      before(() => store.setup());
      register(storeCases, makeSubject);
      register(notifierCases, makeSubject);
      register(inspectorCases, makeSubject);
    });
  }
});
