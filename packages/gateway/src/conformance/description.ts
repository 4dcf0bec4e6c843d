/**
 * The target description: a JSON file, or the same by flags. Everything in it is optional. What it
 * does not know it refuses, because a misspelled behaviour would make its cases silently not apply.
 */
import { type Checked, check } from "./check.ts";
import { PROFILES, type ProfileName, type Refusal } from "./profile.ts";
import type { Behaviour, BehaviourName, Counting, Target } from "./target.ts";
import { Usage } from "./usage.ts";

/** Everything that a description may say. */
export const MEMBERS: readonly string[] = [
  "profile",
  "method",
  "headers",
  "body",
  "key",
  "marker",
  "effects",
  "count",
  "statuses",
  "principals",
  "behaviours",
  "requestBytesMax",
  "gateway",
  "start",
  "parallel",
  "timeoutMs",
];

/** Everything that a handler may be made to do. */
export const BEHAVIOURS: readonly BehaviourName[] = [
  "slow",
  "clientError",
  "serverError",
  "cut",
  "redirect",
  "empty",
  "binary",
  "large",
  "tooLarge",
  "fields",
  "elsewhere",
  "read",
  "uncovered",
];

/** What most people would call a request. */
const BODY = { amount: "{{n}}" };
/** Stripe and the Agentic Commerce Protocol allow 255 characters, and so does oncekey. */
const KEY_LENGTH = 255;
/** As many digits in all bodies of a run, so that two reports about one server are equal. */
const START = 100_000;
/** Enough for a race to be one on two cores, and not so many that a rate limit answers first. */
const PARALLEL = 20;
/** Longer than a slow handler of a few seconds. */
const TIMEOUT_MS = 15_000;

/** Throws `Usage` when the description says what cannot be. */
export function readDescription(url: URL, description: unknown): Target {
  const given = check.object(description, "the description");
  given.only(MEMBERS);
  const profileName = given.oneOf("profile", Object.keys(PROFILES)) as ProfileName | undefined;
  const profile = PROFILES[profileName ?? "draft"];
  const key = given.object("key") ?? check.object({}, "`key`");
  key.only(["header", "format", "required", "lengthMax"]);
  return {
    profile: profile.name,
    url,
    method: (given.text("method") ?? "POST").toUpperCase(),
    headers: given.texts("headers") ?? {},
    body: given.has("body") ? given.value("body") : BODY,
    keyHeader: key.text("header") ?? "Idempotency-Key",
    keyFormat: (key.oneOf("format", ["bare", "quoted"]) ?? profile.keyFormat) as "bare" | "quoted",
    keyRequired: key.boolean("required"),
    keyLengthMax: key.integer("lengthMax") ?? KEY_LENGTH,
    marker: markerOf(given, profile.marker),
    effects: (given.oneOf("effects", ["unrepeatable", "repeatable"]) ??
      "unrepeatable") as Target["effects"],
    counting: countingOf(given, url),
    statuses: statusesOf(given, profile.statuses),
    principals: given.list("principals")?.map((each) => each.ownTexts()) ?? [],
    behaviours: behavioursOf(given),
    requestBytesMax: given.integer("requestBytesMax"),
    isGateway: given.boolean("gateway") ?? false,
    start: given.integer("start") ?? START,
    parallel: given.integer("parallel") ?? PARALLEL,
    timeoutMs: given.integer("timeoutMs") ?? TIMEOUT_MS,
  };
}

function markerOf(given: Checked, initial: string | null): string | null {
  if (!given.has("marker")) return initial;
  if (given.value("marker") === null) return null;
  const marker = given.text("marker") ?? "";
  if (/^[\w-]+: *\S/.test(marker)) return marker;
  throw new Usage('Expected `marker` to be "Name: value", or null if replays have none.');
}

function countingOf(given: Checked, base: URL): Counting | undefined {
  const count = given.object("count");
  if (count === undefined) return undefined;
  count.only(["url", "pointer", "header"]);
  const [url, header] = [count.text("url"), count.text("header")];
  const pointer = count.text("pointer");
  if (pointer !== undefined && pointer !== "" && !pointer.startsWith("/")) {
    throw new Usage("Expected `count.pointer` to be a JSON pointer, such as /runs.");
  }
  if (url !== undefined) return { by: "url", url: addressOf(url, base), pointer: pointer ?? "" };
  if (header !== undefined) return { by: "header", header };
  if (pointer !== undefined) return { by: "pointer", pointer };
  throw new Usage("Expected `count` to have a `url`, a `header` or a `pointer`.");
}

function addressOf(text: string, base: URL): URL {
  if (URL.canParse(text, base)) return new URL(text, base);
  throw new Usage("Expected `count.url` to be an address, or a path on the target.");
}

function statusesOf(
  given: Checked,
  initial: Target["statuses"],
): Readonly<Record<Refusal, readonly number[]>> {
  const statuses = given.object("statuses");
  statuses?.only(Object.keys(initial));
  const own = (refusal: Refusal): readonly number[] =>
    statuses?.statuses(refusal) ?? initial[refusal];
  return {
    missing: own("missing"),
    invalid: own("invalid"),
    inFlight: own("inFlight"),
    conflict: own("conflict"),
  };
}

function behavioursOf(given: Checked): Target["behaviours"] {
  const behaviours = given.object("behaviours");
  behaviours?.only(BEHAVIOURS);
  const described = BEHAVIOURS.flatMap((name) => {
    const each = behaviours?.object(name);
    return each === undefined ? [] : [[name, behaviourOf(name, each)] as const];
  });
  return Object.fromEntries(described);
}

/** The read is a GET unless said otherwise; every other one is like the described request. */
function behaviourOf(name: BehaviourName, each: Checked): Behaviour {
  each.only(["path", "method", "headers", "body", "ms", "keeps", "drops"]);
  return {
    path: each.text("path"),
    method: each.text("method")?.toUpperCase() ?? (name === "read" ? "GET" : undefined),
    headers: each.texts("headers"),
    ...(each.has("body") && { body: each.value("body") }),
    ms: each.integer("ms"),
    keeps: each.words("keeps"),
    drops: each.words("drops"),
  };
}
