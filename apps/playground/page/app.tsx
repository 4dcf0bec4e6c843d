/** The three columns: the person, the wire, the truth; and above them what to look at. */
import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { control } from "./control.ts";
import { Dishes } from "./dishes.tsx";
import { Head } from "./head.tsx";
import { listen } from "./live.ts";
import { createOrder } from "./order.ts";
import { Person } from "./person.tsx";
import { lookOf, SCENARIOS, scenarioOf } from "./scenarios.ts";
import { type Settings, searchOf, settingsOf } from "./settings.ts";
import { useShow } from "./show.ts";
import { Switches } from "./switches.tsx";
import { Truth } from "./truth.tsx";
import { Wire } from "./wire.tsx";

export function App() {
  const [settings, setSettings] = useState(() => settingsOf(location.search));
  const [isConnected, setConnected] = useState(true);
  const [dish, setDish] = useState("soup");
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  const stage = useRef<HTMLDivElement>(null);
  const { story, player, until, ...paced } = useShow(stage);

  useEffect(() => listen(player, setConnected), [player]);
  const order = useMemo(() => createOrder(settings), [settings]);
  useEffect(() => {
    const leave = order.subscribe(() => drawAgain(0));
    drawAgain(0);
    return () => {
      leave();
      order.destroy();
    };
  }, [order]);

  const scenario = scenarioOf(settings.scenario);
  const change = (next: Partial<Settings>) => {
    const changed = { ...settings, ...next };
    history.replaceState(null, "", searchOf(changed));
    order.reset();
    void control("clear");
    setSettings(changed);
  };
  const play = async () => {
    order.reset();
    // Cleared is what the page has been told, and not what it has asked for.
    const cleared = until(({ sent }) => sent.size === 0);
    await control("clear");
    await cleared;
    await scenario.play({ order, settings, dish, until });
  };

  return (
    <>
      <Head show={{ story, player, until, ...paced }} />
      <nav aria-label="Scenarios">
        <ol class="scenarios">
          {SCENARIOS.map(({ id, title, settings: own }) => (
            <li key={id}>
              <a
                href={searchOf({ ...settings, duplicates: "wait", ...own, scenario: id })}
                aria-current={id === scenario.id ? "page" : undefined}
                onClick={(event) => {
                  event.preventDefault();
                  change({ duplicates: "wait", ...own, scenario: id });
                }}
              >
                {title}
              </a>
            </li>
          ))}
        </ol>
      </nav>
      <main>
        <section class="look" aria-labelledby="scenario">
          <div>
            <h2 id="scenario">{scenario.title}</h2>
            <p>{lookOf(scenario, settings)}</p>
          </div>
          {scenario.id !== "no-script" && (
            <button type="button" class="play" onClick={() => void play()}>
              Play
            </button>
          )}
        </section>
        <Switches settings={settings} change={change} />
        {!isConnected && (
          <p class="lost" role="alert">
            The restaurant does not answer. What you see is what it said last.
          </p>
        )}
        <div class="columns">
          <Person {...{ order, dish, setDish, settings, change, story }} />
          <Wire stage={stage} story={story} wish={settings} behind={player.waiting()} />
          <Truth story={story} />
        </div>
        <Dishes />
      </main>
    </>
  );
}
