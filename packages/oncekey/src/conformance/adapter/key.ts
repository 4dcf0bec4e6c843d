/** Whether there is a key, and what it looks like: protocol.md, P-1 to P-13. */
import { type Case, each, equal, ok } from "../case.ts";
import { type Answer, headerSet, isFirst } from "./answer.ts";
import type { AdapterSubject, Line } from "./application.ts";
import { CREATED, problem, replays, type Scene, scene } from "./scene.ts";
import { ask, type Heard } from "./wire.ts";

const DOCS = "https://docs.example/idempotency";

/** Every visible character of ASCII but the four that look like a list, or like parameters. */
const BARE = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index))
  .filter((character) => !'",;'.includes(character))
  .join("");

/** A fresh key runs and is its own. */
async function runsUnder({ send, runs }: Scene, key: string): Promise<Answer> {
  const before = runs();
  const answer = await send({ key });
  isFirst(answer);
  equal(answer.status, 201, "the status");
  equal(runs(), before + 1, "the runs");
  return answer;
}

/** The field is refused, and neither the handler nor the store hears of it. */
async function refuses({ send, runs, mounted, store }: Scene, key: string): Promise<void> {
  const asked = mounted.link.calls.length;
  problem(await send({ key }), 400, "idempotency_key_invalid");
  equal(runs(), 0, "the runs");
  equal(mounted.link.calls.length, asked, "the calls of the store");
  equal((await store.list({ limit: 1 })).records.length, 0, "the records");
}

/** As `refuses`, for a head that no client would send. */
async function refusesLines({ mounted, runs }: Scene, lines: readonly Line[]): Promise<void> {
  const heard: Heard = await ask(mounted, { key: null, lines });
  equal(heard.status, 400, "the status");
  const { code } = JSON.parse(heard.body) as { readonly code: string };
  equal(code, "idempotency_key_invalid", "the problem");
  equal(runs(), 0, "the runs");
}

