/** A connection on which every byte is ours: half a request, two framings, a client that leaves. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { NoAnswer } from "./broken.ts";

export interface RawConnection {
  write(bytes: Uint8Array | string): Promise<void>;
  /**
   * Resolves with what has come, in Latin-1, once `enough` of it has, or with `ended` when the
   * server has closed. Rejects with `NoAnswer` after the time limit.
   */
  read(enough: (heard: string) => boolean): Promise<Heard>;
  /** Leaves without a word. */
  leave(): void;
}

export interface Heard {
  readonly text: string;
  readonly ended: boolean;
}

export async function openRaw(url: URL, timeoutMs: number): Promise<RawConnection> {
  const socket = await connected(url);
  let text = "";
  let ended = false;
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  // An error is an end like any other: what was heard before it is what counts.
  socket
    .on("error", () => {})
    .on("close", () => {
      ended = true;
    });
  return {
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    read: (enough) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!enough(text) && !ended) return;
          stop();
          resolve({ text, ended });
        };
        const timer = setTimeout(() => {
          stop();
          reject(new NoAnswer(`no answer (silent for ${timeoutMs} ms)`));
        }, timeoutMs);
        const stop = (): void => {
          clearTimeout(timer);
          socket.off("data", look).off("close", look);
        };
        socket.on("data", look).on("close", look);
        look();
      }),
    leave: () => void socket.destroy(),
  };
}

function connected(url: URL): Promise<Socket> {
  const secure = url.protocol === "https:";
  const port = Number(url.port || (secure ? 443 : 80));
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve, reject) => {
    const socket = secure
      ? connectTls({ host, port, servername: host }, () => resolve(socket))
      : connectPlain({ host, port }, () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      reject(new NoAnswer(`no connection (${error.code ?? error.message})`));
    });
  });
}

/** Interim answers (RFC 9110, section 15.2), such as the 100 that many servers send by themselves. */
const INTERIM = /^(?:HTTP\/1\.1 1\d\d[\s\S]*?\r\n\r\n)+/;

const finalPart = (text: string): string => text.replace(INTERIM, "");

/** The status of the final answer, or undefined if there is none yet. */
export function statusIn(text: string): number | undefined {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(finalPart(text))?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Whether the text begins with a whole answer whose length is said in its head. */
export const isWhole = (text: string): boolean => wholeLength(text) !== undefined;

/** How long the answer is that the text begins with. Undefined: it is not whole yet. */
export function wholeLength(text: string): number | undefined {
  const rest = finalPart(text);
  const end = rest.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = rest.slice(0, end);
  const body = rest.slice(end + 4);
  const length = /^transfer-encoding:.*chunked/im.test(head)
    ? chunkedLength(body)
    : Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  if (length === undefined || body.length < length) return undefined;
  return text.length - rest.length + end + 4 + length;
}

/** Up to the last chunk, which is empty; refusals have no trailers. */
function chunkedLength(body: string): number | undefined {
  const last = /(?:^|\r\n)0\r\n\r\n/.exec(body);
  return last === null ? undefined : last.index + last[0].length;
}
