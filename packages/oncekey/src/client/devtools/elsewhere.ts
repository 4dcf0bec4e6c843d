/**
 * What the panels of this page's other tabs see: each tells the rest where its intents stand. What
 * goes over the channel can be read by every script of the origin, so it is what `view.ts` shows.
 */
import type { Status } from "../reduce.ts";
import type { Intent } from "./intent.ts";
import { shortKey } from "./short-key.ts";

const CHANNEL = "oncekey:devtools";

export interface Elsewhere {
  /** What the other tabs have, by tab. */
  readonly tabs: ReadonlyMap<string, readonly Remote[]>;
  tell(intents: readonly Intent[]): void;
  close(): void;
}

export interface Remote {
  readonly name: string;
  /** Cut short. */
  readonly key: string;
  readonly status: Status;
  readonly attempts: number;
}

interface Note {
  readonly tab: string;
  /** Without them the tab has gone. */
  readonly intents?: readonly Remote[];
  /** The tab has just come, and wants to know. */
  readonly asks?: boolean;
}

export function createElsewhere(tab: string, changed: () => void): Elsewhere {
  const tabs = new Map<string, readonly Remote[]>();
  let channel: BroadcastChannel | undefined;
  let mine: readonly Remote[] = [];
  let last = "";

  const post = (note: Omit<Note, "tab">): void => channel?.postMessage({ tab, ...note });

  function open(): void {
    channel?.close();
    channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<Note>) => {
      if (Array.isArray(data.intents)) tabs.set(data.tab, data.intents);
      else tabs.delete(data.tab);
      if (data.asks) post({ intents: mine });
      changed();
    };
    post({ intents: mine, asks: true });
  }

  // Closed while the page is hidden for good: an open one would keep it out of the page cache.
  function close(): void {
    post({});
    channel?.close();
    channel = undefined;
  }
  const shown = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) open();
  };

  open();
  addEventListener("pagehide", close);
  addEventListener("pageshow", shown);
  return {
    tabs,
    tell(intents) {
      mine = intents.map(({ name, key, status, sends }) => ({
        ...{ name, key: shortKey(key), status },
        attempts: sends.filter(({ isByHand }) => !isByHand).length,
      }));
      const text = JSON.stringify(mine);
      if (text !== last) post({ intents: mine });
      last = text;
    },
    close() {
      removeEventListener("pagehide", close);
      removeEventListener("pageshow", shown);
      close();
    },
  };
}