export const keyCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-1: a required key that is missing is refused, with a way to the documentation",
    run: (subject) =>
      scene(subject, { options: { required: true, docs: DOCS } }, async ({ send, runs }) => {
        const answer = await send({ key: null });
        problem(answer, 400, "idempotency_key_required", { docs: DOCS });
        const { type } = JSON.parse(answer.text) as { readonly type: string };
        ok(type.startsWith(DOCS), "the type begins with `docs`");
        equal(answer.headers.get("link"), `<${type}>; rel="describedby"`, "Link");
        equal(runs(), 0, "the runs");
        equal((await send()).status, 201, "the status with a key");
      }),
  },
  {
    name: "P-1: without docs the type is a name, and no Link leads anywhere",
    run: (subject) =>
      scene(subject, { options: { required: true } }, async ({ send, runs }) => {
        problem(await send({ key: null }), 400, "idempotency_key_required");
        equal(runs(), 0, "the runs");
      }),
  },
  {
    // Another person's login token, when bodies were compared where keys were missing.
    name: "P-2: without a key there are two plain answers, two runs, and nothing stored",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs, mounted, store }) => {
        for (let times = 1; times <= 2; times++) {
          const answer = await send({ key: null });
          equal(answer.status, 201, "the status");
          equal(answer.text, '{"id":1}', "the body");
          equal(
            headerSet(answer.headers, ["content-length"]),
            "content-type: application/json\nlocation: /payments/1",
            "the headers",
          );
          equal(runs(), times, "the runs");
        }
        equal((await store.list({ limit: 1 })).records.length, 0, "the records");
        equal(mounted.link.calls.length, 0, "the calls of the store");
      }),
  },
  {
    name: "P-3: a structured-field string is a key",
    run: (subject) =>
      scene(subject, {}, async ({ send, runs }) => {
        const first = await send({ key: '"k1"' });
        equal(first.status, 201, "the status");
        isFirst(first);
        replays(await send({ key: '"k1"' }), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-4: bare and quoted are one key, whichever came first",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        await each(
          [
            ["k1", '"k1"'],
            ['"k2"', "k2"],
          ] as const,
          async ([one, other]) => {
            const first = await runsUnder(played, one);
            replays(await played.send({ key: other }), first);
          },
        );
        equal(played.runs(), 2, "the runs");
      }),
  },
  {
    name: "P-5: escapes are undone first, and parameters are passed over",
    async run(subject) {
      const keys: (string | undefined)[] = [];
      const handler = (call: { readonly idempotency: { readonly key: string } | undefined }) => {
        keys.push(call.idempotency?.key);
        return CREATED;
      };
      await scene(subject, { handler }, async (played) => {
        const rows = [
          [String.raw`"a\"b\\c"`, String.raw`"a\"b\\c"`, String.raw`a"b\c`],
          [String.raw`"d\\e"`, String.raw`d\e`, String.raw`d\e`],
          ['"k1"', '"k1";v=1', "k1"],
          ['"k2";v=1;w="x;y, z";u', '"k2"', "k2"],
          ['"k 3"', '"k 3"; a=?1', "k 3"],
        ] as const;
        await each(rows, async ([one, other, key], index) => {
          const first = await runsUnder(played, one);
          replays(await played.send({ key: other }), first);
          equal(keys[index], key, "the key that the handler sees");
        });
        equal(played.runs(), rows.length, "the runs");
      });
    },
  },
  {
    name: "P-6: a malformed key never runs",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        const rows = [
          '"abc',
          '"a"b',
          String.raw`"a\x"`,
          '"a" b',
          '"',
          String.raw`"a\"`,
          '"a";',
          "é",
        ];
        await each([...rows, "cl\u00e9", '"cl\u00c3\u00a9"'], (key) => refuses(played, key));
      }),
  },
  {
    name: "P-7: a blank key is refused, and is no choice to go without",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        await each(["", " ", '""', '"  "', '"";v=1'], (key) => refuses(played, key));
        await each(["", "   ", "\t"], (value) =>
          refusesLines(played, [["Idempotency-Key", value]]),
        );
      }),
  },
  {
    name: "P-8: two keys are refused, on two lines or on one, even if they are equal",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        const two = (one: string, other: string): readonly Line[] => [
          ["Idempotency-Key", one],
          ["Idempotency-Key", other],
        ];
        const rows = [
          two("k1", "k1"),
          two("a", "b"),
          two('"a"', '"a"'),
          two("a", ""),
          two("", "a"),
        ];
        await each(rows, (lines) => refusesLines(played, lines));
        await each(['"a", "b"', "a, b", "a,a", '"a","a"'], (key) => refuses(played, key));
      }),
  },
  {
    name: "P-9: a key of 1 to 255 characters runs, counted without quotes and escapes",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        const parameter = `;p="${"x".repeat(1024 - '"k1";p=""'.length)}"`;
        const rows = ["a", '"b"', "c".repeat(255), `"${"d".repeat(255)}"`, `"k1"${parameter}`];
        equal(rows[4]?.length, 1024, "the length of the longest field");
        await each([...rows, `"${String.raw`\"`.repeat(255)}"`], (key) =>
          runsUnder(played, key).then(),
        );
      }),
  },
  {
    // A column, or a hurry, cuts long ones to what they have in common.
    name: "P-9: two keys of 255 characters that differ in the last are two keys",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        await each(["a", "b", "c"], async (last) => {
          await runsUnder(played, `${"k".repeat(254)}${last}`);
        });
        equal(played.runs(), 3, "the runs");
      }),
  },
  {
    name: "P-9: a longer key, or a longer field, is refused, and the store is not asked",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        const parameter = `;p="${"x".repeat(1025 - '"k1";p=""'.length)}"`;
        const rows = ["a".repeat(256), `"${"b".repeat(256)}"`, `"k1"${parameter}`];
        equal(rows[2]?.length, 1025, "the length of the longest field");
        await each([...rows, `"${String.raw`\\`.repeat(256)}"`, "c".repeat(4000)], (key) =>
          refuses(played, key),
        );
      }),
  },
  {
    name: "P-10: a bare key with a space, a quote, a comma or a semicolon is refused",
    run: (subject) =>
      scene(subject, {}, (played) =>
        each(["a b", 'a"b', 'a"', "a,b", "a;b", "a;v=1", ",", ";"], (key) => refuses(played, key)),
      ),
  },
  {
    name: "P-10: every other visible character of ASCII is allowed in a bare key",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        equal(BARE.length, 91, "the allowed characters");
        const first = await runsUnder(played, BARE);
        replays(await played.send({ key: BARE }), first);
        await each([...BARE], async (key) => void (await runsUnder(played, key)));
      }),
  },
  {
    name: "P-11: keys are case-sensitive, and the name of their field is not",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        await runsUnder(played, "abc");
        await runsUnder(played, "ABC");
        await each(["idempotency-key", "IDEMPOTENCY-KEY", "iDEMPOTENCY-kEY"], async (name) => {
          const heard = await ask(played.mounted, { key: null, lines: [[name, "abc"]] });
          equal(heard.status, 201, "the status");
          ok(
            heard.lines.some(([found]) => found.toLowerCase() === "idempotent-replayed"),
            "it is a replay",
          );
        });
        equal(played.runs(), 2, "the runs");
      }),
  },
  {
    name: "P-12: there is no other minimum, and no check of entropy",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        await each(
          ["1", '"17293822569102704640"', "0", "aaaa", "-", '" "'.replace(" ", "x")],
          (key) => runsUnder(played, key).then(),
        );
      }),
  },
  {
    name: "P-13: several names of the field are one field, as long as they hold one key",
    run: (subject) => {
      const header = ["Idempotency-Key", "X-Request-Key"];
      return scene(subject, { options: { header } }, async ({ send, runs }) => {
        const other = (key: string) => ({ "x-request-key": key });
        const first = await send({ key: null, headers: other("k1") });
        equal(first.status, 201, "the status");
        equal(first.headers.get("x-request-key"), "k1", "the echo");
        equal(first.headers.get("idempotency-key"), null, "the echo of what was not sent");

        const names = ["x-request-key"];
        replays(await send(), first, names);
        replays(await send({ key: null, headers: other('"k1"') }), first, names);
        const both = await send({ headers: other('"k1"') });
        replays(both, first, names);
        equal(both.headers.get("x-request-key"), '"k1"', "the echo of the second name");
        equal(both.headers.get("idempotency-key"), "k1", "the echo of the first name");

        problem(await send({ headers: other("k2") }), 400, "idempotency_key_invalid");
        problem(await send({ headers: other("k1, k1") }), 400, "idempotency_key_invalid");
        problem(await send({ headers: other("") }), 400, "idempotency_key_invalid");
        equal(runs(), 1, "the runs");
      });
    },
  },
];
