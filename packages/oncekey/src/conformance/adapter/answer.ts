/** An answer that was read whole, and what it is held to: every header line and every byte. */
import {
  type ProblemCode,
  type ProblemFacts,
  problem as problemOf,
} from "../../protocol/problem.ts";
import { equal, ok, sameBytes } from "../case.ts";
import type { Line } from "./application.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly isReplay: boolean;
  /** The `code` of a problem; undefined for any other answer. */
  readonly code: string | undefined;
  /** The headers of the request. */
  readonly asked: Headers;
}

export async function answerOf(
  response: Response,
  asked: Headers = new Headers(),
): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    isReplay: response.headers.get("idempotent-replayed") === "true",
    code: isProblem ? (JSON.parse(text) as { readonly code: string }).code : undefined,
    asked,
  };
}

/** What a server adds by itself, each in its own way. */
const SERVERS_OWN = new Set(["date", "connection", "keep-alive", "transfer-encoding"]);

/** The list of protocol.md, section 2, without what the answer's own framing is. */
const NEVER_REPLAYED = new RegExp(
  "^(proxy-connection|te|trailer|upgrade|alt-svc|set-cookie2?|clear-site-data" +
    "|www-authenticate|proxy-authenticate|(proxy-)?authentication-info" +
    "|age|via|server-timing|cache-status|proxy-status|access-control-.*|timing-allow-origin" +
    "|x-request-id|request-id|x-correlation-id|x-trace-id|traceparent|tracestate|traceresponse" +
    "|b3|x-b3-.*|x-amzn-trace-id|x-amzn-requestid|x-cloud-trace-context|cf-ray" +
    "|ratelimit|ratelimit-.*|x-ratelimit-.*|retry-after)$",
);

/** Whether a replay carries a field of the first answer. */
export const isReplayed = (name: string): boolean =>
  !SERVERS_OWN.has(name) && !NEVER_REPLAYED.test(name);

/** The header lines that are the application's or the guard's, sorted, for comparison. */
export function headerSet(headers: Iterable<Line>, except: readonly string[] = []): string {
  const lines = [...headers].map(([name, value]) => [name.toLowerCase(), value] as const);
  const compared = lines.filter(([name]) => !SERVERS_OWN.has(name) && !except.includes(name));
  return compared
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
    .join("\n");
}

export interface ExpectedProblem extends ProblemFacts {
  /** The key field in the answer, if not the one that was sent as `Idempotency-Key`. */
  readonly echo?: readonly Line[];
  /** Names, in lower case, that middleware outside has set. */
  readonly outside?: readonly string[];
}

/** Refused for the key itself, which then is not said again; for a date, the key is valid. */
const isKeyless = (code: ProblemCode, asked: Headers): boolean =>
  code === "idempotency_key_required" ||
  (code === "idempotency_key_invalid" && !asked.has("repeatability-first-sent"));

/** The answer is the problem of that code: its status, its bytes, its headers and no others. */
export function problem(
  answer: Answer,
  status: number,
  code: ProblemCode,
  { echo, outside = [], ...facts }: ExpectedProblem = {},
): void {
  equal(answer.code, code, "the problem");
  equal(answer.status, status, "its status");
  equal(answer.headers.get("idempotent-replayed"), null, "the marker on a problem");
  const { original } = JSON.parse(answer.text) as ProblemFacts;
  const expected = problemOf(code, {
    maxBytes: 1024 * 1024,
    ...(original && { original }),
    ...facts,
  });
  equal(answer.text, new TextDecoder().decode(expected.body), "the body of the problem");
  const echoed = echo ?? (isKeyless(code, answer.asked) ? [] : keyOf(answer.asked));
  equal(
    headerSet(answer.headers, outside),
    headerSet([...expected.headers, ...echoed]),
    "the headers of the problem",
  );
}

const keyOf = (asked: Headers): readonly Line[] => {
  const key = asked.get("idempotency-key");
  return key === null ? [] : [["idempotency-key", key]];
};

/** `answer` replays `first`: status, kept headers, bytes and marker. Names in `anew` may differ. */
export function replays(answer: Answer, first: Answer, anew: readonly string[] = []): void {
  equal(answer.code, first.code, "the problem");
  equal(answer.status, first.status, "the status of the replay");
  equal(answer.text, first.text, "the body of the replay");
  sameBytes(answer.bytes, first.bytes, "the body of the replay");
  equal(answer.isReplay, true, "the marker of the replay");
  // The echo is the retry's own, and the length is counted anew.
  const own = ["idempotency-key", "content-length", "idempotent-replayed", ...anew];
  const kept = [...first.headers].filter(([name]) => isReplayed(name));
  equal(headerSet(answer.headers, own), headerSet(kept, own), "the headers of the replay");
  const hasLength = answer.status !== 204 && answer.status !== 304;
  const length = hasLength ? String(first.bytes.length) : null;
  if (!answer.headers.has("content-encoding")) {
    equal(answer.headers.get("content-length"), length, "the length of the replay");
  }
}

/** The handler's own answer, as the first caller gets it. */
export function isFirst(answer: Answer): void {
  ok(answer.code === undefined, `the handler's answer is no problem, and came as ${answer.code}`);
  equal(answer.headers.get("idempotent-replayed"), null, "the marker on a first answer");
}
