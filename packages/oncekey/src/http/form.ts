/** A key for a plain form, without a script: the page carries it, so each click sends the same. */

export interface HiddenField {
  /** The name given as `formField`; `_idempotency_key` unless told. */
  readonly name?: string | undefined;
  /** A key that was made before: for a form that is shown again after an error. */
  readonly key?: string | undefined;
}

/** What the client looks for in a form that it binds, unless the application says otherwise. */
const FORM_FIELD = "_idempotency_key";

/**
 * HTML of a hidden input with a fresh random key, escaped. Each rendering is one intent, so the
 * page has to be sent with `Cache-Control: no-store`. A browser that restores what was in a form
 * restores no key of an earlier page.
 *
 * @example `<form method="post" action="/pay">${hiddenField()} ... </form>`
 */
export function hiddenField({ name = FORM_FIELD, key }: HiddenField = {}): string {
  const value = key ?? crypto.randomUUID();
  return `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}" autocomplete="off">`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
