/** A program that calls: one key from the first send on, and the outcome is known or said to be unknown. */
import { createIdempotentFetch, OutcomeUnknown } from "oncekey/client";

const shop = new URL(process.env.SHOP ?? "http://127.0.0.1:3000");
// The promise that this server remembers keys. Without it nothing is ever sent a second time.
const send = createIdempotentFetch({ server: { [shop.origin]: "oncekey" } });

try {
  const response = await send(new URL("/payments", shop).href, {
    method: "POST",
    headers: { "x-user-id": "ann" },
    json: { amount: 10 },
  });
  const { attempts, replayed } = response.idempotency;
  console.log({ status: response.status, answer: await response.json(), attempts, replayed });
} catch (error) {
  if (!(error instanceof OutcomeUnknown)) throw error;
  // It may have happened. `error.resume()` asks again under the same key; a new key would be a second order.
  console.log({ unknown: error.reason, attempts: error.attempts });
  process.exitCode = 1;
}
