/** Hydrates the page with an action, and puts its strings into the hands of the test. */
import { hydrateRoot } from "react-dom/client";
import { ActionPage, hands } from "./action-page.tsx";

const root = document.querySelector("#root");
if (root === null) throw new Error("Expected the page to have an element #root.");
Object.assign(globalThis, { hands });
hydrateRoot(root, <ActionPage />);
