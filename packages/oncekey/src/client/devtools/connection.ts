/** A page that believes to be offline: it is told so in the way in which the browser tells it. */

/** Of the page's own `navigator`, whose getter is the prototype's. */
export function pretendOffline(isOffline: boolean): void {
  if (isOffline) {
    Object.defineProperty(navigator, "onLine", { value: false, configurable: true });
  } else {
    Reflect.deleteProperty(navigator, "onLine");
  }
  dispatchEvent(new Event(isOffline ? "offline" : "online"));
}

/**
 * The page once more, with a copy of its `sessionStorage`: what "duplicate" in the browser's menu
 * does. Without an opener the browser would not copy it (HTML, "creating a new auxiliary browsing context").
 */
export function duplicateTab(): void {
  const tab = open(location.href, "_blank");
  if (tab) tab.opener = null;
}
