/** The guard in front of a fetch handler, and what a client is told by it. */
import { type GuardOptions, idempotency } from "oncekey/web";

export type Handler = (request: Request) => Response | Promise<Response>;
export type Options = GuardOptions<Request>;
/** Makes a guarded handler: what is under test, or a mutant of it. */
export type Web = (options: Options, handler: Handler) => (request: Request) => Promise<Response>;

export const web: Web = (options, handler) => idempotency(options, handler);

/** A mutant that meddles with what goes into the guard, or with what comes out of it. */
export const around =
  (
    meddle: (request: Request, ask: (request: Request) => Promise<Response>) => Promise<Response>,
  ): Web =>
  (options, handler) => {
    const sound = web(options, handler);
    return (request) => meddle(request, sound);
  };

export interface Told {
  readonly status: number;
  /** Of a problem of oncekey's own. */
  readonly code: string | undefined;
  readonly isReplay: boolean;
  readonly headers: Headers;
  /** A character for each byte. */
  readonly body: string;
}

export async function tell(response: Response): Promise<Told> {
  const { status, headers } = response;
  const body = Buffer.from(await response.arrayBuffer()).toString("latin1");
  const isReplay = headers.get("idempotent-replayed") === "true";
  return { status, code: codeOf(headers, body), isReplay, headers, body };
}

function codeOf(headers: Headers, body: string): string | undefined {
  if (headers.get("content-type") !== "application/problem+json") return undefined;
  const problem: unknown = JSON.parse(body);
  const code = typeof problem === "object" && problem !== null && Reflect.get(problem, "code");
  return typeof code === "string" ? code : undefined;
}

/** In one word: "ran", "replayed", or the code of the refusal. */
export const wordOf = ({ status, code, isReplay }: Told): string =>
  isReplay ? "replayed" : (code ?? (status === 201 ? "ran" : `status ${status}`));
