/** Hydrates the page that the server has rendered. */
import { hydrateRoot } from "react-dom/client";
import { OrderPage } from "./order-page.tsx";

const root = document.querySelector("#root");
if (root === null) throw new Error("Expected the page to have an element #root.");
hydrateRoot(root, <OrderPage />);
