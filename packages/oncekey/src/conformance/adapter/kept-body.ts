/** Statuses and bodies, byte for byte: protocol.md, P-26 to P-28. */
import { type Case, each, equal, sameBytes } from "../case.ts";
import type { AdapterSubject, Reply } from "./application.ts";
import { CREATED, replays, type Scene, scene } from "./scene.ts";
import { type Heard, spell, valuesOf, wireTo } from "./wire.ts";

const EVERY_BYTE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** "plain" as gzip makes it: what a handler does that encodes by itself. */
const GZIPPED: Uint8Array = Uint8Array.from([
  31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 43, 200, 73, 204, 204, 3, 0, 207, 98, 32, 25, 5, 0, 0, 0,
]);

/** The first answer, its replay and an unguarded answer, all on one connection: all in step. */
async function threeInStep({ mounted, runs }: Scene): Promise<readonly [Heard, Heard]> {
  const wire = await wireTo(mounted);
  wire.write(spell());
  const first = await wire.hear();
  wire.write(spell());
  const again = await wire.hear();
  equal(valuesOf(again, "idempotent-replayed").join(), "true", "the marker");
  equal(runs(), 1, "the runs");
  wire.write(spell({ key: null }));
  const next = await wire.hear();
  equal(next.status, first.status, "the status of the next answer on the connection");
  wire.leave();
  return [first, again];
}

const handlers = (reply: Reply) => ({ handler: () => reply });

export const keptBodyCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-26: 204, 205, 304 and 303 are replayed with their Location, legally framed",
    run: (subject) =>
      each([204, 205, 304], async (status) => {
        const headers = [["Location", "/payments/1"]] as const;
        await scene(subject, handlers({ status, headers }), async (played) => {
          for (const heard of await threeInStep(played)) {
            equal(heard.status, status, "the status");
            equal(valuesOf(heard, "location").join(), "/payments/1", "Location");
            equal(heard.body, "", "the body");
            equal(valuesOf(heard, "content-type").join(), "", "Content-Type");
            if (status !== 205) {
              equal(valuesOf(heard, "transfer-encoding").join(), "", "Transfer-Encoding");
            }
            if (status === 204) equal(valuesOf(heard, "content-length").join(), "", "its length");
          }
        });
      }),
  },
  {
    name: "P-26: a redirect is replayed with its Location and its body",
    async run(subject) {
      const headers = [
        ["Location", "/payments/1?a=b%20c"],
        ["Content-Type", "text/html"],
      ] as const;
      await each(["<a href='/payments/1'>see</a>", undefined], async (body) => {
        const reply = { status: 303, headers, ...(body !== undefined && { body }) };
        await scene(subject, handlers(reply), async (played) => {
          for (const heard of await threeInStep(played)) {
            equal(heard.status, 303, "the status");
            equal(valuesOf(heard, "location").join(), "/payments/1?a=b%20c", "Location");
            equal(heard.body, body ?? "", "the body");
          }
        });
      });
    },
  },
  {
    name: "P-27: a body of all 256 byte values is replayed byte for byte",
    run: (subject) => {
      const headers = [["Content-Type", "application/octet-stream"]] as const;
      const reply = { status: 200, headers, body: EVERY_BYTE };
      return scene(subject, handlers(reply), async ({ send, runs }) => {
        const first = await send();
        sameBytes(first.bytes, EVERY_BYTE, "the body of the first answer");
        const again = await send();
        replays(again, first);
        sameBytes(again.bytes, EVERY_BYTE, "the body of the replay");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-27: bodies that are falsy, or nothing at all, are replayed and not run again",
    run: (subject) =>
      each(["false", "0", '""', "null", "", undefined, "\ufeffmark"], async (body) => {
        const headers = [["Content-Type", "application/json"]] as const;
        const reply = { status: 200, headers, ...(body !== undefined && { body }) };
        await scene(subject, handlers(reply), async ({ send, runs }) => {
          const first = await send();
          equal(first.status, 200, "the status");
          sameBytes(first.bytes, new TextEncoder().encode(body ?? ""), "the body");
          replays(await send(), first);
          replays(await send(), first);
          equal(runs(), 1, "the runs");
        });
      }),
  },
  {
    name: "P-28: what is compressed outside is kept plain, and suits a client that takes no gzip",
    run: (subject) => {
      const plain = "plain ".repeat(100);
      const reply = {
        status: 200,
        headers: [["Content-Type", "text/plain"]] as const,
        body: plain,
      };
      return scene(subject, { ...handlers(reply), compresses: true }, async ({ send, runs }) => {
        const gzip = { headers: { "accept-encoding": "gzip" } };
        const none = { headers: { "accept-encoding": "identity" } };
        const unguarded = await send({ ...gzip, key: null });
        equal(unguarded.headers.get("content-encoding"), "gzip", "that it is compressed at all");

        // The client undoes what was done for it on the way.
        equal((await send(gzip)).text, plain, "the first body");
        const again = await send(none);
        equal(again.isReplay, true, "the marker");
        equal(again.headers.get("content-encoding"), null, "Content-Encoding");
        equal(again.text, plain, "the body for a client that takes none");
        const third = await send(gzip);
        equal(third.isReplay, true, "the marker");
        equal(third.text, plain, "the body for a client that takes gzip");
        equal(runs(), 2, "the runs");

        // And the other way round.
        equal((await send({ ...none, key: "k2" })).text, plain, "the first body");
        equal((await send({ ...gzip, key: "k2" })).text, plain, "the body of the replay");
        equal(runs(), 3, "the runs");
      });
    },
  },
  {
    name: "P-28: what the handler itself encoded is replayed as it was",
    run: (subject) => {
      const headers = [
        ["Content-Type", "text/plain"],
        ["Content-Encoding", "gzip"],
      ] as const;
      const wanted = { ...handlers({ ...CREATED, headers, body: GZIPPED }), compresses: true };
      return scene(subject, wanted, async (played) => {
        for (const heard of await threeInStep(played)) {
          equal(valuesOf(heard, "content-encoding").join(), "gzip", "Content-Encoding");
          const bytes = Uint8Array.from(heard.body, (character) => character.charCodeAt(0));
          sameBytes(bytes, GZIPPED, "the body");
        }
      });
    },
  },
];
