/** A submit as a hook: what it shows, what it can be told, and the props of a form and a button. */
import {
  createSubmit,
  type Flags,
  flagsOf,
  press,
  type Snapshot,
  type Submit,
  type SubmitOptions,
} from "oncekey/client";
import { type MouseEvent, useLayoutEffect, useState, useSyncExternalStore } from "react";

export interface FormProps {
  /** Binds the form, and lets it go when React takes it away. */
  ref(element: HTMLFormElement | null): (() => void) | undefined;
}

export interface ButtonProps {
  readonly "aria-disabled": boolean;
  /** Alone, the button submits with no input. In a form it leaves that to the form. */
  onClick(event: MouseEvent<HTMLButtonElement>): void;
}

export type IdempotentSubmit<Input, Data> = Snapshot<Data> &
  Flags &
  Pick<Submit<Input, Data>, "submit" | "retry" | "check" | "reset"> & {
    readonly formProps: FormProps;
    readonly buttonProps: ButtonProps;
  };

/**
 * One intent for as long as the component lives. `id` and what is no function are read once;
 * functions are those of the last render. Another `id` needs another `key` on the component.
 *
 * @example const { formProps, isPending, message } = useIdempotentSubmit({ id: "checkout" });
 */
export function useIdempotentSubmit<Input = unknown, Data = unknown>(
  options: SubmitOptions<Input>,
): IdempotentSubmit<Input, Data> {
  const [intent] = useState(() => createIntent<Input, Data>(options));
  // After the commit: a render that React throws away must not change what is sent.
  useLayoutEffect(() => {
    Object.assign(intent.options, options);
  });
  const { bound, first } = intent;
  const snapshot = useSyncExternalStore(bound.subscribe, bound.getSnapshot, () => first);
  return {
    ...snapshot,
    ...flagsOf(snapshot),
    ...intent.verbs,
    formProps: intent.formProps,
    buttonProps: { "aria-disabled": snapshot.phase === "SUBMIT", onClick: intent.onClick },
  };
}

function createIntent<Input, Data>(given: SubmitOptions<Input>) {
  const options = { ...given };
  const bound = createSubmit<Input, Data>(options);
  const { submit, retry, check, reset } = bound;
  return {
    options,
    bound,
    /** What a server renders, and a browser first: there is no key before the page is there. */
    first: bound.getSnapshot(),
    verbs: { submit, retry, check, reset },
    formProps: {
      ref: (element: HTMLFormElement | null) => (element ? bound.form(element) : undefined),
    },
    onClick: (event: MouseEvent<HTMLButtonElement>) => press(bound, event.currentTarget),
  };
}
