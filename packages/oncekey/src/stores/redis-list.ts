/**
 * Lists records by SCAN, page by page, over every node that holds any.
 *
 * An index of our own would cost each claim a write. So a whole listing costs in proportion to all
 * keys of the database, and a page ends after a bounded number of steps, though it may be short.
 */
import { checkInteger } from "../core/check.ts";
import { StoreUnavailable } from "../core/errors.ts";
import type { ListRequest, Page } from "../core/inspector.ts";
import type { Digest, IdempotencyRecord } from "../core/record.ts";
import { type Face, failure } from "./redis-client.ts";
import { idOf, recordPattern } from "./redis-keys.ts";

/** Steps of SCAN per page: a database full of other keys must not hold a page for minutes. */
const STEPS_MAX = 64;

/** Keys that a step looks at, at least: a small page must not mean many steps. */
const LOOKED_AT_MIN = 100;

/** Records that are read in one go: each brings its result along. */
const READ_AT_ONCE = 64;

/** The node and the cursor at which the next step of SCAN begins. */
interface Place {
  readonly node: string;
  readonly cursor: string;
}

/** Where a page ended: with ids that were found and not yet read, and nodes not yet walked. */
interface Position {
  readonly unread: readonly Digest[];
  readonly ahead: Place | undefined;
}

type Get = (id: Digest) => Promise<IdempotencyRecord | undefined>;

export async function listRecords(
  face: Face,
  prefix: string,
  get: Get,
  request: ListRequest,
): Promise<Page> {
  const { limit, after } = request;
  checkInteger("limit", limit, 1, 1000);
  const isFiltered = request.scope !== undefined || request.state !== undefined;
  const records: IdempotencyRecord[] = [];
  let { unread, ahead } = after === undefined ? start(face) : parse(after);
  // SCAN may name a key twice while Redis resizes its table.
  const seen = new Set(unread);
  for (let steps = 0; records.length < limit; ) {
    if (unread.length === 0) {
      if (ahead === undefined || steps === STEPS_MAX) break;
      steps += 1;
      const position = await step(face, prefix, ahead, Math.max(limit, LOOKED_AT_MIN));
      unread = [...new Set(position.unread)].filter((id) => !seen.has(id));
      ahead = position.ahead;
      for (const id of unread) seen.add(id);
    }
    const size = isFiltered ? READ_AT_ONCE : Math.min(READ_AT_ONCE, limit - records.length);
    const found = await Promise.all(unread.slice(0, size).map(get));
    let read = 0;
    for (const record of found) {
      if (records.length === limit) break;
      read += 1;
      if (record !== undefined && isWanted(record, request)) records.push(record);
    }
    unread = unread.slice(read);
  }
  if (ahead === undefined && unread.length === 0) return { records };
  return { records, next: serialize({ unread, ahead }) };
}

function isWanted(record: IdempotencyRecord, { scope, state }: ListRequest): boolean {
  if (scope !== undefined && record.scope !== scope) return false;
  return state === undefined || record.state === state;
}

async function step(face: Face, prefix: string, place: Place, count: number): Promise<Position> {
  const nodes = sorted(face);
  // A node that has left the cluster is passed over: what it held lies on another one by now.
  const node = nodes.find(({ name }) => name >= place.node);
  if (node === undefined) return { unread: [], ahead: undefined };
  const from = node.name === place.node ? place.cursor : "0";
  const pattern = recordPattern(face.keyPrefix, prefix);
  const reply = await scan(node, from, pattern, count);
  const unread = reply.keys.flatMap((key) => idOf(key, face.keyPrefix, prefix) ?? []);
  if (reply.cursor !== "0") return { unread, ahead: { node: node.name, cursor: reply.cursor } };
  const next = nodes[nodes.indexOf(node) + 1];
  return { unread, ahead: next && { node: next.name, cursor: "0" } };
}

async function scan(
  node: Face,
  from: string,
  pattern: string,
  count: number,
): Promise<{ cursor: string; keys: string[] }> {
  try {
    const command = ["scan", from, "match", pattern, "count", String(count)] as const;
    const [cursor, keys] = (await node.send(command)) as [Uint8Array, Uint8Array[]];
    return { cursor: text(cursor), keys: keys.map(text) };
  } catch (cause) {
    throw failure(cause);
  }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** In an order that stays, whatever order the client has them in. */
function sorted(face: Face): Face[] {
  const nodes = [...face.nodes()].sort((one, other) => (one.name < other.name ? -1 : 1));
  // A cluster's client knows none before it is connected: that is no empty list.
  if (nodes.length === 0) throw new StoreUnavailable("The client knows no node of the cluster.");
  return nodes;
}

function start(face: Face): Position {
  const [first] = sorted(face);
  return { unread: [], ahead: first && { node: first.name, cursor: "0" } };
}

/** A cursor, a node and ids, or only ids: three words. */
function serialize({ unread, ahead }: Position): string {
  return [ahead?.cursor ?? "end", ahead?.node ?? "", unread.join(",")].join(" ");
}

function parse(after: string): Position {
  const [, cursor = "", node = "", ids = ""] = /^(\d+|end) (\S*) ([0-9a-f,]*)$/.exec(after) ?? [];
  if (cursor === "") throw new TypeError("Expected `after` to be the `next` of the page before.");
  return {
    unread: ids === "" ? [] : ids.split(","),
    ahead: cursor === "end" ? undefined : { node, cursor },
  };
}
