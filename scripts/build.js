/** Compiles the workspace, or one project of it with what it refers to. */
import { run, say, tool } from "./command.js";

/** @param {string} [project] */
export async function build(project = ".") {
  say("building");
  await run(tool("tsc"), ["-b", project], {
    otherwise: "The build failed: the types do not hold.",
  });
}
