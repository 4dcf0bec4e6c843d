/** Defines the element on the page that the server has rendered, and wires what stands beside it. */
import { ORDER } from "binding-suite/order";
import { defineOncekeyForm, type OncekeyForm } from "../../src/client/element.ts";
import { press } from "../../src/client/index.ts";
import { shownOf } from "./element-page.ts";

const find = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`Expected the page to have ${selector}.`);
  return found;
};

defineOncekeyForm({ options: () => ORDER });
const { submission } = find("oncekey-form") as unknown as OncekeyForm;
const draw = (): void => {
  find("output").textContent = shownOf(submission.getSnapshot());
};
submission.subscribe(draw);
find("#alone").addEventListener("click", ({ currentTarget }) => {
  press(submission, currentTarget as HTMLButtonElement);
});
find("#check").addEventListener("click", () => void submission.check());
find("#reset").addEventListener("click", () => submission.reset());
draw();
