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
];
