/** The left column: a form, its button, the phase it is in, and the key. */
import type { Snapshot } from "oncekey/client";
import { control } from "./control.ts";
import type { Order } from "./order.ts";
import { type Settings, searchOf } from "./settings.ts";
import type { Story } from "./story.ts";
import { Clicks } from "./switches.tsx";

const PHASES = ["READY", "SUBMIT", "SUCCESS", "FAIL"] as const;
const GIVE_UP = "The earlier order may have happened. Give up its key, and start a new one?";
const DISHES = ["soup", "dumplings", "pancakes"];

interface Props {
  readonly order: Order;
  readonly dish: string;
  setDish(dish: string): void;
  readonly settings: Settings;
  change(next: Partial<Settings>): void;
  readonly story: Story;
}

export function Person({ order, dish, setDish, settings, change, story }: Props) {
  const snapshot = order.getSnapshot();
  const isPlain = settings.scenario === "no-script";
  return (
    <section class="person" aria-labelledby="person">
      <h2 id="person">The person</h2>
      {isPlain ? (
        <iframe
          title="A form without a script"
          sandbox="allow-forms"
          src={`/plain${searchOf(settings)}`}
        />
      ) : (
        <form
          class="order"
          aria-busy={snapshot.phase === "SUBMIT"}
          onSubmit={(event) => {
            event.preventDefault();
            order.press(dish);
          }}
        >
          <label>
            Dish
            <select value={dish} onChange={({ currentTarget }) => setDish(currentTarget.value)}>
              {DISHES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button type="submit" aria-disabled={settings.clicks === "once" && !snapshot.canSubmit}>
            {snapshot.phase === "SUBMIT" && <span class="spinner" aria-hidden="true" />}
            Pay €12.50
          </button>
        </form>
      )}
      {!isPlain && <Phases snapshot={snapshot} />}
      <p class="message" role="status">
        {snapshot.message}
      </p>
      {!isPlain && (
        <>
          <p class="key">
            Key <Pill text={snapshot.key ?? order.lastKey() ?? "—"} />
          </p>
          <Afterwards order={order} snapshot={snapshot} story={story} />
          <Clicks settings={settings} change={change} />
        </>
      )}
    </section>
  );
}

const Pill = ({ text }: { readonly text: string }) => (
  <code class="pill" title={text}>
    {text.slice(0, 8)}
  </code>
);

function Phases({ snapshot }: { readonly snapshot: Snapshot }) {
  return (
    <ol class="phases" aria-label="Phase">
      {PHASES.map((phase) => (
        <li
          key={phase}
          data-phase={phase}
          aria-current={phase === snapshot.phase ? "step" : undefined}
        >
          {phase}
          {phase === snapshot.phase && snapshot.status !== phase.toLowerCase() && (
            <small>{snapshot.status}</small>
          )}
        </li>
      ))}
    </ol>
  );
}

/** What the person can do when it is over, or when nobody knows whether it is. */
function Afterwards({
  order,
  snapshot,
  story,
}: Pick<Props, "order" | "story"> & {
  readonly snapshot: Snapshot;
}) {
  const isDoubted = [...story.sent.values()].some(({ became }) => became === "IN DOUBT");
  const settle = (happened: boolean) => control("settle", { key: order.lastKey(), happened });
  return (
    <div class="afterwards">
      {snapshot.status === "unknown" && (
        <button type="button" onClick={order.check}>
          Check again
        </button>
      )}
      {(snapshot.phase === "SUCCESS" || snapshot.phase === "FAIL") && (
        <button
          type="button"
          onClick={() => {
            // A new key while nobody knows is a second order, and the person's own decision.
            if (snapshot.status !== "unknown" || confirm(GIVE_UP)) order.reset();
          }}
        >
          New order
        </button>
      )}
      {isDoubted && snapshot.phase === "FAIL" && (
        <>
          <button type="button" onClick={() => void settle(true)}>
            It happened
          </button>
          <button type="button" onClick={() => void settle(false)}>
            It did not
          </button>
        </>
      )}
    </div>
  );
}
