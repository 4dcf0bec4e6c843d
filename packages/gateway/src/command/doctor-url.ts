/**
 * What is left of the headers on the way through a URL: proxies and gateways in front of a guard
 * may strip them, and a page on another origin sees only what CORS lists.
 *
 * The preflight has no effect. A probe is a real request with a key that nobody else has, sent
 * twice: it may do whatever the path does, once.
 */
import { CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS } from "oncekey";
import { reasonOf, rootOf } from "../complaint.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

export interface Way {
  readonly url: URL;
  /** Where the page would be, in CORS's eyes. */
  readonly origin: string;
  /** For what the path asks for, such as signing in. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that takes longer belongs to a path that is not for probing. */
const ANSWER_MS = 15_000;

const ALLOW = "access-control-allow-headers";
const EXPOSE = "access-control-expose-headers";
const ORIGIN = "access-control-allow-origin";

export async function examinePreflight({ url, origin }: Way): Promise<Finding> {
  const answer = await sent(url, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,idempotency-key",
    },
  });
  if (!(answer instanceof Response)) return answer;
  if (answer.headers.get(ORIGIN) === null) {
    return ok("cors", `Pages of ${origin} are not allowed, so there is nothing to list for them.`);
  }
  const missing = notIn(answer.headers.get(ALLOW), CORS_ALLOW_HEADERS);
  if (missing.length === 0) return ok("cors", "A page of another origin may send the key.");
  return problem(
    "cors",
    `A page of another origin may not send ${missing.join(", ")}.`,
    `List it in Access-Control-Allow-Headers (\`CORS_ALLOW_HEADERS\` of oncekey).`,
  );
}

export async function examineProbes(way: Way): Promise<readonly Finding[]> {
  const key = `oncekey-doctor-${crypto.randomUUID()}`;
  const first = await probe(way, key);
  if (!(first instanceof Response)) return [first];
  const second = await probe(way, key);
  if (!(second instanceof Response)) return [second];
  return [
    ok("answers", `The first request was answered ${first.status}, the second ${second.status}.`),
    keyFinding(first, second, key),
    replayFinding(first, second),
    retryFinding([first, second]),
    ...exposeFinding(second),
  ];
}

function probe({ url, origin, headers }: Way, key: string): Promise<Response | Finding> {
  return sent(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers, origin, "idempotency-key": key },
    body: "{}",
  });
}

async function sent(url: URL, init: RequestInit): Promise<Response | Finding> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(url, { ...init, redirect: "manual", signal });
    // Read to the end, or the next request would need another connection.
    await answer.arrayBuffer();
    return answer;
  } catch (error) {
    return problem(
      "url",
      `The ${init.method} got no answer: ${reasonOf(rootOf(error))}.`,
      "Is the URL right, and does its server run?",
    );
  }
}

const isReplay = (answer: Response): boolean =>
  answer.headers.get("idempotent-replayed") === "true";

function keyFinding(first: Response, second: Response, key: string): Finding {
  const echoes = [first, second].map(({ headers }) => headers.get("idempotency-key"));
  if (echoes.every((echo) => echo?.includes(key))) {
    return ok("key", "The key arrived, and its echo came back.");
  }
  if (isReplay(second)) {
    return warning(
      "key",
      "The key arrived, and its echo did not come back.",
      "Let Idempotency-Key through in answers, or ignore this if `echoKey` is off.",
    );
  }
  return problem(
    "key",
    "Nothing shows that the key arrived: a proxy strips Idempotency-Key, or no guard is there.",
    "Let Idempotency-Key through in requests and answers, and guard this path.",
  );
}

function replayFinding(first: Response, second: Response): Finding {
  if (isReplay(first)) {
    return problem(
      "replay",
      "A key that nobody had used was answered with a replay.",
      "Look for a cache in front that answers POST: it must not.",
    );
  }
  if (isReplay(second)) return ok("replay", "The second answer was marked as a replay.");
  if (first.status >= 400) {
    return warning(
      "replay",
      `An answer of ${first.status} need not be kept, so nothing can be said of replays.`,
      "Name a path that takes {} as JSON; --headers FILE signs in.",
    );
  }
  return problem(
    "replay",
    "The second answer was not marked as a replay: the request may have run twice.",
    "Let Idempotent-Replayed through in answers, and guard this path.",
  );
}

/** An answer that invites a retry says when; a proxy may have taken that off. */
function retryFinding(answers: readonly Response[]): Finding {
  const inviting = answers.filter(({ status }) => status === 503 || status === 429);
  if (inviting.length === 0) return ok("retry", "No answer called for a Retry-After.");
  if (inviting.every(({ headers }) => headers.has("retry-after"))) {
    return ok("retry", "Retry-After came through.");
  }
  return warning(
    "retry",
    "An answer that calls for a retry came without Retry-After.",
    "Let Retry-After through in answers.",
  );
}

function exposeFinding({ headers }: Response): readonly Finding[] {
  if (headers.get(ORIGIN) === null) return [];
  const missing = notIn(headers.get(EXPOSE), CORS_EXPOSE_HEADERS);
  if (missing.length === 0) return [ok("cors", "A page of another origin may read the headers.")];
  return [
    warning(
      "cors",
      `A page of another origin cannot read ${missing.join(", ")}.`,
      "List them in Access-Control-Expose-Headers (`CORS_EXPOSE_HEADERS` of oncekey).",
    ),
  ];
}

/** A star stands for every name, where no credentials are sent. */
function notIn(list: string | null, wanted: readonly string[]): readonly string[] {
  const listed = (list ?? "").split(",").map((name) => name.trim().toLowerCase());
  return listed.includes("*") ? [] : wanted.filter((name) => !listed.includes(name.toLowerCase()));
}
