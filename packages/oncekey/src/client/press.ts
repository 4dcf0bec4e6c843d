/** A press of a button that a framework draws: the same rule for every one of them. */
import type { Submit } from "./submit.ts";

/**
 * Submits with no input, unless something is going on or is done: a slow double click is swallowed.
 * A button in a form does nothing here, since the form that it belongs to is what submits.
 */
export function press<Input, Data>(
  submit: Submit<Input, Data>,
  button: { readonly form: unknown },
): void {
  if (button.form || !submit.getSnapshot().canSubmit) return;
  void submit.submit(undefined as Input);
}
