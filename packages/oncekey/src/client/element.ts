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
  /** Asks before a key is given up that may stand for something that happened; `confirm` unless told. */
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
  question: "What you sent first may have gone through. Start a new one all the same?",
};

/** An answer that comes at once flashes nothing; what is shown can be seen for what it is. */
const SPINNER_AFTER_MS = 150;
const SPINNER_FOR_MS = 400;

/** `currentcolor` alone, so that it shows under forced colours. */
const STYLE = `:host{display:block}[hidden]{display:none!important}
[part=spinner]{display:inline-block;width:1em;height:1em;border:2px solid;border-top-color:transparent;border-radius:50%}
@media (prefers-reduced-motion:no-preference){[part=spinner]{animation:a 1s linear infinite}}
@keyframes a{to{rotate:1turn}}`;

/** Throws a `TypeError` outside a page, where there is nothing to define it in. */
export function defineOncekeyForm({
  name = "oncekey-form",
  options,
  ask = (question) => confirm(question),
  texts,
}: OncekeyFormOptions = {}): void {
  const says = { ...TEXTS, ...texts };

  class OncekeyFormElement extends HTMLElement implements OncekeyForm {
    readonly #internals = this.attachInternals();
    #own: SubmitOptions<unknown> | undefined;
    #submission: Submit<unknown> | undefined;
    #draw: ((snapshot: Snapshot) => void) | undefined;
    #form: HTMLFormElement | undefined;
    #release = (): void => {};

    get #options(): SubmitOptions<unknown> {
      this.#own ??= { id: this.id || name, ...options?.(this) } as SubmitOptions<unknown>;
      return this.#own;
    }

    get submission(): Submit<unknown> {
      this.#submission ??= createSubmit(this.#options);
      return this.#submission;
    }

    connectedCallback(): void {
      this.#draw ??= this.#prepare();
      // A form that is still being parsed has not got all of its fields.
      if (document.readyState !== "loading") this.#bind();
      else addEventListener("DOMContentLoaded", () => this.#bind(), { once: true });
    }

    disconnectedCallback(): void {
      this.#release();
      this.#form = undefined;
    }

    #bind(): void {
      const form = this.querySelector("form") ?? undefined;
      if (!this.isConnected || form === this.#form) return;
      this.#release();
      this.#form = form;
      if (!form) return;
      const { submission } = this;
      let before = submission.getSnapshot();
      const changed = (): void => {
        const now = submission.getSnapshot();
        this.#internals.states.clear();
        this.#internals.states.add(now.status);
        this.#draw?.(now);
        if (now.phase === before.phase && now.status === before.status) return;
        const { phase } = before;
        before = now;
        this.#tell("state", now);
        if (now.phase === "SUCCESS" && phase !== "SUCCESS") this.#tell("success", now);
        if (now.phase === "FAIL" && phase !== "FAIL") this.#tell("fail", now);
      };
      // Also where the browser sends the form without us, as after `form.submit()`.
      const joins = ({ formData }: FormDataEvent): void => {
        const { key } = submission.getSnapshot();
        if (key !== null) formData.set(this.#options.formField ?? "_idempotency_key", key);
      };
      const unbind = submission.form(form);
      const unsubscribe = submission.subscribe(changed);
      form.addEventListener("formdata", joins);
      changed();
      this.#release = () => {
        form.removeEventListener("formdata", joins);
        unsubscribe();
        unbind();
      };
    }

    #tell(type: string, detail: Snapshot): void {
      this.dispatchEvent(new CustomEvent(`oncekey:${type}`, { detail, bubbles: true }));
    }

    /** All regions are there before their text is: what comes with its text is not read out. */
    #prepare(): (snapshot: Snapshot) => void {
      const root = this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      const make = <Name extends keyof HTMLElementTagNameMap>(
        tag: Name,
        part: string,
        attributes: Readonly<Record<string, string>> = {},
      ): HTMLElementTagNameMap[Name] => {
        const made = document.createElement(tag);
        for (const [key, value] of Object.entries({ part, ...attributes })) {
          made.setAttribute(key, value);
        }
        return made;
      };
      const button = (part: string, text: string, press: () => void): HTMLButtonElement => {
        const made = make("button", part, { type: "button" });
        made.textContent = text;
        made.onclick = press;
        return made;
      };
      const slot = make("slot", "form");
      const spinner = make("span", "spinner", { "aria-hidden": "true", hidden: "" });
      const status = make("span", "status", { role: "status" });
      const summary = make("div", "summary", { role: "group", tabindex: "-1" });
      const alert = make("p", "alert", { role: "alert", id: "alert" });
      const fields = make("ul", "fields");
      const check = button("check", says.check, () => void this.submission.check());
      const again = button("again", says.again, async () => {
        if (await ask(says.question)) this.submission.reset();
      });
      summary.setAttribute("aria-labelledby", alert.id);
      summary.append(alert, fields, check, again);
      root.append(slot, spinner, status, summary);
      slot.onslotchange = () => this.#bind();

      const show = spins(spinner);
      let phase: Snapshot["phase"] = "READY";
      return (now) => {
        const failed = now.phase === "FAIL";
        show(now.phase === "SUBMIT");
        // Only what is new: a text that is set again is read out again.
        write(status, failed ? "" : now.message);
        write(alert, failed ? now.message : "");
        check.hidden = now.status !== "unknown" && now.status !== "conflict";
        again.hidden = !failed || now.status === "rejected";
        fields.replaceChildren(...this.#linksOf(now));
        fields.hidden = !fields.firstChild;
        const wasBusy = phase === "SUBMIT";
        phase = now.phase;
        // What comes up by itself, as after a reload, takes the focus from nobody.
        if (failed && wasBusy) (check.hidden || now.status === "conflict" ? summary : check).focus();
      };
    }

    /** To the fields that the problem names: `errors` with a `pointer` (RFC 9457, section 3) or a `name`. */
    #linksOf({ error }: Snapshot): HTMLElement[] {
      const errors = error?.problem?.errors;
      return (Array.isArray(errors) ? errors : []).map((each: Readonly<Record<string, unknown>>) => {
        const named = String(each?.name ?? each?.pointer ?? "").replace(/^#?\//, "");
        const found = this.#form?.elements.namedItem(named);
        const field = (found instanceof RadioNodeList ? found[0] : found) as HTMLElement | undefined;
        const link = document.createElement("a");
        link.href = `#${field?.id ?? ""}`;
        link.textContent = String(each?.detail ?? named);
        link.onclick = (event) => {
          event.preventDefault();
          field?.focus();
        };
        const item = document.createElement("li");
        item.append(field ? link : link.textContent);
        return item;
      });
    }
  }

  if (!customElements.get(name)) customElements.define(name, OncekeyFormElement);
}

function write(region: HTMLElement, text: string): void {
  if (region.textContent !== text) region.textContent = text;
}

/** Late to come, and not in a hurry to go. */
function spins(spinner: HTMLElement): (busy: boolean) => void {
  let was = false;
  let shownAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const at = (ms: number, hidden: boolean): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      spinner.hidden = hidden;
      shownAt = Date.now();
    }, ms);
  };
  return (busy) => {
    if (busy === was) return;
    was = busy;
    if (busy) at(SPINNER_AFTER_MS, false);
    else if (spinner.hidden) clearTimeout(timer);
    else at(shownAt + SPINNER_FOR_MS - Date.now(), true);
  };
}
