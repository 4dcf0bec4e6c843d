/**
 * Whose key it is, from what a trusted proxy says: `global`, `header:NAME`, `path`, or a list.
 *
 * A header can be sent by anybody. It counts only from addresses that are listed, and from all
 * others it is taken off the request, so that the upstream does not believe it either.
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { Complaint } from "./complaint.ts";

export interface ScopeRule {
  /** For the guard: `"global"`, or a function that yields nothing when it cannot tell. */
  readonly of: "global" | ((request: IncomingMessage) => readonly string[] | undefined);
  /** The headers that say it, in lower case. */
  readonly headers: readonly string[];
}

type Part = (request: IncomingMessage) => string | undefined;

const EXPECTED =
  'Expected `scope` (--scope) to be global, header:NAME or path, such as "header:x-user-id"';
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Throws a `Complaint`. */
export function scopeRuleOf(
  words: string | readonly string[],
  isTrusted: (request: IncomingMessage) => boolean,
): ScopeRule {
  const list = typeof words === "string" ? [words] : words;
  // What JavaScript hands over is not what the type says.
  if (!Array.isArray(list)) throw new Complaint(`${EXPECTED}.`);
  if (list.length === 1 && list[0] === "global") return { of: "global", headers: [] };
  const headers: string[] = [];
  const parts = list.map((word): Part => {
    if (word === "path") return (request) => request.url?.split("?", 1)[0];
    const name = /^header:(.+)$/.exec(word)?.[1];
    if (name === undefined || !FIELD_NAME.test(name)) throw new Complaint(`${EXPECTED}.`);
    headers.push(name.toLowerCase());
    return onlyLine(name.toLowerCase());
  });
  if (headers.length === 0) {
    throw new Complaint(`${EXPECTED}: the path alone does not say whose key it is.`);
  }
  const of = (request: IncomingMessage) => {
    if (!isTrusted(request)) return undefined;
    const named = parts.map((part) => part(request));
    return named.every((part) => part !== undefined) ? named : undefined;
  };
  return { of, headers };
}

/** Two lines may come from two people, so they are nobody's. */
function onlyLine(name: string): Part {
  return (request) => {
    const lines = request.headersDistinct[name] ?? [];
    const value = lines.length === 1 ? lines[0]?.trim() : undefined;
    return value === "" ? undefined : value;
  };
}

const LOOPBACK = ["127.0.0.0/8", "::1"];

/** Throws a `Complaint` for what is no address. */
export function trustIn(addresses: readonly string[] = LOOPBACK): (address: string) => boolean {
  const listed = new BlockList();
  for (const text of addresses) {
    const [address = "", bits, ...rest] = text.split("/");
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    const isRange = Number.isInteger(prefix) && prefix >= 0 && prefix <= most && bits !== "";
    if (version === 0 || !isRange || rest.length > 0) {
      throw new Complaint(
        "Expected --trusted-proxy to be an IP address or a range, such as 10.0.0.0/8.",
      );
    }
    listed.addSubnet(address, prefix, version === 4 ? "ipv4" : "ipv6");
  }
  return (address) => {
    // A socket that speaks both writes an IPv4 address in this way.
    const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
    const version = isIP(plain);
    return version !== 0 && listed.check(plain, version === 4 ? "ipv4" : "ipv6");
  };
}
