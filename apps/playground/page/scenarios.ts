/** The scenarios: each a link, one sentence that says what to look at, and what a person would do. */
import { isGated } from "../src/wish.ts";
import { control, leaseMs } from "./control.ts";
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

/** What changes what there is to see. */
type Look = Settings["protection"] | "gateway" | Settings["effects"];

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What to look at. */
  readonly look: string;
  /** What to look at instead, where it is not oncekey that protects. */
  readonly looks?: Partial<Record<Look, string>>;
  /** The switches that it starts with, where they differ from the usual ones. */
  readonly settings?: Partial<Settings>;
  play(stage: Stage): Promise<void>;
}

/** Between two clicks of somebody in a hurry: the least, and how much more the seed may add. */
const HURRY_MS = 60;
const HESITATION_MS = 180;

/** As a part of it: the lease is over, and everybody has seen that it is. */
const PAST_ITS_LEASE = 1.5;

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
    look: "Three requests carry one key to three processes: one turns gold, and the other two get its answer, byte for byte. Then switch the protection off, and play it again.",
    looks: {
      off: "Nobody looks at the key: all three run, and the person pays three times.",
      lock: "While the first runs, the lock turns the others away. Then press Pay once more: the lock is gone, and it runs again.",
      gateway:
        "Three requests carry one key to the gateway: one is passed on, and the five APIs, which protect nothing, never see the others.",
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
      repeatable:
        "The winner dies right after its effect: when its lease has ended the next one does it again, as it was told that it may.",
      transactional:
        "The winner dies before its commit: what it wrote is gone with it, the next one runs, and the person pays once.",
      gateway:
        "The API dies right after its effect, and the gateway lives to tell: the record is in doubt at once, and nobody guesses.",
    },
    play: trapped("kill"),
  },
  {
    id: "freeze",
    title: "Freeze and wake",
    look: "The winner stands still past its lease; once woken, its late answer heals the record, and a new check is replayed.",
    looks: {
      off: "The winner stands still; the second request runs, and the woken first one has been charged already: two effects.",
      lock: "The winner stands still past its lock: the second request takes it and runs, and the person pays twice.",
      repeatable:
        "The winner stands still past its lease: the second one takes over and does it again; the first, once woken, is fenced off.",
      transactional:
        "The winner stands still in its transaction: nobody sees what it wrote, and there is one commit, whoever makes it.",
      gateway:
        "The API stands still, and the record’s owner does not: the gateway keeps the lease, and the second request waits.",
    },
    async play(stage) {
      await trapped("freeze")(stage);
      const { boxes } = await stage.until((story) => frozenIn(story) !== undefined);
      const second = stage.order.sendAgain(stage.dish);
      // Where the frozen one's lease ends, the second learns of it. Elsewhere it waits for the first.
      const waits = isGated(stage.settings) || stage.settings.effects === "transactional";
      await (waits ? pause(leaseMs * PAST_ITS_LEASE) : second);
      const frozen = frozenIn({ boxes });
      await control("wake", { instance: frozen });
      await second;
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
    title: "Back, and again",
    look: "After SUCCESS the browser goes on. Press its own Back button, and Pay once more: a new key, a second effect, and both are right.",
    // Back is the person's: a page that went back by itself would prove nothing.
    play: async ({ order, dish }) => order.press(dish),
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

/** The sentence for these switches. */
export function lookOf({ look, looks = {} }: Scenario, settings: Settings): string {
  const { protection, effects } = settings;
  if (protection !== "oncekey") return looks[protection] ?? look;
  return (isGated(settings) ? looks.gateway : undefined) ?? looks[effects] ?? look;
}

export const scenarioOf = (id: string): Scenario =>
  SCENARIOS.find((scenario) => scenario.id === id) ?? (SCENARIOS[0] as Scenario);
