/** Engines that make whole workflows durable: what some use instead of a key. */
import { buffer } from "node:stream/consumers";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
import { listen } from "./listen.ts";

/** The key is the workflow's id, as its documentation says of idempotency; the work is one step. */
export async function dbos({ address, counts }: Setting): Promise<Listening> {
  DBOS.setConfig({
    ...{ name: "bench", systemDatabaseUrl: own(address), systemDatabasePoolSize: 32 },
    ...{ logLevel: "error" },
  });
  const pay = DBOS.registerWorkflow(
    () => DBOS.runStep(async () => work(counts), { name: "work" }),
    { name: "pay" },
  );
  await DBOS.launch();
  return listen(async (request, response) => {
    await buffer(request);
    const workflowID = String(request.headers["idempotency-key"]);
    const handle = await DBOS.startWorkflow(pay, { workflowID })();
    const answer = await handle.getResult();
    response.writeHead(STATUS, { "content-type": "application/json" }).end(answer);
  });
}

/** A database of its own on the same server. It makes it itself. */
function own(address: string): string {
  const url = new URL(address);
  url.pathname = "/dbos_bench";
  return url.href;
}
