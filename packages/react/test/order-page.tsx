/** The page of the suite, in React's StrictMode: what is rendered or mounted twice sends nothing twice. */
import { ORDER, type Order, type Receipt, shown } from "binding-suite/order";
import { type ReactElement, StrictMode } from "react";
import { useIdempotentSubmit } from "../src/use-idempotent-submit.ts";

function OrderForm(): ReactElement {
  const checkout = useIdempotentSubmit<Order | undefined, Receipt>(ORDER);
  return (
    <>
      <form id="order" method="post" action="/orders" {...checkout.formProps}>
        <input name="dish" defaultValue="soup" />
        <button id="pay" type="submit" {...checkout.buttonProps}>
          Pay
        </button>
      </form>
      <button id="alone" type="button" {...checkout.buttonProps}>
        Bread
      </button>
      <button id="check" type="button" onClick={checkout.check}>
        Check again
      </button>
      <button id="reset" type="button" onClick={checkout.reset}>
        Start again
      </button>
      <output>{shown(checkout)}</output>
    </>
  );
}

export const OrderPage = (): ReactElement => (
  <StrictMode>
    <OrderForm />
  </StrictMode>
);
