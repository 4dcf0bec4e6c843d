/** The component that a page of the guide shows, bundled as an application would have it. */
import { readFileSync } from "node:fs";
import { build, type Plugin } from "esbuild";
import { compile } from "svelte/compiler";
import { compileScript, parse } from "vue/compiler-sfc";

const COMPONENT = "the:component";

interface Kind {
  /** The code of a component, as a module that esbuild reads. */
  compiled(source: string): string;
  /** Puts it on the page; without one the component does so itself. */
  readonly mounts?: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  tsx: { compiled: (source) => source },
  vue: {
    compiled: (source) =>
      compileScript(parse(source).descriptor, { id: "page", inlineTemplate: true }).content,
    mounts: `import { createApp } from "vue"; createApp(Component).mount("#root");`,
  },
  svelte: {
    compiled: (source) => compile(source, { generate: "client" }).js.code,
    mounts: `import { mount } from "svelte"; mount(Component, { target: document.querySelector("#root") });`,
  },
};

/**
 * @param page the Markdown file, whose first block of `tsx`, `vue` or `svelte` is a component
 * @param folder the package in which all is installed that it imports
 */
export async function bundleComponent(page: string, folder: string): Promise<string> {
  const [, kind = "", source = ""] =
    /^```(tsx|vue|svelte)\n(.*?)^```$/ms.exec(readFileSync(page, "utf8")) ?? [];
  const { compiled, mounts } = KINDS[kind] ?? {};
  if (compiled === undefined) throw new Error(`Expected ${page} to show a component.`);
  const component: Plugin = {
    name: "component",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^the:component$/ }, ({ path }) => ({ path, namespace: "page" }));
      onLoad({ filter: /.*/, namespace: "page" }, () => ({
        contents: compiled(source),
        loader: "tsx",
        resolveDir: folder,
      }));
    },
  };
  const contents = mounts
    ? `import Component from "${COMPONENT}"; ${mounts}`
    : `import "${COMPONENT}";`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    conditions: ["browser"],
    define: {
      "process.env.NODE_ENV": '"production"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    plugins: [component],
  });
  return outputFiles[0]?.text ?? "";
}
