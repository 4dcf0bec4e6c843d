/**
 * Binds a `<form>`, which stays usable without us: the browser validates it and says which button
 * was pressed, and we take over where it would have sent. A click that comes while something is
 * going on, or after it is done, is swallowed in the same task, before anything is drawn.
 */
import type { Asked } from "./frozen.ts";
import type { Snapshot } from "./snapshot.ts";

/** A `HTMLFormElement`, as far as types must know without the DOM's. */
export interface FormElement {
  readonly elements: object;
  requestSubmit(): void;
}

type FormValue = string | Blob;

/** What the browser would have sent, by the form and the button that was pressed. */
export interface FormFacts {
  readonly url: string;
  readonly method: string;
  readonly enctype: string;
  readonly body: FormData;
  /** A field that occurs more than once has an array of its values. */
  readonly values: Readonly<Record<string, FormValue | readonly FormValue[]>>;
}

interface Bound {
  readonly field: string;
  readonly disables: boolean;
  mount(field?: string): void;
  getSnapshot(): Snapshot;
  submit(facts: FormFacts): void;
  edited(): void;
  subscribe(listener: () => void): () => void;
}

export function bindForm(element: FormElement, bound: Bound): () => void {
  const form = element as unknown as HTMLFormElement;
  const hidden = form.elements.namedItem(bound.field);
  const field = hidden instanceof HTMLInputElement ? hidden : undefined;
  let disabled: Pressed[] = [];
  let focused: Pressed | undefined;

  const draw = () => {
    const { phase, key } = bound.getSnapshot();
    const busy = phase === "SUBMIT";
    // Every later key too, so that the form means the same without us.
    if (field && key !== null) field.value = key;
    form.setAttribute("aria-busy", String(busy));
    for (const button of buttonsOf(form)) button.setAttribute("aria-disabled", String(busy));
    if (!bound.disables) return;
    if (busy && disabled.length === 0) {
      disabled = buttonsOf(form).filter((button) => !button.disabled);
      focused = disabled.find((button) => button === document.activeElement);
      for (const button of disabled) button.disabled = true;
    } else if (!busy) {
      for (const button of disabled) button.disabled = false;
      disabled = [];
      focused?.focus();
      focused = undefined;
    }
  };

  const submitted = (event: SubmitEvent) => {
    const facts = factsOf(form, event.submitter);
    // What asks for nothing to be done is the browser's.
    if (facts.method !== "POST" || event.defaultPrevented) return;
    event.preventDefault();
    if (bound.getSnapshot().canSubmit) bound.submit(facts);
  };
  const edited = () => bound.edited();

  form.addEventListener("submit", submitted);
  form.addEventListener("input", edited);
  form.addEventListener("reset", edited);
  bound.mount(field?.value || undefined);
  const unsubscribe = bound.subscribe(draw);
  draw();
  return () => {
    form.removeEventListener("submit", submitted);
    form.removeEventListener("input", edited);
    form.removeEventListener("reset", edited);
    unsubscribe();
  };
}

type Pressed = HTMLButtonElement | HTMLInputElement;

const buttonsOf = (form: HTMLFormElement): Pressed[] =>
  [...form.elements].filter(
    (each): each is Pressed =>
      (each instanceof HTMLButtonElement || each instanceof HTMLInputElement) &&
      (each.type === "submit" || each.type === "image"),
  );

/** The attributes of the button that was pressed go before those of the form. */
function factsOf(form: HTMLFormElement, submitter: HTMLElement | null): FormFacts {
  // Not by property: a field may be called "action", and would stand in its place.
  const of = (name: string) => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name);
  const body = new FormData(form, submitter);
  const names = [...new Set(body.keys())];
  const values = names.map((name) => {
    const all = body.getAll(name);
    return [name, all.length === 1 ? all[0] : all] as const;
  });
  return {
    url: new URL(of("action") || location.href, document.baseURI).href,
    method: (of("method") ?? "get").toUpperCase(),
    enctype: of("enctype") ?? "",
    body,
    values: Object.fromEntries(values) as FormFacts["values"],
  };
}

/** The request that the browser would have made (HTML, "form submission algorithm"). */
export function requestOf({ url, method, enctype, body }: FormFacts): Asked & { url: string } {
  if (enctype.toLowerCase() === "multipart/form-data") return { url, method, body };
  const pairs = [...body].map(([name, value]) => [
    name,
    typeof value === "string" ? value : value.name,
  ]);
  return { url, method, body: new URLSearchParams(pairs as string[][]) };
}
