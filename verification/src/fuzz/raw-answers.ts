/** What came over a socket, cut into its answers. RFC 9112, read once more. */

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** The final answers that came whole. `undefined` where the bytes are no HTTP. */
export function answersIn(stream: string): readonly RawAnswer[] | undefined {
  const answers: RawAnswer[] = [];
  let rest = stream;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    // Cut within a head, or not begun as one.
    if (end === -1) return rest.startsWith("HTTP/1.1 ") ? answers : undefined;
    const head = rest.slice(0, end);
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
    if (status === undefined) return undefined;
    const body = bodyIn(head, rest.slice(end + 4));
    if (body === undefined) return answers;
    if (!status.startsWith("1")) answers.push({ status: Number(status), head, body: body.text });
    rest = body.rest;
  }
  return answers;
}

function bodyIn(head: string, bytes: string): { text: string; rest: string } | undefined {
  if (/^HTTP\/1\.1 (?:1..|204|304) /.test(head)) return { text: "", rest: bytes };
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  if (length !== undefined) {
    const size = Number(length);
    if (bytes.length < size) return undefined;
    return { text: bytes.slice(0, size), rest: bytes.slice(size) };
  }
  // Without a length it ends with the connection.
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return { text: bytes, rest: "" };
  let text = "";
  let rest = bytes;
  for (;;) {
    const [line, digits] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    if (line === undefined || digits === undefined) return undefined;
    const size = Number.parseInt(digits, 16);
    const chunk = rest.slice(line.length, line.length + size);
    const after = rest.slice(line.length + size);
    if (chunk.length < size || !after.startsWith("\r\n")) return undefined;
    rest = after.slice(2);
    if (size === 0) return { text, rest };
    text += chunk;
  }
}
