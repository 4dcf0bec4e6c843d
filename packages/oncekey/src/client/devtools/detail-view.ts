/** The intent that was chosen: its graph, its past, and what can be done with its last request. */
import { isExpired } from "../retry.ts";
import { canGoAgain, type Echo, sendAgain } from "./again.ts";
import { curlOf } from "./curl.ts";
import type { Feed } from "./feed.ts";
import { graphView } from "./graph-view.ts";
import { type Intent, isBusy } from "./intent.ts";
import { make, mark, say } from "./make.ts";
import type { DevtoolsMessages } from "./messages.ts";
import { travelView } from "./travel-view.ts";

export interface DetailView {
  readonly node: HTMLElement;
  draw(intent: Intent | undefined, facts: { now: number; showsKeys: boolean }): void;
}

export function detailView(messages: DevtoolsMessages, feed: Feed, redraw: () => void): DetailView {
  let intent: Intent | undefined;
  /** Of which one somebody has said that it may go to a server that promises nothing. */
  let allowed: number | undefined;
  /** Whose news it is that is shown. */
  let told: number | undefined;
  const news = make("p", { class: "news", role: "status" });
  const command = make("textarea", { readonly: true, rows: 5, "aria-label": messages.curl });
  const again = make("button", { type: "button", onclick: () => void repeat() });
  const curl = make("button", { type: "button", onclick: () => void copy() }, messages.curl);
  const graph = graphView(messages);
  const travel = travelView(messages, redraw);
  const heading = make("h3", {});
  const node = make(
    "section",
    { class: "detail" },
    heading,
    make("div", { class: "actions" }, again, curl),
    news,
    command,
    graph.node,
    travel.node,
  );

  function tell(id: number, text: string, shown = ""): void {
    told = id;
    say(news, text);
    command.value = shown;
    command.hidden = shown === "";
  }

  async function repeat(): Promise<void> {
    if (!intent?.parcel) return;
    const { id, parcel } = intent;
    if (!parcel.isRemembered && allowed !== id) {
      allowed = id;
      redraw();
      return;
    }
    allowed = undefined;
    const end = feed.leftByHand(intent);
    const echo = await sendAgain(parcel).catch(() => null);
    end(echo);
    tell(id, echo ? `${echo.status}. ${wordsOf(echo, messages)}` : messages.noAnswer);
  }

  async function copy(): Promise<void> {
    if (!intent?.parcel) return;
    const { id, parcel } = intent;
    const text = curlOf(parcel.frozen);
    try {
      await navigator.clipboard.writeText(text);
      tell(id, messages.copied);
    } catch {
      // Not over TLS, or not allowed: whoever asked for it can still take it by hand.
      tell(id, messages.notCopied, text);
      command.select();
    }
  }

  return {
    node,
    draw(next, { now, showsKeys }) {
      intent = next;
      node.hidden = next === undefined;
      if (next === undefined) return;
      if (told !== next.id) tell(next.id, "");
      const { id, name, parcel } = next;
      say(heading, name);
      say(again, allowed === id ? messages.againAnyway : messages.again);
      mark(again, { disabled: !mayGoAgain(next, now) });
      mark(curl, { disabled: parcel === null });
      const { state, gone } = travel.draw(next, showsKeys);
      graph.draw(state.status, gone);
    },
  };
}

/** Finished, with a key, and not so old that the server may have forgotten it. */
function mayGoAgain(intent: Intent, now: number): boolean {
  const { parcel, sends, state } = intent;
  const [first] = sends;
  if (!parcel || !first || isBusy(intent) || !canGoAgain(parcel)) return false;
  return !isExpired(state.firstSentAt ?? first.at, now, state.server.retentionMs);
}

function wordsOf({ replayed }: Echo, messages: DevtoolsMessages): string {
  if (replayed === null) return messages.hidden;
  return replayed ? messages.replayed : messages.notReplayed;
}
