/** A web `Request` seen as an exchange, and a `Response` led through the passage. */
import type { CapturedBody, Closing, Exchange, Passage, WholeAnswer } from "../http/exchange.ts";
import type { HeaderLine } from "../http/headers.ts";

export interface WebExchange<Request> extends Exchange<Request> {
  /** What the handler is to be given: the body of the original was read. */
  readonly forHandler: () => globalThis.Request;
}

/**
 * `request` is what the application's functions are given; `raw` is the web's own. `used` tells
 * what is left of a body that was read before.
 */
export function webExchange<Request>(
  request: Request,
  raw: globalThis.Request,
  used: () => Promise<CapturedBody> = async () => ({ kind: "unreadable" }),
): WebExchange<Request> {
  let replacement: globalThis.Request | undefined;
  return {
    request,
    method: raw.method,
    target: targetOf(raw.url),
    header: (name) => raw.headers.get(name) ?? undefined,
    async body(limit) {
      if (raw.body === null) return EMPTY;
      if (raw.bodyUsed) return used();
      const body = await readAhead(raw.body, limit);
      if (body.kind === "bytes") replacement = withBody(raw, body.bytes);
      return body;
    },
    forHandler: () => replacement ?? raw,
    onGone(call) {
      raw.signal.addEventListener("abort", call, { once: true });
      return () => raw.signal.removeEventListener("abort", call);
    },
  };
}

const EMPTY: CapturedBody = { kind: "bytes", bytes: new Uint8Array(0) };

/** Without scheme and host, and otherwise as it stands there: parsing it again could change it. */
function targetOf(url: string): string {
  const path = url.indexOf("/", url.indexOf("://") + 3);
  const fragment = url.indexOf("#");
  if (path === -1) return "/";
  return fragment === -1 ? url.slice(path) : url.slice(path, fragment);
}

function withBody(raw: globalThis.Request, bytes: Uint8Array): globalThis.Request {
  const body = bytes as Uint8Array<ArrayBuffer>;
  try {
    return new globalThis.Request(raw, { body });
  } catch {
    // Some servers' requests only look like the web's own, and are no input to it.
    const { method, headers, signal } = raw;
    return new globalThis.Request(raw.url, { method, headers, signal, body });
  }
}

async function readAhead(stream: ReadableStream<Uint8Array>, limit: number): Promise<CapturedBody> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: "bytes", bytes: joined(chunks, length) };
      chunks.push(value);
      length += value.length;
      if (length > limit) {
        // The rest is read and dropped: told to stop, a server would cut the connection, and the
        // answer with it.
        void drain(reader);
        return { kind: "too-large" };
      }
    }
  } catch {
    return { kind: "cut" };
  }
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The client has left: there is nothing more to read.
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

export const linesOf = (headers: Headers): HeaderLine[] => [...headers];

/** An answer of the guard's, beside what stands `outside` and does not concern it. */
export function responseOf(answer: WholeAnswer, outside: readonly HeaderLine[]): Response {
  const headers = headersOf(outside);
  for (const [name] of answer.headers) headers.delete(name);
  for (const [name, value] of answer.headers) headers.append(name, value);
  const body = answer.body.length === 0 ? null : (answer.body as Uint8Array<ArrayBuffer>);
  return new Response(body, { status: answer.status, headers });
}

function headersOf(lines: readonly HeaderLine[]): Headers {
  const headers = new Headers();
  for (const [name, value] of lines) headers.append(name, value);
  return headers;
}

/**
 * Leads the handler's response through the passage. Resolves as soon as something may be sent: the
 * whole of it when it is there already, or its head with a stream of what follows.
 */
export async function passThrough(
  passage: Passage,
  response: Response,
  outside: readonly HeaderLine[],
  onGone: (call: () => void) => () => void,
): Promise<Response> {
  // The body first: some servers' lazy responses know its type only once it was asked for.
  const reader = response.body?.getReader();
  passage.head(response.status, linesOf(response.headers), outside);
  const first = await advance(passage, reader, reader?.read());
  if (first.closing !== undefined) return whole(first.closing, response, passage, outside);

  const body = streamOf(first, (next) => advance(passage, reader, next), onGone);
  return new Response(body, {
    status: response.status,
    statusText: response.statusText,
    headers: withAdded(response, passage),
  });
}

