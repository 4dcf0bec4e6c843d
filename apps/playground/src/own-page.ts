/**
 * Who may kill, freeze and cut: this machine, and the page that this start has served.
 *
 * Any web page can send a request to a port of this machine. So the address it came from must be
 * the machine's own; the name it asked for must be one that no other site can have (a name of
 * theirs may lead here: DNS rebinding); the page that sent it must be ours; and it must know a token
 * that is made at each start and stands in our page alone (S-28).
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

const TOKEN_FIELD = "x-playground-token";

export interface OwnPage {
  /** For the page to send back. */
  readonly token: string;
  /** Comes from here and asks for us by a name of this machine. */
  isFromHere(incoming: IncomingMessage): boolean;
  /** And was sent by our page. */
  isOurs(incoming: IncomingMessage): boolean;
}

const LOOPBACK = ["127.0.0.1", "::1", "::ffff:127.0.0.1"];

export function createOwnPage(): OwnPage {
  const token = randomBytes(32).toString("hex");
  const isFromHere = ({ socket, headers }: IncomingMessage): boolean =>
    LOOPBACK.includes(socket.remoteAddress ?? "") &&
    [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`].includes(headers.host ?? "");
  return {
    token,
    isFromHere,
    isOurs(incoming) {
      const { origin, host, [TOKEN_FIELD]: given } = incoming.headers;
      return isFromHere(incoming) && origin === `http://${host}` && isSame(String(given), token);
    },
  };
}

/** In a time that says nothing of where they differ. */
const isSame = (given: string, wanted: string): boolean =>
  timingSafeEqual(digest(given), digest(wanted));

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
