/** The three columns: the person, the wire, the truth; and above them what to look at. */
import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { control } from "./control.ts";
import { Dishes } from "./dishes.tsx";
import { fly } from "./flight.ts";
import { listen } from "./live.ts";
import { createOrder } from "./order.ts";
import { Person } from "./person.tsx";
import { createPlayer, type Pace } from "./player.ts";
import { SCENARIOS, scenarioOf } from "./scenarios.ts";
import { type Settings, searchOf, settingsOf } from "./settings.ts";
import { BLANK, type Story, tell } from "./story.ts";
import { Paces, Switches } from "./switches.tsx";
import { Truth } from "./truth.tsx";
import { Wire } from "./wire.tsx";

type Watcher = (story: Story) => void;

export function App() {
  const [settings, setSettings] = useState(() => settingsOf(location.search));
  const [story, setStory] = useState(BLANK);
  const [isConnected, setConnected] = useState(true);
  const [pace, setPace] = useState<Pace>("live");
  const [dish, setDish] = useState("soup");
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  const stage = useRef<HTMLDivElement>(null);
  const now = useRef({ story: BLANK, pace });
  const watchers = useRef(new Set<Watcher>());
  now.current.pace = pace;

  const player = useMemo(
    () =>
      createPlayer((event, isNews) => {
        now.current.story = tell(now.current.story, event);
        setStory(now.current.story);
        const slower = now.current.pace === "live" ? 1 : 3;
        if (isNews && stage.current) fly(stage.current, event, now.current.story, slower);
        for (const watcher of [...watchers.current]) watcher(now.current.story);
      }),
    [],
  );
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
  const until = (is: (story: Story) => boolean): Promise<Story> =>
    new Promise((resolve) => {
      const watch: Watcher = (seen) => {
        if (!is(seen)) return;
        watchers.current.delete(watch);
        resolve(seen);
      };
      watchers.current.add(watch);
      watch(now.current.story);
    });
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
      <header class="top">
        <div>
          <h1>oncekey</h1>
          <p>Send it again; it happens once.</p>
        </div>
        <Paces
          pace={pace}
          choose={(next) => {
            setPace(next);
            player.setPace(next);
          }}
          step={() => player.step()}
        />
      </header>
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
            <p>{scenario.look}</p>
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
          <Person order={order} dish={dish} setDish={setDish} settings={settings} story={story} />
          <Wire stage={stage} story={story} settings={settings} />
          <Truth story={story} />
        </div>
        <Dishes />
      </main>
    </>
  );
}
