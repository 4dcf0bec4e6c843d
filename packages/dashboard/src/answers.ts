/** Every answer of the dashboard, with the headers that keep a hostile page or record out of it. */
import { filled, MESSAGES, type MessageName, type Messages } from "./messages.ts";

/** Why a request is not served, as a sentence for whoever made it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  /** The sentence, in the words of this dashboard. */
  readonly wordsIn: (messages: Messages) => string;
  constructor(
    status: number,
    text: MessageName,
    values: Readonly<Record<string, string | number>> = {},
  ) {
    super(filled(MESSAGES[text], values));
    this.status = status;
    this.wordsIn = (messages) => filled(messages[text], values);
  }
}

/** Only our own files run or connect, nothing is framed, and nothing that is kept is executed. */
export const policyWith = (scripts: readonly string[], styles: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src ${["'self'", ...scripts].join(" ")}`,
    `style-src ${["'self'", ...styles].join(" ")}`,
    ...["connect-src 'self'", "img-src 'self'"],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    "require-trusted-types-for 'script'",
  ].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": policyWith([], []),
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  // What is shown is for the eyes of whoever asked, now.
  "Cache-Control": "no-store",
};

/** Answers that already have their headers, one of them with a policy of its own. */
const ours = new WeakSet<Response>();

export function answer(
  status: number,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const made = new Response(body, { status, headers: { ...HEADERS, ...headers } });
  ours.add(made);
  return made;
}

export function json(value: unknown, status = 200): Response {
  return answer(status, JSON.stringify(value), { "Content-Type": "application/json" });
}

export function refused(refusal: Refusal, messages: Messages): Response {
  return json({ message: refusal.wordsIn(messages) }, refusal.status);
}

/** An application's own answer, such as a way to its sign-in, under our headers. */
export function guarded(response: Response): Response {
  if (ours.has(response)) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}
