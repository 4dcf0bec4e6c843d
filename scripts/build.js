/** Compiles the workspace, or one project of it with what it refers to, and builds what has a page. */
import { run, say, tool } from "./command.js";

/** Where the settings of a page's build are, for whoever compiles its project or everything. */
const PAGE = "packages/dashboard/vite.config.js";

/** @param {string} [project] */
export async function build(project = ".") {
  say("building");
  await run(tool("tsc"), ["-b", project], {
    otherwise: "The build failed: the types do not hold.",
  });
  if (!PAGE.startsWith(project === "." ? "" : `${project}/`)) return;
  await run(tool("vite"), ["build", "-c", PAGE], {
    otherwise: "The dashboard's page could not be built.",
  });
}
