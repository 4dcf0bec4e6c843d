/**
 * `useActionState`, once per intent: the form data carries a key, and a second submit of the same
 * task is dropped. The action takes the place of the network below `createSubmit`, so the machine
 * of `oncekey/client` decides when a key is used up.
 */
import { createSubmit, type Profile } from "oncekey/client";
import { useActionState, useLayoutEffect, useState } from "react";

export interface IdempotentActionOptions<State> {
  /** Names the form on its page. Under it the key outlives an error boundary and a reload. */
  readonly id: string;
  readonly initialState: Awaited<State>;
  /** The field of the form data that carries the key; `_idempotency_key` unless told. */
  readonly formField?: string;
}

/** As of `useActionState`: in flight means pending, and what the action throws is thrown again. */
export type IdempotentAction<State> = [
  state: Awaited<State>,
  formAction: (form: FormData) => void,
  isPending: boolean,
];

type Action<State> = (state: Awaited<State>, form: FormData) => State | Promise<State>;

/** What an action returns is its answer. Nothing is sent again by itself: an action may not say. */
const ACTION: Profile = {
  keyFormat: "bare",
  methods: ["POST"],
  resend: false,
  comparesBody: true,
  retentionMs: 86_400_000,
  classify: () => ({ kind: "done" }),
};
/** The longest that a timer takes: an action cannot be stopped, so its end is waited for. */
const NO_LIMIT_MS = 2 ** 31 - 1;
/** Nothing is sent there; a request has to have an address. */
const NOWHERE = "https://action.invalid/";

/**
 * The key is given up when the action returns, or leaves the page by a redirect of Next. When it
 * throws otherwise, the next submit carries the same key.
 *
 * @example const [state, formAction, isPending] = useIdempotentAction(pay, { id: "pay", initialState: null });
 */
export function useIdempotentAction<State>(
  action: Action<State>,
  options: IdempotentActionOptions<State>,
): IdempotentAction<State> {
  const [intent] = useState(() => createIntent(action, options));
  // After the commit: a render that React throws away must not change what is called.
  useLayoutEffect(() => {
    intent.action = action;
  });
  const [state, dispatch, isPending] = useActionState(intent.run, options.initialState);
  const formAction = (form: FormData) => {
    if (intent.claim()) dispatch(form);
  };
  return [state, formAction, isPending];
}

function createIntent<State>(
  action: Action<State>,
  { id, formField = "_idempotency_key" }: IdempotentActionOptions<State>,
) {
  let isTaken = false;
  let before: Awaited<State>;
  let form: FormData;
  let answer: Awaited<State> | Promise<State>;
  const bound = createSubmit<FormData>({
    id,
    server: ACTION,
    timeoutMs: NO_LIMIT_MS,
    request: (body) => ({ url: NOWHERE, body }),
    async fetch({ headers }) {
      form.set(formField, headers.get("Idempotency-Key") ?? "");
      const calling = (async () => intent.action(before, form))();
      answer = calling;
      await calling.catch((error) => {
        if (!isRedirect(error)) throw error;
      });
      return new Response();
    },
  });
  const intent = {
    action,
    /** In the task of the click: React would queue the second, and run it after the first. */
    claim(): boolean {
      if (isTaken) return false;
      isTaken = true;
      return true;
    },
    async run(state: Awaited<State>, asked: FormData): Promise<Awaited<State>> {
      // Where nothing may be sent, as under a key that is too old, the state stays.
      answer = before = state;
      form = asked;
      await bound.submit(form);
      isTaken = false;
      return await answer;
    },
  };
  return intent;
}

/** Next throws what leads to another page: the action has done its work. */
const isRedirect = (error: { readonly digest?: string } | undefined): boolean =>
  /^NEXT_REDIRECT/.test(error?.digest ?? "");