type Read = Promise<ReadableStreamReadResult<Uint8Array>>;

/** One step on the way: chunks that may leave, and either what comes next or how it ended. */
interface Step {
  readonly chunks: readonly Uint8Array[];
  readonly next?: Read | undefined;
  readonly closing?: Closing;
}

/** Reads on until something may leave, or all is said. */
async function advance(
  passage: Passage,
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  read: Read | undefined,
): Promise<Step> {
  if (reader === undefined || read === undefined) {
    return { chunks: [], closing: await passage.end() };
  }
  try {
    for (let current = read; ; ) {
      const { done, value } = await current;
      if (done) return { chunks: [], closing: await passage.end() };
      current = reader.read();
      // A body that was made at once ends at once: its one chunk is the last, and is held back. A
      // stream that pauses here is passed on as it comes.
      if (await endsNow(current)) return { chunks: [], closing: await passage.end(value) };
      const chunks = passage.write(value);
      if (chunks.length > 0) return { chunks, next: current };
    }
  } catch (error) {
    return { chunks: [], closing: await passage.fail(error) };
  }
}

async function endsNow(read: Read): Promise<boolean> {
  // The failure of a read is met where it is awaited, one turn later.
  const ended = read.then(
    ({ done }) => done,
    () => false,
  );
  return Promise.race([ended, turn().then(() => false)]);
}

interface Immediate {
  readonly setImmediate?: (call: () => void) => unknown;
}

/** One turn of the event loop: whatever is there already comes first. */
function turn(): Promise<void> {
  const { setImmediate } = globalThis as Immediate;
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}

function whole(
  closing: Closing,
  response: Response,
  passage: Passage,
  outside: readonly HeaderLine[],
): Response {
  switch (closing.kind) {
    case "instead":
      return responseOf(closing.answer, outside);
    case "cut":
      return new Response(broken(), { status: response.status });
    case "send": {
      const [only, ...more] = closing.rest;
      const body = more.length === 0 ? (only ?? null) : joinedRest(closing.rest);
      const { status, statusText } = response;
      return new Response(body as Uint8Array<ArrayBuffer> | null, {
        status,
        statusText,
        headers: withAdded(response, passage),
      });
    }
  }
}

const joinedRest = (chunks: readonly Uint8Array[]): Uint8Array =>
  joined(
    chunks,
    chunks.reduce((sum, chunk) => sum + chunk.length, 0),
  );

function withAdded(response: Response, passage: Passage): Headers {
  const headers = new Headers(response.headers);
  for (const [name, value] of passage.added) headers.set(name, value);
  return headers;
}

/** A body that fails: servers cut the connection, so that nobody takes the answer for whole. */
const broken = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull(controller) {
      controller.error(new Error("The answer was cut off."));
    },
  });

/** As fast as the client reads; and to the end, whether or not the client stays. */
function streamOf(
  first: Step,
  advance: (next: Read | undefined) => Promise<Step>,
  onGone: (call: () => void) => () => void,
): ReadableStream<Uint8Array> {
  let wanted: () => void = () => {};
  let isGone = false;
  const leave = () => {
    isGone = true;
    wanted();
  };
  const forget = onGone(leave);

  async function pump(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (let step = first; ; ) {
      if (!isGone) for (const chunk of step.chunks) controller.enqueue(chunk);
      if (step.closing !== undefined) {
        forget();
        if (!isGone) finish(controller, step.closing);
        return;
      }
      if (!isGone && (controller.desiredSize ?? 0) <= 0) {
        await new Promise<void>((resolve) => {
          wanted = resolve;
        });
      }
      step = await advance(step.next);
    }
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      pump(controller).catch((error: unknown) => controller.error(error));
    },
    pull() {
      wanted();
    },
    cancel: leave,
  });
}

function finish(controller: ReadableStreamDefaultController<Uint8Array>, closing: Closing): void {
  if (closing.kind !== "send") {
    controller.error(new Error("The answer was cut off."));
    return;
  }
  for (const chunk of closing.rest) controller.enqueue(chunk);
  controller.close();
}
