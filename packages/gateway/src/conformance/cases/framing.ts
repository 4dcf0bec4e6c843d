/** What happens on the connection itself: protocol.md, P-77, P-78, P-133 and P-135. */
import { Broken } from "../broken.ts";
import type { Case, Need } from "../case.ts";
import { holds, isRefused, ran } from "../expect.ts";
import { isWhole, statusIn, wholeLength } from "../raw-connection.ts";
import type { Ready, Session } from "../session.ts";

const gateway: Need = ({ isGateway }) =>
  isGateway ? undefined : "the target does not say that it is a `gateway`";

const MALFORMED = '"not closed';

/** A head by hand, with these fields on top. */
function head({ method, url, fields }: Ready, more: readonly string[]): string {
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  const start = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  return [...start, ...lines, ...more, "", ""].join("\r\n");
}

const about = ({ method, url }: Ready, what: string): string =>
  `${method} ${url.pathname}, ${what}`;

/** A refusal while the body is still on its way, and then the next request. */
async function staysInStep(session: Session): Promise<void> {
  const bad = session.ready({ lines: [MALFORMED] });
  const body = bad.body ?? new Uint8Array([0x7b, 0x7d]);
  const raw = await session.open(bad.url, about(bad, "a malformed key, then the next request"));
  await raw.write(head(bad, [`Content-Length: ${body.length}`]));
  await raw.write(body);
  const heard = await raw.read(isWhole);
  const status = statusIn(heard.text);
  holds(status !== undefined && isWhole(heard.text), "a whole answer", "none");
  if (heard.ended || /^connection: *close/im.test(heard.text)) return raw.leave();
  const good = session.ready({ key: session.key() });
  const next = good.body ?? new Uint8Array();
  await raw.write(head(good, [`Content-Length: ${next.length}`]));
  await raw.write(next);
  const skip = wholeLength(heard.text) ?? 0;
  const after = await raw.read((text) => isWhole(text.slice(skip)));
  raw.leave();
  const second = statusIn(after.text.slice(skip));
  holds(
    second !== undefined && second < 300,
    "a 2xx for the next request on the connection",
    second === undefined ? "something that is no answer" : String(second),
  );
}

export const framingCases: readonly Case[] = [
  {
    name: "expect-continue",
    title: "a bad key is refused before the client has sent its body",
    cites: { oncekey: ["P-77", "MUST"] },
    async run(session) {
      const counter = await session.counter();
      const bad = session.ready({ lines: [MALFORMED] });
      const raw = await session.open(bad.url, about(bad, "a malformed key, 100-continue, no body"));
      await raw.write(head(bad, ["Content-Length: 1000", "Expect: 100-continue"]));
      const heard = await raw.read(isWhole);
      raw.leave();
      const status = statusIn(heard.text);
      holds(
        status !== undefined && session.target.statuses.invalid.includes(status),
        `${session.target.statuses.invalid.join(" or ")} at once`,
        status === undefined ? "no answer" : String(status),
      );
      await ran(counter, 0, "a bad key");
    },
  },
  {
    name: "in-step",
    title: "after a refusal the connection serves the next request, or is closed",
    cites: { oncekey: ["P-78", "MUST"], draft: ["RFC 9112 9.3", "MUST"] },
    run: staysInStep,
  },
  {
    name: "two-lengths",
    title: "a request with two framings is refused, and nothing runs",
    cites: { oncekey: ["P-135", "SHOULD"], draft: ["RFC 9112 6.3", "SHOULD"] },
    async run(session) {
      const counter = await session.counter();
      const ready = session.ready({ key: session.key() });
      const body = Buffer.from(ready.body ?? []).toString("latin1");
      const raw = await session.open(ready.url, about(ready, "two framings"));
      const framings = [`Content-Length: ${body.length}`, "Transfer-Encoding: chunked"];
      await raw.write(head(ready, framings));
      await raw.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
      const heard = await raw.read(isWhole);
      raw.leave();
      const status = statusIn(heard.text);
      if (status !== undefined && status < 400) throw new Broken("400", String(status));
      await ran(counter, 0, "a request with two framings");
    },
  },
  {
    name: "key-hop-by-hop",
    title: "a request whose `Connection` names the key's field is refused, and not forwarded",
    cites: { oncekey: ["P-133", "MUST"] },
    needs: [gateway],
    async run(session) {
      const counter = await session.counter();
      const answer = await session.send({
        key: session.key(),
        headers: { Connection: `close, ${session.target.keyHeader}` },
        note: "with its field named in Connection",
      });
      isRefused(session, answer, "invalid", "a key that would be lost on the way");
      await ran(counter, 0, "a key that would be lost on the way");
    },
  },
];
