/**
 * The bugs that others have shipped, by the numbers of our list of them, and what became of each.
 *
 * A bug is seeded into a copy of our sources by the mutants that quote its number. Where it cannot
 * be, because we have no such line to get wrong, `not` says why, and what watches over it instead.
 */
export interface Bug {
  readonly number: number;
  readonly what: string;
  readonly not?: string;
}

export const BUGS: readonly Bug[] = [
  { number: 1, what: "find, then create: two find nothing, and both create" },
  { number: 2, what: "two reads decide, and what neither of them saw is run" },
  { number: 3, what: "the claim fails, the read then finds nothing, and it runs without a claim" },
  { number: 4, what: "read, then lock, and no second look under the lock" },
  { number: 5, what: "a lock that covers only the look, or only one process" },
  {
    number: 6,
    what: "a client that passes over the condition it was given: every claim is granted",
  },
  { number: 7, what: "a claim whose reply was lost, made again, is refused because of itself" },
  { number: 8, what: "state that is shared by what runs at the same time: one ends as the other" },
  { number: 9, what: "a claim whose end is not over, or not known, is taken for abandoned" },
  { number: 10, what: "units of time mixed: what is compared is never true, or always" },
  { number: 11, what: "what has expired blocks its key, or still answers, until it is purged" },
  { number: 12, what: "a purge between the failed claim and the read: a false answer" },
  { number: 13, what: "an owner that comes late overwrites, or frees, what is another's by now" },
  { number: 14, what: "a heartbeat that goes by the key lengthens another owner's claim" },
  { number: 15, what: "whoever waits in vain removes what it waited for" },
  { number: 16, what: "a duplicate that is refused removes what still runs" },
  { number: 17, what: "the library's own refusal is kept as if it were the handler's answer" },
  {
    number: 18,
    what: "fingerprint or address taken at the end, when the handler has changed its request",
    not:
      "both are digests before the claim, and no ending is given either of them; P-31 holds every " +
      "adapter to it",
  },
  { number: 19, what: "after a restart, a process takes the claim of its former life for its own" },
  { number: 20, what: "no renewal: whatever runs longer than its claim is run beside itself" },
  { number: 21, what: "one error ends the renewing, and the handler never hears of it" },
  { number: 22, what: "one time for the claim and for the result: a crash blocks for a day" },
  { number: 23, what: "a claim without an end: a crash blocks for ever" },
  { number: 24, what: "a throw means release, although the effect may have happened before it" },
  { number: 25, what: "a claim whose owner fell silent is taken over and run, whatever it was" },
  { number: 26, what: "the effect and its record in two commits" },
  { number: 27, what: "the record ends with the connection, and not with the answer" },
  { number: 28, what: "the answer leaves first, and is recorded then" },
  { number: 29, what: "an answer that is given in another way is not seen" },
  { number: 30, what: "the store fails after the effect: the record is dropped, and a retry runs" },
  { number: 31, what: "a store's error is swallowed, hangs the request, or ends the process" },
  { number: 32, what: "without its store it runs unprotected, and does not say so" },
  { number: 33, what: "another request under the key destroys the record" },
  { number: 34, what: "whether a claim is in flight is asked before whose request it is" },
  {
    number: 35,
    what: "the key stands for any path, query and body: a refund is answered with a payment",
  },
  {
    number: 36,
    what: "the path is what a router has left of it, or the pattern of a route: two resources share a key",
  },
  {
    number: 37,
    what: "a part of the body is compared, or none of it, or by too few bits: another request is a retry",
  },
  {
    number: 38,
    what: "an equal body under another key is refused: two people cannot order the same thing",
  },
  { number: 39, what: "one person gets the answer of another who chose the same key" },
  { number: 40, what: "whose key it is hangs on a token that is renewed: the retry runs again" },
  {
    number: 41,
    what: "requests without a key count as one: the second is answered with the first",
  },
  {
    number: 42,
    what: "keys lose their case or their end on the way to a column, or do not fit it",
  },
  { number: 43, what: "a completion loses what is compared: every honest retry is a conflict" },
  {
    number: 44,
    what: "what is written under one address is looked for under another: nothing is ever replayed",
  },
  { number: 45, what: "an answer without a body is run again, or ends in an error" },
  { number: 46, what: "bytes become text, and streams are buffered or lost" },
  { number: 47, what: "a kept error is thrown again, and becomes a page of the framework's" },
  { number: 48, what: "a replay has lost its Location or ETag, or 201 has become 200" },
  {
    number: 49,
    what: "a replay logs somebody in again, or two lines of a field are joined to one that is broken",
  },
  { number: 50, what: "credentials lie in the store, and are shown again" },
  { number: 51, what: "what was kept is read by somebody who may not read it any more" },
  { number: 52, what: "an answer that is too large is not kept, and so the retry runs" },
  { number: 53, what: "a client can pose as a replay, or a handler has to ask whether it is one" },
  { number: 54, what: "what lies in the store says which code is run when it is read" },
  { number: 55, what: "a timer that is set for more than 24.8 days fires at once" },
  { number: 56, what: "duplicates that wait hold up everybody else" },
  { number: 57, what: "an object serves as a map, and has members that nobody put there" },
  {
    number: 58,
    what: "a gateway keeps the key of a request that it could not send",
    not: "the gateway does not exist yet",
  },
  {
    number: 59,
    what: "two tables share what clears one of them away: the second is never cleared",
  },
  {
    number: 60,
    what: "a button is disabled by a render, and three clicks come before it",
    not: "the client for browsers does not exist yet",
  },
  {
    number: 61,
    what: "a client retries without a key, and sees one success of three runs",
    not: "the client for browsers does not exist yet",
  },
  {
    number: 62,
    what: "a browser sends a request again by itself, and the page sees one answer",
    not: "the client for browsers does not exist yet; what a server makes of a request that comes twice under its key is tried with P-30 and P-35",
  },
  { number: 63, what: "the lock is all there is: once the first has ended, a retry runs" },
];
