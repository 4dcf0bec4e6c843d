/** Answers that are too large to keep: protocol.md, P-116. */
import { type Case, equal } from "../case.ts";
import type { AdapterSubject, Line, Reply } from "./application.ts";
import { streamed } from "./replies.ts";
import { inEachMode, pause, problem, replays, type Scene, type SceneHandler } from "./scene.ts";
import { ask } from "./wire.ts";

export const limitCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-116, S-10: an answer of exactly `maxResponseBytes` is kept, and one byte more is not",
    run: (subject) =>
      inEachMode(subject, { options: { maxResponseBytes: 10 }, handler: sized }, async (played) => {
        const { send, runs } = played;
        for (const path of ["/whole", "/streamed"]) {
          const key = path.slice(1);
          const before = runs();
          const fits = await send({ key, path: `${path}?bytes=10` });
          equal(fits.text.length, 10, "the length of what fits");
          replays(await send({ key, path: `${path}?bytes=10` }), fits);

          const large = { key: `${key}-large`, path: `${path}?bytes=11` };
          const first = await send(large);
          equal(first.status, 201, "the status for the first caller");
          equal(first.text, "x".repeat(11), "what the first caller gets");
          await isNotKept(played, large);
          equal(runs(), before + 2, "the runs");
        }
      }),
  },
  {
    name: "P-116, S-10: an answer whose headers are past 128 lines or 32 KiB is not kept",
    run: (subject) =>
      inEachMode(subject, { handler: headed }, async (played) => {
        const { mounted, runs } = played;
        // With `Content-Type` and `Location`. A client would refuse so large a head: so by hand.
        for (const [fits, tooLarge] of [
          ["/lines/126", "/lines/127"],
          ["/bytes/32000", "/bytes/33000"],
        ] as const) {
          const before = runs();
          const kept = await ask(mounted, { path: fits, key: fits });
          const again = await ask(mounted, { path: fits, key: fits });
          equal(kept.status, 201, "the status of what fits");
          equal(again.status, 201, "the status of its replay");
          const marker = again.lines.find(([name]) => name.toLowerCase() === "idempotent-replayed");
          equal(marker?.[1], "true", "the marker of its replay");

          const first = await ask(mounted, { path: tooLarge, key: tooLarge });
          equal(first.status, 201, "the status for the first caller");
          equal(first.body, "headed", "what the first caller gets");
          await isNotKept(played, { path: tooLarge, key: tooLarge });
          equal(runs(), before + 2, "the runs");
        }
      }),
  },
];

async function isNotKept({ send }: Scene, wanted: { path: string; key: string }): Promise<void> {
  const again = await send(wanted);
  problem(again, 409, "idempotency_response_not_kept");
  equal(
    JSON.stringify(JSON.parse(again.text).original),
    '{"status":201,"location":"/payments/1"}',
    "the original",
  );
}

const FIELDS: readonly Line[] = [
  ["Content-Type", "text/plain"],
  ["Location", "/payments/1"],
];

const sized: SceneHandler = ({ target }) => {
  const body = "x".repeat(Number(target.split("=")[1]));
  const whole: Reply = { status: 201, headers: FIELDS, body };
  if (!target.startsWith("/streamed")) return whole;
  return {
    ...whole,
    ...streamed(async function* () {
      for (const byte of body) {
        yield byte;
        await pause(1);
      }
    }),
  };
};

const headed: SceneHandler = ({ target }) => {
  const [, unit, count = "0"] = target.split("/");
  const lines: readonly Line[] =
    unit === "lines"
      ? Array.from({ length: Number(count) }, (_, index) => [`X-${index}`, "1"] as const)
      : [["X-Large", "y".repeat(Number(count))]];
  return { status: 201, headers: [...FIELDS, ...lines], body: "headed" };
};
