/** What a page tells: its network, its way back out of the page cache, a person who signs out. */

export interface PageEvents {
  online(): void;
  offline(): void;
  shownAgain(): void;
  /** Everybody's intents are cleared, or one person's. */
  cleared(principal: string | undefined): void;
}

/** One tab tells the others. */
const CHANNEL = "oncekey";

/** Outside a page there is nothing to listen to. The returned function stops. */
export function listenToPage(events: PageEvents): () => void {
  const page = globalThis.window as Window | undefined;
  if (!page) return () => {};
  let channel: BroadcastChannel | undefined;
  // Closed while the page is hidden for good: an open one would keep it out of the page cache.
  const close = () => channel?.close();
  const open = () => {
    close();
    channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }) => {
      if (data?.type === "clear") events.cleared(data.principal);
    };
  };
  const shown = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return;
    open();
    events.shownAgain();
  };
  open();
  page.addEventListener("online", events.online);
  page.addEventListener("offline", events.offline);
  page.addEventListener("pagehide", close);
  page.addEventListener("pageshow", shown);
  return () => {
    close();
    page.removeEventListener("online", events.online);
    page.removeEventListener("offline", events.offline);
    page.removeEventListener("pagehide", close);
    page.removeEventListener("pageshow", shown);
  };
}

export function announceCleared(principal: string | undefined): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ type: "clear", principal });
  channel.close();
}
