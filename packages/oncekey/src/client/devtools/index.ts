/**
 * `oncekey/client/devtools`: a panel in the page that shows each key over time, and breaks what is
 * sent, for whoever builds the page. Nothing of it is there unless this is imported and called.
 */
import { platform } from "../ports.ts";
import { createElsewhere } from "./elsewhere.ts";
import { createFaults } from "./faults.ts";
import { createFeed } from "./feed.ts";
import { createMeasures } from "./measure.ts";
import { type DevtoolsMessages, MESSAGES } from "./messages.ts";
import { openPanel, type Panel } from "./panel.ts";
import { type IntentView, viewOf } from "./view.ts";
import { watch } from "./watch.ts";

export type { DevtoolsMessages } from "./messages.ts";
export type { IntentView } from "./view.ts";

export interface DevtoolsOptions {
  /** Whether the panel is open from the start, and not its button alone. */
  readonly isOpen?: boolean;
  /** How long "Delay" holds an answer. */
  readonly delayMs?: number;
  /** All that it says. */
  readonly messages?: Partial<DevtoolsMessages>;
}

/** `window.__ONCEKEY__`, for tests and for tools: no whole key, and no body. */
export interface DevtoolsFeed {
  /** The newest first. */
  intents(): readonly IntentView[];
  subscribe(listener: () => void): () => void;
  close(): void;
}

const NAME = "__ONCEKEY__";

/**
 * Opens the panel; a second call begins anew. The returned function takes everything away again.
 * Throws a `ReferenceError` where there is no page.
 *
 * @example if (import.meta.env.DEV) openDevtools({ isOpen: true });
 */
export function openDevtools(options: DevtoolsOptions = {}): () => void {
  const page = window as unknown as { [NAME]?: Partial<DevtoolsFeed> };
  // Another copy of this module, as after an edit of the page. Markup can have the name as well.
  page[NAME]?.close?.();
  const messages = { ...MESSAGES, ...options.messages };
  let panel: Panel | undefined;
  let isDue = false;
  /** Once for all that a task has to say. */
  const drawn = (): void => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      panel?.draw();
    });
  };
  const feed = createFeed(platform);
  const faults = createFaults(drawn);
  const elsewhere = createElsewhere(platform.key(), drawn);
  const measured = createMeasures(performance);
  feed.subscribe(() => {
    measured(feed.intents);
    elsewhere.tell(feed.intents);
    drawn();
  });
  const leave = watch(feed, faults, options.delayMs ?? 3_000);
  const { isOpen = false } = options;
  panel = openPanel({ feed, faults, elsewhere, messages, isOpen, now: platform.now });
  const own: DevtoolsFeed = {
    intents: () => feed.intents.map(viewOf),
    subscribe: feed.subscribe,
    close,
  };
  page[NAME] = own;

  function close(): void {
    leave();
    elsewhere.close();
    panel?.remove();
    panel = undefined;
    if (page[NAME] === own) delete page[NAME];
  }
  return close;
}
