/** A consumer of a queue that delivers at least once: each message is worked on once. */
import { Redis } from "ioredis";
import { oncekey } from "oncekey";
import { redisStore } from "oncekey/redis";

const client = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379", { lazyConnect: true });
client.on("error", (error) => console.error(error.message));
const once = oncekey({ store: redisStore(client), effects: "repeatable" });

/** Messages are lines such as `{"id":"m1","to":"ann"}`; a real queue would push them. */
async function consume(line: string): Promise<string> {
  const message = JSON.parse(line) as { id: string; to: string };
  const work = { scope: "mail", key: message.id, fingerprint: line };
  const outcome = await once.run(work, async ({ deriveKey, attempt }) => {
    console.log("sending", { to: message.to, attempt, under: deriveKey("mail").length > 0 });
    return { sent: true };
  });
  switch (outcome.kind) {
    case "completed":
      return "acknowledge"; // by this delivery, or by an earlier one
    case "in-flight":
      return "later"; // another consumer has it, and may die
    default:
      return "park"; // somebody has to look
  }
}

process.stdin.setEncoding("utf8");
let rest = "";
for await (const chunk of process.stdin) {
  const lines = `${rest}${chunk}`.split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) console.log(await consume(line));
}
await client.quit();
