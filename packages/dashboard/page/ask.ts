/** Asks the dashboard's server, and keeps what it said until there is something newer. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { say } from "./texts.ts";

/** What the server refused, in its own words. */
class Refused extends Error {}

/** With a body it is a POST. Throws `Refused`. */
export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`./api/${path}`, body === undefined ? {} : posted(body));
  } catch {
    throw new Refused(say("unreachable"));
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Answer;
  throw new Refused(messageOf(text) ?? say("answered", { status: response.status }));
}

const posted = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json", "X-Oncekey-Dashboard": "1" },
  body: JSON.stringify(body),
});

function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text);
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

export const wordsOf = (error: unknown): string =>
  error instanceof Refused ? error.message : say("pageFailed");

export interface Asked<Answer> {
  readonly answer: Answer | undefined;
  readonly error: string | undefined;
  readonly isBusy: boolean;
  /** How long the last question took: what is cheap may be asked again by itself. */
  readonly tookMs: number;
  again(): void;
}

/** Asks when `name` changes, and again when told to. An old answer stays until the new one is there. */
export function useAsked<Answer>(name: string, question: () => Promise<Answer>): Asked<Answer> {
  const [state, setState] = useState<Omit<Asked<Answer>, "again"> & { readonly of: string }>({
    ...{ answer: undefined, error: undefined, isBusy: true, tookMs: 0, of: name },
  });
  const latest = useRef(question);
  latest.current = question;
  const turn = useRef(0);

  const again = useCallback(() => {
    const mine = ++turn.current;
    const begun = performance.now();
    setState((known) => ({ ...known, isBusy: true }));
    const ended = (part: Partial<Asked<Answer>>) => {
      // An answer to a question that is not asked any more comes too late.
      if (mine !== turn.current) return;
      const tookMs = performance.now() - begun;
      setState((known) => ({
        ...known,
        error: undefined,
        ...part,
        isBusy: false,
        tookMs,
        of: name,
      }));
    };
    latest.current().then(
      (answer) => ended({ answer }),
      (error) => ended({ error: wordsOf(error) }),
    );
  }, [name]);

  useEffect(again, [again]);
  const isOld = state.of !== name;
  return { ...state, ...(isOld ? { answer: undefined, error: undefined } : {}), again };
}
