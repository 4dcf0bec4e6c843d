/**
 * `<oncekey-form>`: the client around a `<form>` of the page, which stays usable without it, and what a
 * person sees and hears of it. What it draws stands in its shadow, behind the form.
 */
import { createSubmit, type Snapshot, type Submit, type SubmitOptions } from "./index.ts";
import { type Draw, type RegionsSettings, regionsIn } from "./regions.ts";

export type { RegionsSettings, RegionsTexts } from "./regions.ts";

export interface OncekeyFormOptions extends RegionsSettings {
  /** The element's name; `oncekey-form` unless told. */
  readonly name?: string;
  /**
   * The options of `createSubmit` for one element. The submit is named after the element's `id`
   * unless they say otherwise.
   */
  options?(element: OncekeyForm): Partial<SubmitOptions<never>>;
}

/** An `HTMLElement`, as far as types must know without the DOM's. */
export interface OncekeyForm {
  readonly id: string;
  /** What `createSubmit` gives: for buttons elsewhere in the page, and for whoever watches. */
  readonly submission: Submit<unknown>;
}

/** Throws a `ReferenceError` where there is no page to define it in. */
export function defineOncekeyForm({
  name = "oncekey-form",
  options,
  ...settings
}: OncekeyFormOptions = {}): void {
  class OncekeyFormElement extends HTMLElement implements OncekeyForm {
    #internals = this.attachInternals();
    #own: SubmitOptions<unknown> | undefined;
    #submission: Submit<unknown> | undefined;
    #draw: Draw | undefined;
    #form: HTMLFormElement | null = null;
    #release = (): void => {};

    /** On the first look, since an element has its `id` only when it has been made. */
    get submission(): Submit<unknown> {
      this.#own ??= { id: this.id || name, ...options?.(this) } as SubmitOptions<unknown>;
      this.#submission ??= createSubmit(this.#own);
      return this.#submission;
    }

    connectedCallback(): void {
      this.#draw ??= this.#regions();
      this.#bind();
    }

    disconnectedCallback(): void {
      this.#release();
      this.#form = null;
    }

    #regions(): Draw {
      const draw = regionsIn(this, () => this.submission, settings);
      const slot = document.createElement("slot");
      slot.part.add("form");
      slot.onslotchange = () => this.#bind();
      this.shadowRoot?.prepend(slot);
      return draw;
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
