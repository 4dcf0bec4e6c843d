/** One Pay button each, disabled by the library's own pending flag where it has one: as its pages show it. */

const FORM = '<form id="order" method="post" action="/orders"><button id="pay">Pay</button></form>';
const POST = 'const post = () => fetch("/orders", { method: "POST" });';

/**
 * @param {string} imports
 * @param {string} component the body of a component that returns an element
 */
const inReact = (imports, component, around = "h(Page)") => ({
  html: '<div id="root"></div>',
  script: `import { createElement as h, useState, useActionState } from "react";
    import { createRoot } from "react-dom/client";
    ${imports}
    ${POST}
    function Page() { ${component} }
    createRoot(document.querySelector("#root")).render(${around});`,
});

const button = (/** @type {string} */ disabled, onClick = "undefined") =>
  `h("button", { id: "pay", disabled: ${disabled}, onClick: ${onClick} }, "Pay")`;

/** @typedef {{ html: string, script: string }} Shown */

/** @type {Readonly<Record<string, Shown>>} */
export const OTHERS = {
  "native form": { html: FORM, script: "" },
  "fetch in onclick": {
    html: '<button id="pay">Pay</button>',
    script: `${POST} document.querySelector("#pay").onclick = post;`,
  },
  "React: useState and disabled": inReact(
    "",
    `const [busy, setBusy] = useState(false);
     const pay = async () => { setBusy(true); await post(); setBusy(false); };
     return ${button("busy", "pay")};`,
  ),
  "React: useActionState and disabled": inReact(
    "",
    `const [, action, isPending] = useActionState(async () => { await post(); return 0; }, 0);
     return h("form", { action }, ${button("isPending")});`,
  ),
  "React: useActionState, not disabled": inReact(
    "",
    `const [, action] = useActionState(async () => { await post(); return 0; }, 0);
     return h("form", { action }, ${button("false")});`,
  ),
  "react-hook-form: isSubmitting": inReact(
    'import { useForm } from "react-hook-form";',
    `const { handleSubmit, formState: { isSubmitting } } = useForm();
     return h("form", { onSubmit: handleSubmit(post) }, ${button("isSubmitting")});`,
  ),
  "TanStack Query: isPending": inReact(
    'import { QueryClient, QueryClientProvider, useMutation } from "@tanstack/react-query";',
    `const { mutate, isPending } = useMutation({ mutationFn: post });
     return ${button("isPending", "() => mutate()")};`,
    "h(QueryClientProvider, { client: new QueryClient() }, h(Page))",
  ),
  "SWR: isMutating": inReact(
    'import useSWRMutation from "swr/mutation";',
    `const { trigger, isMutating } = useSWRMutation("/orders", post);
     return ${button("isMutating", "() => trigger()")};`,
  ),
  "React Router: fetcher.Form": inReact(
    'import { createMemoryRouter, RouterProvider, useFetcher } from "react-router";',
    `const fetcher = useFetcher();
     return h(fetcher.Form, { method: "post" }, ${button('fetcher.state !== "idle"')});`,
    `h(RouterProvider, { router: createMemoryRouter([
       { path: "/", element: h(Page), action: async () => { await post(); return null; } },
     ]) })`,
  ),
  "htmx, defaults": {
    html: '<form hx-post="/orders"><button id="pay">Pay</button></form>',
    script: 'import "htmx.org";',
  },
  "Turbo, defaults": { html: FORM, script: 'import "@hotwired/turbo";' },
  "rails-ujs: data-disable-with": {
    html: '<form method="post" action="/orders"><button id="pay" data-disable-with="…">Pay</button></form>',
    script: 'import rails from "@rails/ujs"; rails.start();',
  },
};

const OPTIONS = '{ id: "checkout", request: () => ({ url: "/orders", json: {} }) }';

/** @type {Readonly<Record<string, Shown>>} */
export const OURS = {
  "oncekey/client, a plain page": {
    html: FORM,
    script: `import { createSubmit } from "oncekey/client";
      createSubmit(${OPTIONS}).form(document.querySelector("#order"));`,
  },
  "@oncekey/react": inReact(
    'import { useIdempotentSubmit } from "@oncekey/react";',
    `const { formProps, buttonProps } = useIdempotentSubmit(${OPTIONS});
     return h("form", { method: "post", ...formProps },
       h("button", { id: "pay", ...buttonProps }, "Pay"));`,
  ),
  "@oncekey/vue": {
    html: '<div id="root"></div>',
    script: `import { createApp, h } from "vue";
      import { useIdempotentSubmit } from "@oncekey/vue";
      createApp({
        setup() {
          const { formProps, buttonProps } = useIdempotentSubmit(${OPTIONS});
          return () => h("form", { method: "post", ...formProps },
            h("button", { id: "pay", ...buttonProps.value }, "Pay"));
        },
      }).mount("#root");`,
  },
  "@oncekey/svelte": {
    html: '<div id="root"></div>',
    script: `import { mount } from "svelte";
      import Page from "./page.svelte";
      mount(Page, { target: document.querySelector("#root") });`,
  },
};

/** What the last of them mounts. */
export const SVELTE = `<script>
  import { idempotentSubmit } from "@oncekey/svelte";
  const checkout = idempotentSubmit(${OPTIONS});
</script>
<form method="post" {@attach checkout.form}>
  <button id="pay" {...$checkout.buttonProps}>Pay</button>
</form>`;
