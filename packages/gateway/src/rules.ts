/** The options of a gateway, compiled: which guard, which upstream and which limits a path gets. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GuardOptions, Store } from "oncekey";
import { idempotency } from "oncekey/node";
import { Complaint } from "./complaint.ts";
import { type Config, defined, type RouteConfig, type UpstreamConfig } from "./config.ts";
import type { Line } from "./fields.ts";
import { type Forwarded, forward } from "./forward.ts";
import { type PathMatch, pathMatch, pathOf, prefixMatch } from "./routes.ts";
import { type ScopeRule, scopeRuleOf, trustIn } from "./scope.ts";
import { createScopeSignature, SIGNED_FIELDS } from "./scope-signature.ts";
import { createUpstream, type Upstream } from "./upstream.ts";

type Guarding = Omit<
  GuardOptions<IncomingMessage>,
  "store" | "scope" | "effects" | "commitWhen" | "methods"
>;

/** The library's options, and a gateway's own: those of `oncekey.config.json`, by the same names. */
export interface RuleOptions
  extends Guarding,
    Pick<Config, "upstream" | "upstreams" | "routes" | "trustedProxies" | "timeoutMs" | "effects"> {
  readonly store: Store;
  /** `"global"`, `"header:NAME"`, `"path"`, a list of these, or a function as the library has it. */
  readonly scope:
    | string
    | readonly string[]
    | Exclude<GuardOptions<IncomingMessage>["scope"], string>;
  readonly methods?: Config["methods"];
  readonly allowLinkLocal?: boolean | undefined;
  /** The upstream is told the scope in a header that is signed with it. At least 32 bytes. */
  readonly scopeSecret?: Uint8Array | undefined;
}

export interface Rules {
  /** The key's own names, in lower case. */
  readonly keyNames: readonly string[];
  of(request: IncomingMessage): Ruled;
  close(atOnce: boolean): Promise<void>;
}

/** What is done with one request. */
export interface Ruled {
  readonly upstream: Upstream;
  /** Runs the guard, and what is behind it. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<unknown>;
  /** Fields that a request must not name in `Connection`, in lower case (P-133). */
  readonly needed: ReadonlySet<string>;
  /** Fields that are not sent on, because a stranger sent them. */
  readonly distrusted: readonly string[];
  /** What the upstream is told by the gateway alone. */
  added(): readonly Line[];
}

/** Longer than people wait, and as long as most servers let a request run. */
const TIMEOUT_MS = 60_000;

type Heard = (request: IncomingMessage, forwarded: Forwarded) => void;

/** Throws a `Complaint`, or the library's `TypeError` that names the option. */
export function createRules(options: RuleOptions, heard: Heard): Rules {
  const { upstream, upstreams, routes = [], trustedProxies, timeoutMs, allowLinkLocal } = options;
  const { scope, effects, store, ...others } = options;
  const guard = without(others, OWN);
  const isListed = trustIn(trustedProxies);
  const isTrusted = ({ socket }: IncomingMessage) => isListed(socket.remoteAddress ?? "");
  const targets = targetsOf(upstream, upstreams, allowLinkLocal ?? false);
  const header = options.header ?? "Idempotency-Key";
  const keyNames = (typeof header === "string" ? [header] : header).map((name) =>
    name.toLowerCase(),
  );
  const sign =
    options.scopeSecret === undefined ? undefined : createScopeSignature(options.scopeSecret);
  const compared = (options.fingerprint?.headers ?? []).map((name) => name.toLowerCase());

  const rulesOf = (route: Omit<RouteConfig, "match">) => {
    const { guard: isGuarded = true, timeoutMs: ofRoute, ...changes } = defined(route);
    const kind = checkEffects(changes.effects ?? effects ?? "unrepeatable");
    const rule = ruleOf(changes.scope ?? scope, isTrusted);
    if (sign !== undefined && rule.headers.length === 0) throw nobodyToTell();
    const distrusted = (request: IncomingMessage) => [
      ...SIGNED_FIELDS,
      ...(isTrusted(request) ? [] : rule.headers),
    ];
    const added = (request: IncomingMessage): Line[] => {
      const line = rule.of === "global" ? undefined : sign?.(request, rule.of(request));
      return line === undefined ? [] : [line];
    };
    const handler = async (request: IncomingMessage, response: ServerResponse) => {
      const to = upstreamFor(targets, request);
      const way = {
        upstream: to,
        timeoutMs: ofRoute ?? to.timeoutMs ?? timeoutMs ?? TIMEOUT_MS,
        effects: kind,
        distrusted: distrusted(request),
        added: added(request),
        keyNames,
        isTrusted: isTrusted(request),
        docs: options.docs,
      };
      heard(request, await forward(request, response, way));
    };
    const guarding = { ...guard, ...changes, store, scope: rule.of, effects: kind };
    const serve = idempotency<IncomingMessage, ServerResponse>(guarding, handler);
    return {
      serve: isGuarded ? serve : handler,
      distrusted,
      added,
      needed: new Set([...keyNames, ...compared, ...rule.headers]),
    };
  };

  const base = rulesOf({});
  const compiled = routes.map(({ match, ...route }) => ({
    matches: pathMatch(match),
    rules: rulesOf(route),
  }));

  return {
    keyNames,
    of(request) {
      const path = pathOf(request.url ?? "/");
      const { serve, needed, distrusted, added } =
        compiled.find(({ matches }) => matches(path))?.rules ?? base;
      const to = upstreamFor(targets, request);
      return {
        ...{ serve, needed, upstream: to, distrusted: distrusted(request) },
        added: () => added(request),
      };
    },
    async close(atOnce) {
      await Promise.all(targets.map((target) => target.upstream.close(atOnce)));
    },
  };
}

