/** The page of the suite that all bindings pass, around the element. */
import { ORDER, shown } from "binding-suite/order";
import { createSubmit, flagsOf, type Snapshot } from "../../src/client/index.ts";

/** What an `output` holds of a state, before the browser has it and after. */
export const shownOf = (snapshot: Snapshot): string =>
  shown({ ...snapshot, ...flagsOf(snapshot) } as Parameters<typeof shown>[0]);

export const elementPage = (): string => `
<oncekey-form>
  <form id="order" method="post" action="/orders">
    <input name="dish" value="soup"><button id="pay">Pay</button>
  </form>
</oncekey-form>
<button id="alone" type="button">Bread</button>
<button id="check" type="button">Check again</button>
<button id="reset" type="button">Start again</button>
<output>${shownOf(createSubmit(ORDER).getSnapshot())}</output>`;
