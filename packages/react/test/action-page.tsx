/** A page whose form has an action that a test answers, throws from, and looks at. */
import { Component, type ReactElement, type ReactNode, StrictMode, useState } from "react";
import { useIdempotentAction } from "../src/use-idempotent-action.ts";

export interface Asked {
  readonly key: string;
  readonly dish: string;
}

/** What the tests have in their hands: the calls so far, and how one ends: not while it holds. */
export interface Hands {
  readonly asked: Asked[];
  next: "answers" | "throws" | "redirects" | "holds";
}

export const hands: Hands = { asked: [], next: "answers" };

async function order(before: number, form: FormData): Promise<number> {
  hands.asked.push({
    key: String(form.get("_idempotency_key")),
    dish: String(form.get("dish")),
  });
  do await new Promise((resolve) => setTimeout(resolve, 50));
  while (hands.next === "holds");
  if (hands.next === "throws") throw new Error("The answer was lost.");
  if (hands.next === "redirects") {
    throw Object.assign(new Error("NEXT_REDIRECT"), { digest: "NEXT_REDIRECT;push;/thanks;303;" });
  }
  return before + 1;
}

function OrderForm(): ReactElement {
  const [state, formAction, isPending] = useIdempotentAction(order, {
    id: "order",
    initialState: 0,
  });
  return (
    <form action={formAction}>
      <input name="dish" defaultValue="soup" />
      <button id="pay" type="submit">
        Pay
      </button>
      <output>{isPending ? "pending" : String(state)}</output>
    </form>
  );
}

/** Takes the form away when its action throws, as React does, and brings a new one on a click. */
class Boundary extends Component<{ readonly children: ReactNode; onAgain(): void }> {
  static getDerivedStateFromError(): object {
    return { hasFailed: true };
  }
  override state = { hasFailed: false };
  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <button id="again" type="button" onClick={this.props.onAgain}>
        Show the form
      </button>
    );
  }
}

function Page(): ReactElement {
  const [turn, setTurn] = useState(0);
  return (
    <Boundary key={turn} onAgain={() => setTurn(turn + 1)}>
      <OrderForm />
    </Boundary>
  );
}

export const ActionPage = (): ReactElement => (
  <StrictMode>
    <Page />
  </StrictMode>
);