/** A gateway's own: the library does not know them. */
const OWN = [
  ...["upstream", "upstreams", "routes", "trustedProxies", "timeoutMs", "allowLinkLocal"],
  "scopeSecret",
];

function without(options: object, names: readonly string[]): object {
  const entries = Object.entries(options).filter(
    ([name, value]) => value !== undefined && !names.includes(name),
  );
  return Object.fromEntries(entries);
}

interface Target {
  readonly matches: PathMatch;
  readonly length: number;
  readonly upstream: Upstream;
}

function targetsOf(
  one: Config["upstream"],
  several: Config["upstreams"] = {},
  linkLocal: boolean,
): readonly Target[] {
  const all: [string, string | UpstreamConfig][] = Object.entries(several);
  if (one !== undefined) all.push(["/", one]);
  if (all.length === 0) {
    throw new Complaint(
      "Expected --upstream to say where requests go, such as http://127.0.0.1:3000.",
    );
  }
  // The longest prefix first: it says most about the path.
  return all
    .map(([prefix, to]) => ({
      matches: prefixMatch(prefix),
      length: prefix.length,
      upstream: createUpstream(to, { linkLocal }),
    }))
    .sort((a, b) => b.length - a.length);
}

/** A path that no prefix covers has no upstream of its own: the server answers 404. */
export class NoUpstream extends Error {}

function upstreamFor(targets: readonly Target[], request: IncomingMessage): Upstream {
  const path = pathOf(request.url ?? "/");
  const found = targets.find(({ matches }) => matches(path));
  if (found === undefined) throw new NoUpstream();
  return found.upstream;
}

function ruleOf(
  scope: RuleOptions["scope"],
  isTrusted: (request: IncomingMessage) => boolean,
): ScopeRule {
  // The application's own function knows by itself whom to believe.
  if (typeof scope === "function") return { of: scope as ScopeRule["of"], headers: [] };
  if (scope === undefined) {
    throw new Complaint(
      "Expected `scope` (--scope) to say whose key it is: header:NAME, or global in words if all share one.",
    );
  }
  return scopeRuleOf(scope, isTrusted);
}

/** A function of the application's is the application's to tell of. */
const nobodyToTell = (): Complaint =>
  new Complaint(
    "Expected `scope` (--scope) to be header:NAME everywhere where `scopeSecret` (--scope-secret) " +
      "is given: otherwise there is nobody to tell the upstream of.",
  );

/** What reaches an upstream cannot be taken back with a transaction of the store. */
function checkEffects(effects: unknown): "unrepeatable" | "repeatable" {
  if (effects === "unrepeatable" || effects === "repeatable") return effects;
  throw notTransactional();
}

export function notTransactional(): Complaint {
  return new Complaint(
    "Expected --effects to be unrepeatable or repeatable: the upstream's writes are in no " +
      "transaction of the gateway's.",
  );
}
