/**
 * Every text of the page, in English, by name. The option `messages` puts others in their place.
 *
 * What stands in braces is filled in, and may be left out or moved. All of it is set as text and
 * never as markup. Times, spans and numbers are not here: they follow `language`.
 */

export const MESSAGES = {
  /** A language tag, such as "de" or "pt-BR". */
  language: "en",
  /** Behind each view's name in the window's title. */
  product: "oncekey",
  dashboardTitle: "oncekey dashboard",
  noScript: "This page needs JavaScript: it shows what the dashboard's server tells it.",

  // The frame.
  skip: "Skip to the content",
  views: "Views",
  keys: "Keys",
  inDoubt: "In doubt",
  plots: "Plots",
  visitor: "{name}, {role}",
  "role:viewer": "viewer",
  "role:operator": "operator",
  signOut: "Sign out",
  theme: "Theme",
  themeSystem: "system",
  themeLight: "light",
  themeDark: "dark",
  "stream:opening": "connecting",
  "stream:live": "live",
  "stream:lost": "not live",
  streamLost: "The live stream is lost, and tried again. What is shown may be old.",
  streamGap: "The live stream is back. Some events were missed, and are in no timeline here.",
  nothingHere: "Nothing here",
  noView: "This address names no view. {keys}",
  allKeys: "All keys",
  unreachable: "The dashboard's server cannot be reached.",
  answered: "The server answered {status}.",
  pageFailed: "The page failed. Load it again.",
  justNow: "just now",

  // The sign-in.
  signIn: "Sign in",
  signInLead: "This dashboard shows what happened to keys, to people who may look.",
  signInName: "Name",
  signInPassword: "Password",
  signInWrong: "The name or the password is wrong.",
  signInTooOften: "Too many tries. Wait a minute, and try again.",

  // States, effects, and the words of a table's cells.
  "state:in-flight": "in flight",
  "state:in-doubt": "in doubt",
  "state:completed": "completed",
  "effects:unrepeatable": "unrepeatable",
  "effects:repeatable": "repeatable",
  "effects:transactional": "transactional",
  bytes: "{count} bytes",
  kibibytes: "{count} KiB",

  // The list of keys.
  keysLead: "One row for each key: its first request, and what came of it.",
  records: "Records",
  recordsTable: "Records, table",
  firstRequest: "First request",
  state: "State",
  replaysSeen: "Replays seen",
  claimed: "Claimed",
  attempt: "Attempt",
  kept: "Kept",
  scope: "Scope",
  onlyScope: "Only scope {scope}",
  pages: "Pages",
  firstPage: "First page",
  nextPage: "Next page",
  lookFurther: "Look further",
  find: "Find",
  findKey: "Find a key",
  globalScope: "global",
  key: "Idempotency-Key",
  asSent: "as the client sent it",
  notFound:
    "There is no record of this scope and key: it expired, it was released, or it never was.",
  several: "There are several, of a guard and of {run}:",
  filter: "Filter",
  anyState: "any",
  methodOrPath: "Method or path",
  status: "Status",
  age: "Age",
  anyAge: "any age",
  olderMinute: "older than a minute",
  olderHour: "older than an hour",
  olderDay: "older than a day",
  anyScope: "any scope",
  keptNothing: "nothing yet",
  keptAnswer: "{status}, {size}",
  keptTombstone: "{status}, not kept",
  keptValue: "value, {size}",
  keptDamaged: "cannot be read",
  noneOfLooked: "None of the {looked} records that were looked at fits. There are more.",
  noneFits: "No record fits. Records that have expired are not listed.",
  showAll: "Show all",
  noRecord: "There is no record yet.",
  noRecordYet:
    "As soon as a request with an {key} reaches a guarded route, its record appears here by itself.",

  // One key.
  keyTitle: "Key {key}",
  keyGone: "A key that is sent again, and has no record, runs. {keys}",
  doubtLead: "Nobody knows whether it happened.",
  doubt:
    "The owner fell silent in the middle of the work. Retries are told so, and do not run, until somebody who knows settles it.",
  settleIt: "Settle it",
  timeline: "Timeline",
  storesClock: "store's clock",
  thisProcess: "this process",
  owner: "owner {attempt}",
  token: "token {token}",
  timelineNote:
    "The record says what became of the key. What happened on the way is what this process has seen and still remembers; another process keeps its own.",
  record: "Record",
  address: "Address",
  effects: "Effects",
  ownerTerm: "Owner",
  attemptAndToken: "attempt {attempt}, token {token}",
  inDoubtSince: "In doubt since",
  leaseEnds: "Lease ends",
  completed: "Completed",
  expires: "Expires",
  duplicatesGet: "What duplicates get",
  getAnswer: "An answer with status {status}, {size}.",
  getTypedAnswer: "An answer with status {status}, {size} of {type}.",
  getTombstone: "It happened, with status {status}. The answer was not kept.",
  getValue: "A value of {size}, kept by `run`.",
  getDamaged:
    "The kept bytes are not those that were written. Nothing is replayed, and nothing runs.",
  isCut: "The rest is not shown.",
  notShown: "It is not shown, because it may be personal: see the option {option}.",

  // What stands behind an event of a timeline.
  asHappened: "as happened, by {operator}: {reason}",
  asNotHappened: "as not happened, by {operator}: {reason}",
  call: "call: {call}",
  itHappened: "it happened",
  itDidNot: "it did not happen",
  ran: "ran {span}",
  waited: "waited {span}",

  // The queue.
  queueLead:
    "The owner of each fell silent, and nobody knows whether it happened. The oldest comes first.",
  recordsInDoubt: "Records in doubt",
  recordsInDoubtTable: "Records in doubt, table",
  request: "Request",
  tokenHead: "Token",
  settle: "Settle",
  settleOne: "Settle {request} {key}",
  nothingInDoubt: "Nothing is in doubt.",
  wouldBeInDoubt:
    "When the owner of an unrepeatable effect falls silent, in a crash or cut off from the store, its key appears here as soon as its lease has ended.",
  queueMore: "There are more: the order holds for those that were read.",

  // Settling.
  settleTitle: "Settle {key}",
  settleLead: "{request} · owner {attempt} · claimed {claimed}",
  nothingToSettle: "This record is {state}: there is nothing to settle. {link}",
  whatHappened: "What happened to it",
  readOnlyViewer: "You may look. Settling needs the role of an operator.",
  readOnlyNoAudit: "There is no audit log, so nothing can be settled: see the option `audit`.",
  steps: "Steps",
  stepSay: "Say what is known",
  stepConfirm: "Confirm",
  whatIsKnown: "What is known",
  didItHappen: "Did it happen?",
  happenedLead: "It happened.",
  happened: "Every retry gets the answer that you attach, and nothing runs.",
  notHappenedLead: "It did not happen, and cannot happen any more.",
  notHappened:
    "The record is released, and the next retry runs. An owner that only stands still may yet go on: make sure that it is gone.",
  reasonForAudit: "Reason, for the audit log",
  review: "Review",
  answerForRetries: "The answer that retries get",
  type: "Type",
  locationIfMade: "Location, if something was made",
  body: "Body",
  confirmHappened: "Settle as happened?",
  confirmNotHappened: "Settle as not happened?",
  willAnswer: "From now on every retry of this key gets this answer. It cannot be taken back.",
  willRun: "The record is forgotten, and the next retry of this key runs. It cannot be taken back.",
  keyTerm: "Key",
  underToken: "{key}, under token {token}",
  answer: "Answer",
  answerShape: "{status}, {size} of {type}",
  reason: "Reason",
  settleAsHappened: "Settle as happened",
  settleAsNotHappened: "Settle as not happened",
  back: "Back",
  settled: "Settled.",
  settledAnswer: "Every retry gets the answer that you attached.",
  settledReleased: "The record is released: the next retry runs.",
  whatHappenedToKey: "What happened to this key",
  whatElse: "What else is in doubt",

  // Plots.
  plotsLead: "What this process has seen in the last ten minutes, in steps of five seconds.",
  lastTenMinutes: "{title}, last ten minutes. {values}",
  asTable: "{title} as a table",
  numbersOf: "{title}, numbers",
  allZero: "Every number is zero, or not known.",
  notKnown: "not known",
  fiveSecondsFrom: "Five seconds from",
  nothingYet: "Nothing yet.",
  requests: "Requests",
  requestsNote: "Requests with a key, whatever became of them.",
  requestsSeries: "requests",
  prevented: "Duplicates prevented",
  preventedNote: "Retries that did not run again. Replays are those that got the kept answer.",
  preventedSeries: "prevented",
  replayedSeries: "replayed",
  replayRate: "Replay rate",
  replayRateNote: "Of the requests with a key, how many got a kept answer.",
  conflicts: "Conflicts",
  conflictsNote: "A duplicate came while the first was running, and was told so.",
  conflictsSeries: "conflicts",
  mismatches: "Mismatches",
  mismatchesNote: "A key came back with another request, which did not run.",
  mismatchesSeries: "mismatches",
  retriesInDoubt: "Retries in doubt",
  retriesInDoubtNote: "Retries that were told that nobody knows the outcome.",
  toldSeries: "told",
  addedLatency: "Added latency",
  addedLatencyNote:
    "Store calls that a request waits for: a first run for its claim and its completion, a replay for its claim.",
  p50Series: "p50",
  p99Series: "p99",
  storeReads: "Store reads",
  storeReadsNote: "A read once a second, while somebody looks. No request waits for it.",
  slowestSeries: "slowest",
  storeFailures: "Store failures",
  storeFailuresNote: "Calls that got no answer, or were refused.",
  failuresSeries: "failures",
  inFlightByAge: "In flight, by age",
  inFlightByAgeNote: "Keys whose owner is at work, by the time since the claim.",
  inFlightByLease: "In flight, by lease left",
  inFlightByLeaseNote: "How long each owner may still be silent.",
  inDoubtByAge: "In doubt, by age",
  inDoubtByAgeNote: "Keys that wait for somebody who knows.",
  moreThanThese: "{note} There are more than these {count}.",
  amongRecords: "{note} Among {count} records: there are more.",
  topRoutes: "Top routes",
  topRoutesNote:
    "The requests that this process has seen most, among the events that it remembers.",
  topScopes: "Top scopes",
  topScopesNote: "Whose keys there are most of.",
  retention: "Retention horizon",
  retentionNote: "How long completed keys are kept yet. A later retry runs again.",
  bandUnder: "under {span}",
  bandLonger: "longer",
  time: "Time",
  timeLeft: "Time left",
  times: "Times",
  asItHappens: "As it happens",
  eventsAppear: "Events appear here while this page is open, a moment after they happened.",
  storeHealth: "Store health",
  healthUnknown:
    "Whether the database keeps what it acknowledges is not known here: see the option {option}, or run {command}.",
  "verdict:problem": "problem",
  "verdict:warning": "warning",
  "verdict:ok": "in order",
  examination: "examination",
  notExamined: "The store could not be examined: whether it keeps what it says is not known.",

  // Events.
  "event:record-claimed": "Claimed: an owner began to run it",
  "event:record-completed": "Completed: the result is kept, and answers every duplicate",
  "event:lease-ends": "The lease ends, unless it is renewed",
  "event:became-in-doubt": "In doubt: the owner fell silent, and nobody knows whether it happened",
  "event:resolved": "Settled by hand",
  "event:expires": "The record expires",
  "event:claimed": "Claimed: the handler runs",
  "event:renewed": "The lease was renewed",
  "event:completed": "Completed by its owner",
  "event:released": "Released: a retry runs afresh",
  "event:gave-up": "Given up: the handler's outcome is not known",
  "event:rolled-back": "Rolled back with its transaction",
  "event:superseded": "The owner found that the record was no longer its own",
  "event:replayed": "Replayed: a duplicate got the kept answer",
  "event:in-flight": "Conflict: a duplicate came while the first request was running",
  "event:in-doubt": "A duplicate met the record in doubt, and was told so",
  "event:mismatch": "Mismatch: the key came back with another request",
  "event:reconciled": "Reconciled by the application",
  "event:lease-lost": "The lease was lost, and the handler's signal fired",
  "event:store-failed": "The store failed",
  "event:record-corrupt": "The record cannot be read",
  "event:not-recorded": "It ran, and its result could not be kept yet",
  "event:recovered": "A late write reached the store",
  "event:abandoned": "A late write was given up",
  "event:reconcile-failed": "The application could not say what became of it",
  "event:handler-failed": "The handler failed",
  "event:ran-unprotected": "Ran without protection: the store was down",
  "event:scope-unresolved": "Refused: nobody could tell whose key it is",

  // What the server refuses.
  "refusal:host": "This name is not in the dashboard's list: see its option `hosts`.",
  "refusal:origin": "This request comes from another page, or does not say from which.",
  "refusal:site": "This request comes from another page.",
  "refusal:header": "A request that is no GET must have the header {header}.",
  "refusal:nobody": "Nobody has signed in who may look at this.",
  "refusal:scope": "Expected `scope` to be the digest of a scope: 64 hex digits.",
  "refusal:state": "Expected `state` to be one of {states}.",
  "refusal:address": "A record's address has 64 hex digits.",
  "refusal:no-record":
    "There is no record at this address: it expired, it was released, or it never was.",
  "refusal:nothing": "There is nothing at this address.",
  "refusal:base": "This path is not below the option `base` of the dashboard.",
  "refusal:method": "The dashboard knows GET and POST.",
  "refusal:store": "The store gave no answer. Nothing is known about its records now.",
  "refusal:after": "Expected `after` to be the `next` of the page before.",
  "refusal:corrupt": "There is a record that cannot be read: damaged, or of a newer release.",
  "refusal:failed": "The dashboard failed at this request.",
  "refusal:media-type": "Expected a body of application/json.",
  "refusal:no-json": "The body is no JSON.",
  "refusal:no-object": "Expected the body to be a JSON object.",
  "refusal:body-size": "The body is too large.",
  "refusal:text": "Expected `{name}` to be a text.",
  "refusal:filled-in": "Expected `{name}` to be filled in.",
  "refusal:integer": "Expected `{name}` to be an integer from {least} to {most}.",
  "refusal:texts": "Expected `{name}` to be a text, or a list of texts.",
  "refusal:listeners": "Too many are listening. Close a page, and try again.",
  "refusal:gone": "The record is gone. Nothing was changed.",
  "refusal:now-in-flight": "The record is in flight by now. Nothing was changed.",
  "refusal:now-completed": "The record is completed by now. Nothing was changed.",
  "refusal:other-owner": "The record has another owner by now. Nothing was changed.",
  "refusal:not-reviewed": "This is not what was reviewed. Review it again.",
  "refusal:settled-meanwhile":
    "The record is not in doubt any more: its owner came back, or somebody settled it. Nothing was changed.",
  "refusal:token": "Expected `token` to be the record's token.",
  "refusal:happened": "Expected `happened` to be true or false.",
  "refusal:reason": "Expected `reason` to have {least} to {most} characters.",
  "refusal:status": "Expected `status` to be 200 to 599.",
  "refusal:type": "Expected `type` to be one of {types}.",
  "refusal:answer-size": "Expected the answer to have at most a megabyte.",
  "refusal:answer-json": "Expected `body` to be JSON, as its type says.",
  "refusal:location": "Expected `location` to be a path, or an address of http or https.",
  "refusal:settled-untold": "The record was settled, and the audit log could not be told so.",
  "refusal:unchanged-untold": "Nothing was changed, and the audit log could not be told so.",
} as const;

