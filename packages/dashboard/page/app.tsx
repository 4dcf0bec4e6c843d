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
import { Said } from "./said.tsx";
import { say } from "./texts.ts";
import { Theme } from "./theme.tsx";

const PLACES = [
  ["#/keys", "keys", ["keys", "key"]],
  ["#/in-doubt", "inDoubt", ["in-doubt", "resolve"]],
  ["#/plots", "plots", ["plots"]],
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
        {say("skip")}
      </button>
      <header>
        <a class="brand" href="#/keys">
          <img src={icon} alt="" width="28" height="28" /> {say("product")}
        </a>
        <nav aria-label={say("views")}>
          {PLACES.map(([link, name, views]) => (
            <a key={link} href={link} aria-current={isHere(views, route) ? "page" : undefined}>
              {say(name)}
            </a>
          ))}
        </nav>
        <Pulse state={state} />
        {session.answer !== undefined && (
          <span class="visitor">{visitorWords(session.answer)}</span>
        )}
        {session.answer?.canSignOut && (
          <button type="button" onClick={signOut}>
            {say("signOut")}
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

const visitorWords = ({ name, role }: SessionView): string =>
  say("visitor", { name, role: say(`role:${role}`) });

function streamWords(state: LiveState, isGap: boolean): string {
  if (state === "lost") return say("streamLost");
  return isGap ? say("streamGap") : "";
}

function Pulse({ state }: { state: LiveState }) {
  return (
    <span class={`pulse ${state}`}>
      <span aria-hidden="true" class="dot" /> {say(`stream:${state}`)}
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
          <Title text={say("nothingHere")} />
          <Empty>
            <p>
              <Said name="noView" of={{ keys: <a href="#/keys">{say("allKeys")}</a> }} />
            </p>
          </Empty>
        </>
      );
  }
}
