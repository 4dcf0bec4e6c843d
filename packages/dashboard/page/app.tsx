/** The frame around every view: where one can go, whether the stream is alive, and who looks. */
import { useEffect, useState } from "preact/hooks";
import type { SessionView } from "../src/dashboard.ts";
import { ask, useAsked } from "./ask.ts";
import icon from "./icon.svg";
import { Key } from "./key.tsx";
import { Keys } from "./keys.tsx";
import { type LiveState, useInterval, useLive } from "./live.ts";
import { Empty, Problem, Title } from "./parts.tsx";
import { Plots } from "./plots.tsx";
import { Queue } from "./queue.tsx";
import { Resolve } from "./resolve.tsx";
import { type Route, useRoute } from "./route.ts";
import { Theme } from "./theme.tsx";

const PLACES = [
  ["#/keys", "Keys", ["keys", "key"]],
  ["#/in-doubt", "In doubt", ["in-doubt", "resolve"]],
  ["#/plots", "Plots", ["plots"]],
] as const;

export function App() {
  const route = useRoute();
  const { state, events, isGap } = useLive();
  const [, setTurn] = useState(0);
  // "3 minutes ago" grows old by itself.
  useInterval(() => setTurn((turn) => turn + 1), 5_000);
  const session = useAsked("session", () => ask<SessionView>("session"));
  // A stream that is lost may be that of somebody who is signed out by now.
  useEffect(() => {
    if (state === "lost") session.again();
  }, [state, session.again]);

  // No link: the address names the view, and has no room for a place within it.
  const skip = () => document.querySelector("h1")?.focus();

  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header>
        <a class="brand" href="#/keys">
          <img src={icon} alt="" width="28" height="28" /> oncekey
        </a>
        <nav aria-label="Views">
          {PLACES.map(([link, name, views]) => (
            <a key={link} href={link} aria-current={isHere(views, route) ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <Pulse state={state} />
        {session.answer !== undefined && (
          <span class="visitor">
            {session.answer.name}, {session.answer.role}
          </span>
        )}
        {session.answer?.canSignOut && (
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        )}
        <Theme />
      </header>
      <p role="status" class={state === "lost" || isGap ? "banner" : "banner none"}>
        {streamWords(state, isGap)}
      </p>
      <main id="main">
        <Problem text={session.error} />
        <View route={route} events={events} session={session.answer} />
      </main>
    </>
  );
}

/** What was shown goes with the one who looked: the page is loaded anew, and asks who it is. */
async function signOut(): Promise<void> {
  await ask("sign-out", {}).catch(() => {});
  location.reload();
}

const isHere = (views: readonly string[], route: Route): boolean => views.includes(route.view);

function streamWords(state: LiveState, isGap: boolean): string {
  if (state === "lost") {
    return "The live stream is lost, and tried again. What is shown may be old.";
  }
  return isGap
    ? "The live stream is back. Some events were missed, and are in no timeline here."
    : "";
}

function Pulse({ state }: { state: LiveState }) {
  const words = { opening: "connecting", live: "live", lost: "not live" }[state];
  return (
    <span class={`pulse ${state}`}>
      <span aria-hidden="true" class="dot" /> {words}
    </span>
  );
}

function View(props: {
  route: Route;
  events: ReturnType<typeof useLive>["events"];
  session: SessionView | undefined;
}) {
  const { route, events, session } = props;
  switch (route.view) {
    case "keys":
      return <Keys query={route.query} />;
    case "key":
      return <Key key={route.id} id={route.id} />;
    case "resolve":
      return <Resolve key={route.id} id={route.id} session={session} />;
    case "in-doubt":
      return <Queue />;
    case "plots":
      return <Plots events={events} />;
    case "lost":
      return (
        <>
          <Title text="Nothing here" />
          <Empty>
            <p>
              This address names no view. <a href="#/keys">All keys</a>
            </p>
          </Empty>
        </>
      );
  }
}
