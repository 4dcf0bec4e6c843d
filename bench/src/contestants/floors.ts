/**
 * The least that anybody could write: an answer kept under its key, and sent again. No lease, no
 * fence, no fingerprint, no expiry, no status, no headers, no word to a duplicate that comes while
 * the first one runs, and after a crash the key is lost. They are here to be compared with.
 */
import { buffer } from "node:stream/consumers";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
import { committed, databaseOf, poolOf, redisOf } from "./clients.ts";
import { listen } from "./listen.ts";

interface Shelf {
  /** The answer under a key, or undefined when the key is now taken by the caller. */
  claim(key: string): Promise<string | undefined> | string | undefined;
  keep(key: string, answer: string): Promise<unknown> | unknown;
}

const PENDING = "";

function serve({ counts }: Setting, shelf: Shelf): Promise<Listening> {
  return listen(async (request, response) => {
    const key = String(request.headers["idempotency-key"]);
    await buffer(request);
    let answer = await shelf.claim(key);
    if (answer === undefined) {
      answer = work(counts);
      await shelf.keep(key, answer);
    }
    response.writeHead(STATUS, { "content-type": "application/json" }).end(answer);
  });
}

export function memory(setting: Setting): Promise<Listening> {
  const answers = new Map<string, string>();
  return serve(setting, {
    claim: (key) => {
      const answer = answers.get(key);
      if (answer === undefined) answers.set(key, PENDING);
      return answer;
    },
    keep: (key, answer) => answers.set(key, answer),
  });
}

/** A transaction for each statement, as a first draft would have it. */
export function sqlite(setting: Setting): Promise<Listening> {
  const database = databaseOf(setting);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  database.exec("CREATE TABLE answers (key TEXT PRIMARY KEY, answer TEXT) WITHOUT ROWID");
  const insert = database.prepare("INSERT OR IGNORE INTO answers VALUES (?, NULL)");
  const select = database.prepare("SELECT answer FROM answers WHERE key = ?");
  const update = database.prepare("UPDATE answers SET answer = ? WHERE key = ?");
  return serve(setting, {
    claim: (key) => {
      committed(setting.counts);
      if (insert.run(key).changes === 1) return undefined;
      return (select.get(key) as { readonly answer: string }).answer;
    },
    keep: (key, answer) => {
      committed(setting.counts);
      update.run(answer, key);
    },
  });
}

export function redis(setting: Setting): Promise<Listening> {
  const client = redisOf(setting);
  return serve(setting, {
    claim: async (key) => (await client.set(key, PENDING, "NX", "GET")) ?? undefined,
    keep: (key, answer) => client.set(key, answer),
  });
}

export async function postgres(setting: Setting): Promise<Listening> {
  const pool = poolOf(setting);
  await pool.query("CREATE TABLE answers (key text PRIMARY KEY, answer text)");
  const claim = {
    name: "claim",
    text: `WITH mine AS (INSERT INTO answers VALUES ($1, NULL) ON CONFLICT DO NOTHING RETURNING key)
      SELECT answer FROM answers WHERE key = $1`,
  };
  const keep = { name: "keep", text: "UPDATE answers SET answer = $2 WHERE key = $1" };
  return serve(setting, {
    claim: async (key) => (await pool.query(claim, [key])).rows[0]?.answer,
    keep: (key, answer) => pool.query(keep, [key, answer]),
  });
}
