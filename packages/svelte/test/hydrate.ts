/** Hydrates the page that the server has rendered. */
import { hydrateAt } from "./hydrate-at.ts";
import OrderPage from "./order-page.svelte";

hydrateAt(OrderPage);
