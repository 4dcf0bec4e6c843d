/** The scenarios: each a link, one sentence that says what to look at, and what a person would do. */
import { control } from "./control.ts";
import type { Order } from "./order.ts";
import { pathOf, type Settings } from "./settings.ts";
import type { Story } from "./story.ts";

export interface Stage {
  readonly order: Order;
  readonly settings: Settings;
  readonly dish: string;
  /** Resolves as soon as what the page shows is so. */
  until(is: (story: Story) => boolean): Promise<Story>;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What to look at. */
  readonly look: string;
  /** What to look at instead, where it is not oncekey that protects. */
  readonly looks?: Partial<Record<Settings["protection"], string>>;
  /** The switches that it starts with, where they differ from the usual ones. */
  readonly settings?: Partial<Settings>;
  play(stage: Stage): Promise<void>;
}

/** Between two clicks of somebody in a hurry: the least, and how much more the seed may add. */
const HURRY_MS = 60;
const HESITATION_MS = 180;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The same seed, the same hurry: a Lehmer generator, whose first number is thrown away as too regular. */
async function threeTimes({ order, dish, settings }: Stage): Promise<void> {
  let state = (settings.seed * 48_271) % 2_147_483_647;
  for (let click = 1; click <= 3; click++) {
    order.press(dish);
    state = (state * 48_271) % 2_147_483_647;
    await pause(HURRY_MS + (state / 2_147_483_647) * HESITATION_MS);
  }
}

const frozenIn = ({ boxes }: Pick<Story, "boxes">): number | undefined =>
  boxes.find(({ state }) => state === "frozen")?.instance;

const isAnswered = (story: Story): boolean =>
  story.sent.size > 0 && [...story.sent.values()].every(({ status }) => status !== undefined);

/** The next order falls into it; the one press is all that the person does. */
const trapped =
  (trap: string, more: object = {}) =>
  async ({ order, dish }: Stage): Promise<void> => {
    await control("trap", { trap, ...more });
    order.press(dish);
  };

export const SCENARIOS: readonly Scenario[] = [
  {
    id: "three-clicks",
    title: "Three clicks",
    look: "Three requests carry one key to three processes: one turns gold, and the other two get its answer, byte for byte.",
    looks: {
      off: "Nobody looks at the key: all three run, and the person pays three times.",
      lock: "While the first runs, the lock turns the others away. Then press Order once more: the lock is gone, and it runs again.",
    },
    play: threeTimes,
  },
  {
    id: "no-script",
    title: "No JavaScript",
    look: "The form below runs no script, so its key is a hidden field: click it three times, and look at the ledger.",
    // The clicks are the person's: a page without a script has nobody else to do it.
    play: async () => {},
  },
  {
    id: "lost-answer",
    title: "Lost answer",
    look: "The order runs and its answer never arrives: the form sends the same key again, and gets the answer that was kept.",
    looks: {
      off: "The order runs and its answer never arrives: the form sends it again, and it runs again.",
      lock: "The lock is released with the lost answer: the form sends again, and it runs again.",
    },
    play: trapped("lose-answer", { fresh: true }),
  },
  {
    id: "your-browser",
    title: "Your browser did this",
    look: "The form sends once. The reused connection drops, and the browser itself sends the POST a second time: no script was asked.",
    looks: {
      off: "The form sends once, and the browser sends it again by itself: two orders, and no script was asked.",
      lock: "The form sends once, the browser again by itself: the lock is gone by then, and it runs twice.",
    },
    play: trapped("lose-answer"),
  },
  {
    id: "kill",
    title: "kill -9",
    look: "The winner dies right after its effect, before it could say so: the record is in doubt, and nobody guesses.",
    looks: {
      off: "The winner dies right after its effect: the form sends again, and the person pays twice.",
      lock: "The winner dies and its lock expires: whoever comes next runs it again.",
    },
    play: trapped("kill"),
  },
  {
    id: "freeze",
    title: "Freeze and wake",
    look: "The winner stands still past its lease; once woken, its late answer heals the record, and a new check is replayed.",
    async play(stage) {
      await trapped("freeze")(stage);
      const { boxes } = await stage.until((story) => frozenIn(story) !== undefined);
      await stage.order.sendAgain(stage.dish);
      const frozen = frozenIn({ boxes });
      await control("wake", { instance: frozen });
      await stage.until(isAnswered);
      await stage.order.sendAgain(stage.dish);
    },
  },
  {
    id: "reload",
    title: "Reload",
    look: "The page is gone before the answer; the next press carries the same key, because it was written down before the first byte left.",
    async play({ order, dish, until }) {
      order.press(dish);
      await until(({ executions }) => executions > 0);
      location.reload();
    },
  },
  {
    id: "duplicate-tab",
    title: "Second tab",
    look: "The second tab has a copy of the first one’s key: it looks on while the first one asks, and sends nothing.",
    async play({ order, dish, until }) {
      order.press(dish);
      await until(({ sent }) => sent.size > 0);
      window.open(location.href);
    },
  },
  {
    id: "edited",
    title: "Edited order",
    look: "A key that comes back with another dish is refused with 422, and the first order stays as it was.",
    async play({ order, dish, until }) {
      order.press(dish);
      await until(isAnswered);
      await order.sendAgain(`${dish}, extra large`);
    },
  },
  {
    id: "store-down",
    title: "Store down",
    look: "Without its store the API says 503 and runs nothing; the form waits, sends the same key again, and it happens once.",
    play: trapped("cut-store"),
  },
  {
    id: "in-doubt",
    title: "In doubt",
    look: "After the crash only a person can know: look at the ledger, then say whether it happened, and check again.",
    play: trapped("kill"),
  },
  {
    id: "order-again",
    title: "Order again",
    look: "After SUCCESS a new order is a new intent with a new key: two effects, and both are right.",
    async play({ order, dish, until }) {
      order.press(dish);
      await until(isAnswered);
      order.reset();
      order.press(dish);
    },
  },
  {
    id: "storm",
    title: "1,000 at once",
    look: "A thousand requests with one key at once: one execution; the others get its answer, or are told to come again.",
    play: ({ settings, dish }) =>
      control("storm", {
        key: crypto.randomUUID(),
        requests: 1_000,
        path: pathOf(settings),
        body: JSON.stringify({ dish }),
      }),
  },
  {
    id: "deck",
    title: "To the letter",
    look: "The slide's header and the slide's 409: one request runs, and the others hear that the key is registered already.",
    settings: { duplicates: "refuse" },
    play: threeTimes,
  },
];

export const scenarioOf = (id: string): Scenario =>
  SCENARIOS.find((scenario) => scenario.id === id) ?? (SCENARIOS[0] as Scenario);
