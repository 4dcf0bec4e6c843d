/** Hydrates the page that the server has rendered, and puts its switch into the hands of the test. */
import { isShown, orderPage } from "./order-page.ts";

Object.assign(globalThis, { isShown });
orderPage().mount("#root");