export type MessageName = keyof typeof MESSAGES;
export type Messages = { readonly [Name in MessageName]: string };

/** The English texts, with these in their place. Throws a `TypeError` that names what is wrong. */
export function messagesWith(others: Partial<Messages>): Messages {
  for (const [name, text] of Object.entries(others)) {
    if (!Object.hasOwn(MESSAGES, name)) wrong(name, "the name of a text: there is none");
    if (typeof text !== "string" || text === "") wrong(name, "a text");
    const known = slotsIn(MESSAGES[name as MessageName]);
    for (const slot of slotsIn(text)) {
      // A slip of the pen would stand on the page as it is.
      if (!known.includes(slot)) wrong(name, `without {${slot}}, which nothing fills`);
    }
  }
  const messages: Messages = { ...MESSAGES, ...others };
  if (!isLanguage(messages.language)) wrong("language", 'a language tag, such as "pt-BR"');
  return Object.freeze(messages);
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

const slotsIn = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, slot = ""]) => slot);

function wrong(name: string, expected: string): never {
  throw new TypeError(`Expected \`messages["${name}"]\` of the dashboard to be ${expected}.`);
}

/** A text with its braces filled in. */
export const filled = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, slot) => String(values[slot] ?? whole));

/**
 * Puts texts into a built page: `%name%` becomes that text, and `%messages%` all of them as JSON.
 * Each is written so that it stays text, in an element and in an attribute.
 */
export function writtenInto(
  html: string,
  messages: Messages,
  others: Readonly<Record<string, string>> = {},
): string {
  const texts: Readonly<Record<string, string>> = { ...messages, ...others };
  const inLanguage = html.replace('<html lang="en">', () => `<html lang="${messages.language}">`);
  return inLanguage.replace(/%(\w+)%/g, (whole, name) => {
    if (name === "messages") return escaped(JSON.stringify(messages));
    const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
    return text === undefined ? whole : escaped(text);
  });
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
