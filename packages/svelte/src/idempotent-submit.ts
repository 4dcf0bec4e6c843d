/** A submit as a readable store, and an attachment that binds its form. It needs no compiler. */
import {
  createSubmit,
  type Flags,
  flagsOf,
  press,
  type Snapshot,
  type Submit,
  type SubmitOptions,
} from "oncekey/client";
import { onMount, untrack } from "svelte";
import { type Attachment, createAttachmentKey } from "svelte/attachments";
import { type Readable, writable } from "svelte/store";

/** An attachment under a key of its own, as a spread takes it. */
export type FormProps = Readonly<Record<symbol, Attachment<HTMLFormElement>>>;

export interface ButtonProps {
  readonly "aria-disabled": boolean;
  /** Alone, the button submits with no input. In a form it leaves that to the form. */
  onclick(event: Event & { readonly currentTarget: EventTarget & HTMLButtonElement }): void;
}

type Verbs<Input, Data> = Pick<Submit<Input, Data>, "submit" | "retry" | "check" | "reset">;

export type IdempotentSubmit<Input, Data> = Snapshot<Data> &
  Flags &
  Verbs<Input, Data> & {
    /** To be spread on a `<form>`. */
    readonly formProps: FormProps;
    /** To be spread on a `<button>`. */
    readonly buttonProps: ButtonProps;
  };

export interface IdempotentStore<Input, Data>
  extends Readable<IdempotentSubmit<Input, Data>>,
    Verbs<Input, Data> {
  /** For `{@attach checkout.form}` on a `<form>`: binds it, and lets it go when Svelte takes it away. */
  readonly form: Attachment<HTMLFormElement>;
}

/**
 * One intent for as long as the component lives that calls it while it is set up. The options are
 * read once.
 *
 * @example const checkout = idempotentSubmit({ id: "checkout" });
 */
export function idempotentSubmit<Input = unknown, Data = unknown>(
  options: SubmitOptions<Input>,
): IdempotentStore<Input, Data> {
  const bound = createSubmit<Input, Data>(options);
  const { submit, retry, check, reset } = bound;
  // What an option reads while the form is bound is no reason to bind it again.
  const form: Attachment<HTMLFormElement> = (element) => untrack(() => bound.form(element));
  const verbs = { submit, retry, check, reset };
  const formProps = { [createAttachmentKey()]: form };
  const onclick: ButtonProps["onclick"] = ({ currentTarget }) => press(bound, currentTarget);
  const shown = (): IdempotentSubmit<Input, Data> => {
    const snapshot = bound.getSnapshot();
    const flags = flagsOf(snapshot);
    const buttonProps = { "aria-disabled": flags.isPending, onclick };
    return { ...snapshot, ...flags, ...verbs, formProps, buttonProps };
  };
  const store = writable(shown());
  const draw = () => store.set(shown());
  // Not before the page is there: a server makes no key, and a browser hydrates what it rendered.
  onMount(() => {
    const leave = bound.subscribe(draw);
    draw();
    return leave;
  });
  return { subscribe: store.subscribe, form, ...verbs };
}
