/**
 * `<oncekey-form>`: the client around a `<form>` of the page, which stays usable without it. It adds
 * what a person sees and hears of a submit: a spinner, a status, and what to do when nobody can say.
 *
 * What it draws stands in its shadow, made node by node and styled by a constructed sheet, since a
 * strict policy allows neither HTML in a string nor a style in the page.
 */
import { createSubmit, type Snapshot, type Submit, type SubmitOptions } from "./index.ts";

export interface OncekeyFormOptions {
  /** The element's name; `oncekey-form` unless told. */
  readonly name?: string;
  /**
   * The options of `createSubmit` for one element. The submit is named after the element's `id`
   * unless they say otherwise.
   */
  options?(element: OncekeyForm): Partial<SubmitOptions<never>>;
  /** Asks before a key is given up whose request may have happened; `confirm` unless told. */
  ask?(question: string): boolean | Promise<boolean>;
  readonly texts?: Partial<ElementTexts>;
}

/** What it says beside the `messages` of the submit. */
export interface ElementTexts {
  readonly check: string;
  readonly again: string;
  readonly question: string;
}

/** An `HTMLElement`, as far as types must know without the DOM's. */
export interface OncekeyForm {
  readonly id: string;
  /** What `createSubmit` gives: for buttons elsewhere in the page, and for whoever watches. */
  readonly submission: Submit<unknown>;
}

const TEXTS: ElementTexts = {
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

/** Throws a `ReferenceError` where there is no page to define it in. */
export function defineOncekeyForm({
  name = "oncekey-form",
  options,
  ask = (question) => confirm(question),
  texts,
}: OncekeyFormOptions = {}): void {
  const says = { ...TEXTS, ...texts };

  class OncekeyFormElement extends HTMLElement implements OncekeyForm {
    #internals = this.attachInternals();
    #own: SubmitOptions<unknown> | undefined;
    #submission: Submit<unknown> | undefined;
    #draw: ReturnType<typeof regionsOf> | undefined;
    #form: HTMLFormElement | null = null;
    #release = (): void => {};

    /** On the first look, since an element has its `id` only when it has been made. */
    get submission(): Submit<unknown> {
      this.#own ??= { id: this.id || name, ...options?.(this) } as SubmitOptions<unknown>;
      this.#submission ??= createSubmit(this.#own);
      return this.#submission;
    }

    connectedCallback(): void {
      this.#draw ??= regionsOf(this, says, ask, () => this.#bind());
      this.#bind();
    }

    disconnectedCallback(): void {
      this.#release();
      this.#form = null;
    }

    #bind(): void {
      const form = this.querySelector("form");
      if (form === this.#form || !this.isConnected) return;
      // A form that is still being parsed has not got all of its fields.
      if (document.readyState === "loading") {
        addEventListener("DOMContentLoaded", () => this.#bind());
        return;
      }
      this.#release();
      this.#form = form;
      if (!form) return;
      const { submission } = this;
      let before: Snapshot | undefined;
      const changed = (): void => {
        const now = submission.getSnapshot();
        this.#internals.states.clear();
        this.#internals.states.add(now.status);
        this.#draw?.(now, form, before?.phase === "SUBMIT");
        const was = before ?? now;
        before = now;
        const tell = (type: string): boolean =>
          this.dispatchEvent(new CustomEvent(`oncekey:${type}`, { detail: now, bubbles: true }));
        if (now.status !== was.status) tell("state");
        if (now.phase === was.phase) return;
        if (now.phase === "SUCCESS") tell("success");
        if (now.phase === "FAIL") tell("fail");
      };
      // Also where the browser sends the form without us, as after `form.submit()`.
      const joins = ({ formData }: FormDataEvent): void => {
        const { key } = submission.getSnapshot();
        if (key) formData.set(this.#own?.formField ?? "_idempotency_key", key);
      };
      const ends = [submission.form(form), submission.subscribe(changed)];
      form.addEventListener("formdata", joins);
      changed();
      this.#release = () => {
        form.removeEventListener("formdata", joins);
        for (const end of ends) end();
      };
    }
  }

  if (!customElements.get(name)) customElements.define(name, OncekeyFormElement);
}

/** All regions are there before their text is: what comes together with its text is not read out. */
function regionsOf(
  element: HTMLElement & OncekeyForm,
  says: ElementTexts,
  ask: (question: string) => boolean | Promise<boolean>,
  slotted: () => void,
): (now: Snapshot, form: HTMLFormElement, wasBusy: boolean) => void {
  const root = element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const make = (tag: string, part: string, more: Partial<HTMLElement> = {}): HTMLElement => {
    const made = Object.assign(document.createElement(tag), more);
    made.part.add(part);
    return made;
  };
  const slot = make("slot", "form", { onslotchange: slotted } as object);
  const spinner = make("i", "spinner", { hidden: true });
  const status = make("p", "status", { role: "status" });
  const alert = make("p", "alert", { role: "alert", id: "a" });
  const fields = make("ul", "fields");
  const check = make("button", "check", {
    textContent: says.check,
    onclick: () => void element.submission.check(),
  });
  const again = make("button", "again", {
    textContent: says.again,
    async onclick() {
      if (await ask(says.question)) element.submission.reset();
    },
  });
  const summary = make("div", "summary", { role: "group", tabIndex: -1 });
  summary.setAttribute("aria-labelledby", "a");
  summary.append(alert, fields, check, again);
  root.append(slot, spinner, status, summary);
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
function linksOf({ error }: Snapshot, form: HTMLFormElement): HTMLElement[] {
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
