/**
 * What a person sees and hears of a submit: a spinner, a status, and what to do when nobody can say.
 *
 * It stands in a shadow, made node by node and styled by a constructed sheet, since a strict policy
 * allows neither HTML in a string nor a style in the page.
 */
import type { FormElement, Snapshot, Submit } from "./index.ts";

export interface RegionsSettings {
  /** Asks before a key is given up whose request may have happened; `confirm` unless told. */
  ask?(question: string): boolean | Promise<boolean>;
  readonly texts?: Partial<RegionsTexts>;
}

/** What is said beside the `messages` of the submit. */
export interface RegionsTexts {
  readonly check: string;
  readonly again: string;
  readonly question: string;
}

export interface RegionsOptions extends RegionsSettings {
  /** An empty element without a shadow to draw into; a `<div>` behind the form unless told. */
  readonly host?: HostElement;
}

/** A `HTMLElement`, as far as types must know without the DOM's. */
export interface HostElement {
  attachShadow(asked: { mode: "open" }): object;
}

const TEXTS: RegionsTexts = {
  check: "Check again",
  again: "Start again",
  question: "Your first request may have gone through. Start a new one?",
};

/** An answer that comes at once flashes nothing; what is shown can be seen for what it is. */
const SPINNER_AFTER_MS = 150;
const SPINNER_FOR_MS = 400;

/** In the colour of the text, so that it shows under forced colours. */
const STYLE =
  "[hidden]{display:none}i{display:inline-block;width:1em;height:1em;border:2px dotted;border-radius:50%}" +
  "@media(prefers-reduced-motion:no-preference){i{animation:a 1s linear infinite}}@keyframes a{to{rotate:1turn}}";

/**
 * Shows a submit beside the form that it is bound to. The returned function lets it go.
 *
 * @example showRegions(checkout, form);
 */
export function showRegions<Input, Data>(
  submission: Submit<Input, Data>,
  element: FormElement,
  { host, ...settings }: RegionsOptions = {},
): () => void {
  const made = host ? undefined : document.createElement("div");
  if (made) (element as unknown as HTMLElement).after(made);
  const draw = regionsIn((host ?? made) as HostElement, () => submission, settings);
  let wasBusy = false;
  const changed = (): void => {
    const now = submission.getSnapshot();
    draw(now, element, wasBusy);
    wasBusy = now.phase === "SUBMIT";
  };
  const end = submission.subscribe(changed);
  changed();
  return () => {
    end();
    made?.remove();
  };
}

/** `wasBusy`: the person has been waiting for what is drawn now. */
export type Draw = (now: Snapshot, form: FormElement, wasBusy: boolean) => void;

/** All regions are there before their text is: what comes together with its text is not read out. */
export function regionsIn(
  host: HostElement,
  submission: () => Pick<Submit<never>, "check" | "reset">,
  { ask = (question) => confirm(question), texts }: RegionsSettings,
): Draw {
  const says = { ...TEXTS, ...texts };
  const root = host.attachShadow({ mode: "open" }) as ShadowRoot;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const make = (tag: string, part: string, more: Partial<HTMLElement> = {}): HTMLElement => {
    const made = Object.assign(document.createElement(tag), more);
    made.part.add(part);
    return made;
  };
  const spinner = make("i", "spinner", { hidden: true });
  const status = make("p", "status", { role: "status" });
  const alert = make("p", "alert", { role: "alert", id: "a" });
  const fields = make("ul", "fields");
  const check = make("button", "check", {
    textContent: says.check,
    onclick: () => void submission().check(),
  });
  const again = make("button", "again", {
    textContent: says.again,
    async onclick() {
      if (await ask(says.question)) submission().reset();
    },
  });
  const summary = make("div", "summary", { role: "group", tabIndex: -1 });
  summary.setAttribute("aria-labelledby", "a");
  summary.append(alert, fields, check, again);
  root.append(spinner, status, summary);
  const spin = spinning(spinner);

  return (now, form, wasBusy) => {
    const failed = now.phase === "FAIL";
    spin(now.phase === "SUBMIT");
    // Only what is new: a text that is set again is read out again.
    for (const [region, text] of [
      [status, failed ? "" : now.message],
      [alert, failed ? now.message : ""],
    ] as const) {
      if (region.textContent !== text) region.textContent = text;
    }
    check.hidden = now.status !== "unknown" && now.status !== "conflict";
    again.hidden = !failed || now.status === "rejected";
    fields.replaceChildren(...linksOf(now, form));
    fields.hidden = !fields.firstChild;
    // What comes up by itself, as after a reload, takes the focus from nobody.
    if (failed && wasBusy) (now.status === "unknown" ? check : summary).focus();
  };
}

/** To the fields that a problem names: its `errors`, by `pointer` (RFC 9457, section 3) or `name`. */
function linksOf({ error }: Snapshot, element: FormElement): HTMLElement[] {
  const form = element as unknown as HTMLFormElement;
  const errors = error?.problem?.errors;
  if (!Array.isArray(errors)) return [];
  return errors.map(({ name, pointer, detail }) => {
    const named = String(name ?? pointer).replace(/^#?\//, "");
    const field = form.querySelector<HTMLElement>(`[name=${CSS.escape(named)}]`);
    const item = document.createElement("li");
    const link = document.createElement(field ? "a" : "span");
    link.textContent = detail ?? named;
    Object.assign(link, {
      href: "#",
      onclick() {
        field?.focus();
        return false;
      },
    });
    item.append(link);
    return item;
  });
}

/** Late to come, and not in a hurry to go. */
function spinning(spinner: HTMLElement): (busy: boolean) => void {
  let was = false;
  let shownAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (busy) => {
    if (busy === was) return;
    was = busy;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        spinner.hidden = !busy;
        shownAt = Date.now();
      },
      busy ? SPINNER_AFTER_MS : shownAt + SPINNER_FOR_MS - Date.now(),
    );
  };
}
