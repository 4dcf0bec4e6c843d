/** The page of the suite, with a template as applications have them: it is compiled where it runs. */
import { ORDER, type Order, type Receipt, shown } from "binding-suite/order";
import { type Component, computed, createSSRApp, reactive, ref } from "vue";
import { useIdempotentSubmit } from "../src/use-idempotent-submit.ts";

const OrderForm: Component = {
  setup() {
    const checkout = useIdempotentSubmit<Order | undefined, Receipt>(ORDER);
    const state = reactive(checkout);
    return { ...checkout, text: computed(() => shown(state)) };
  },
  template: `
    <form id="order" method="post" action="/orders" v-bind="formProps">
      <input name="dish" value="soup">
      <button id="pay" type="submit" v-bind="buttonProps">Pay</button>
    </form>
    <button id="alone" type="button" v-bind="buttonProps">Bread</button>
    <button id="check" type="button" @click="check">Check again</button>
    <button id="reset" type="button" @click="reset">Start again</button>
    <output>{{ text }}</output>`,
};

/** Whether the form is there: a test takes it away, and brings it back. */
export const isShown = ref(true);

const OrderPage: Component = {
  components: { OrderForm },
  setup: () => ({ isShown }),
  template: `<OrderForm v-if="isShown" />`,
};

export const orderPage = () => createSSRApp(OrderPage);
