/** One file that plays what happened, for a guide: the page, its script and the trace in one. */
import type { Stamped } from "./happening.ts";
import { bundled, read } from "./page-files.ts";

export function recordingOf(trace: readonly Stamped[]): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>oncekey: three clicks, recorded</title>
    <link rel="icon" href="data:," />
    <style>${read("page.css")}</style>
  </head>
  <body>
    <div id="page"></div>
    <script type="application/json" id="trace">${inScript(JSON.stringify(trace))}</script>
    <script type="module">${inScript(bundled())}</script>
  </body>
</html>
`;
}

/** No text within may end the element that it stands in, in JSON or in a script's strings. */
const inScript = (text: string): string =>
  text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
