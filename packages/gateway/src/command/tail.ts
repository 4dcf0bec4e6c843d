/** `oncekey tail URL`: what a gateway tells of its keys, as it happens, a line for each event. */
import { Command, Option } from "commander";
import { Complaint } from "../complaint.ts";
import { follow } from "./event-feed.ts";
import { eventLine, TYPES } from "./event-line.ts";
import { instant } from "./portrait.ts";
import { printerOf } from "./printer.ts";
import { several } from "./several.ts";
import { stopSignal } from "./stop-signal.ts";

interface Flags {
  readonly type?: readonly string[];
  readonly json?: boolean;
}

export function tailCommand(): Command {
  return new Command("tail")
    .description("Prints what a gateway tells of its keys, as it happens.")
    .argument("<url>", "the gateway's --admin address, such as http://127.0.0.1:9091")
    .addOption(
      new Option("--type <type>", "only events of this type; may be repeated")
        .choices(TYPES)
        .argParser(known),
    )
    .option("--json", "a JSON object a line, for programs")
    .action((url: string, flags: Flags, self: Command) => tail(eventsAt(url), flags, self));
}

/** Commander compares only what it collects itself. */
function known(text: string, before?: readonly string[]): readonly string[] {
  const types: readonly string[] = TYPES;
  if (types.includes(text)) return several(text, before);
  throw new Complaint(`Expected --type to be one of ${TYPES.join(", ")}.`);
}

/** The stream of the address, which may lie below a path of a proxy's. */
function eventsAt(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === undefined || !isHttp || url.username !== "" || url.password !== "") {
    throw new Complaint(
      "Expected URL to be http:// or https://, without a name or password, such as " +
        "http://127.0.0.1:9091.",
    );
  }
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/events")) url.pathname = `${url.pathname.replace(/\/$/, "")}/events`;
  return url;
}

function tail(url: URL, { type: types, json = false }: Flags, self: Command): Promise<void> {
  const { out, err } = printerOf(self);
  const hasColours = self.configureOutput().getOutHasColors?.() ?? false;
  return follow({
    url,
    signal: stopSignal(),
    onMessage({ events, merged, isGap }) {
      // In the order in which it happened: what is missing came before what is listed.
      if (isGap) err("Some events were missed here.\n");
      if (merged > 0) err(`${merged} events came too fast to be listed.\n`);
      for (const event of events) {
        if (types?.includes(event.type) === false) continue;
        const { number: _, at, ...told } = event;
        out(
          `${json ? JSON.stringify({ at: instant(at), ...told }) : eventLine(event, hasColours)}\n`,
        );
      }
    },
    onLost: (why) => err(`The stream is lost (${why}): trying again.\n`),
    onBack: () => err("The stream is back.\n"),
  });
}
