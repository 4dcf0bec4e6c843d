/** What the panel says. Every text is an option; names of statuses and events are the client's own. */

export interface DevtoolsMessages {
  readonly title: string;
  readonly keys: string;
  readonly sends: string;
  readonly replays: string;
  readonly showKeys: string;
  readonly clear: string;
  readonly nothing: string;
  readonly intents: string;
  readonly elsewhere: string;
  /** Of a lane. */
  readonly lane: string;
  readonly sent: string;
  readonly underWay: string;
  readonly lost: string;
  readonly replay: string;
  readonly byHand: string;
  readonly pausing: string;
  readonly watching: string;
  readonly asking: string;
  /** Of the graph. */
  readonly graph: string;
  readonly now: string;
  readonly next: string;
  /** Of time travel. */
  readonly travel: string;
  readonly before: string;
  readonly effects: string;
  readonly changed: string;
  /** Of what can be done with the last request. */
  readonly again: string;
  readonly againAnyway: string;
  readonly replayed: string;
  readonly notReplayed: string;
  readonly hidden: string;
  readonly noAnswer: string;
  readonly curl: string;
  readonly copied: string;
  readonly notCopied: string;
  /** Of what can be broken. */
  readonly breakIt: string;
  readonly drop: string;
  readonly refuse: string;
  readonly delay: string;
  readonly offline: string;
  readonly duplicate: string;
  readonly mend: string;
  readonly armed: string;
}

export const MESSAGES: DevtoolsMessages = {
  title: "oncekey",
  keys: "keys",
  sends: "sends",
  replays: "replays",
  showKeys: "Show keys",
  clear: "Clear",
  nothing: "Nothing has been sent with a key yet.",
  intents: "Intents",
  elsewhere: "In other tabs",
  lane: "Over time",
  sent: "Send",
  underWay: "no answer yet",
  lost: "no answer",
  replay: "replayed",
  byHand: "by hand",
  pausing: "Wait",
  watching: "Another tab sends",
  asking: "The application is asked",
  graph: "Phases",
  now: "Now",
  next: "From here",
  travel: "Time travel",
  before: "before the first event",
  effects: "Effects",
  changed: "changed",
  again: "Send it again",
  againAnyway: "This server has not promised to remember keys. Send it all the same",
  replayed: "The marker came back: this was a replay.",
  notReplayed: "No marker came back: this was not a replay.",
  hidden: "This page may not read the marker, since the answer comes from another origin.",
  noAnswer: "There was no answer.",
  curl: "Copy as curl",
  copied: "Copied, with the whole key.",
  notCopied: "The clipboard is closed to this page. Here is the command:",
  breakIt: "Break it, in this page only",
  drop: "Drop the answer",
  refuse: "503",
  delay: "Delay",
  offline: "Offline",
  duplicate: "Duplicate tab",
  mend: "Mend",
  armed: "The next sends",
};
