/** A web `Response` led through the passage, and the guard's own answers as one. */
import { joined } from "../http/chunks.ts";
import type { Closing, Passage, WholeAnswer } from "../http/exchange.ts";
import type { HeaderLine } from "../http/headers.ts";

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
      const [only] = closing.rest;
      const body = only === undefined ? null : joined(closing.rest);
      const { status, statusText } = response;
      return new Response(body, {
        status,
        statusText,
        headers: withAdded(response, passage),
      });
    }
  }
}

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
