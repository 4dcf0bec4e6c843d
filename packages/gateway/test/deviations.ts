/** What a gateway cannot keep of what adapters promise, by reason. docs/gateway.md says the same. */

const REASONS: Readonly<Record<string, readonly string[]>> = {
  "The handler's context stays in the gateway: the upstream is another process.": [
    "P-5: escapes are undone first, and parameters are passed over",
    "P-30: when the client leaves, the handler finishes and its answer is kept",
    "P-61: what the handler releases is passed on as it is, and again runs",
    "P-61: a release is safe before the answer ends",
    "P-61: a release that cannot be written is tried again in the background",
    "P-62: unrepeatable: what the handler gave up is passed on as it is, and in doubt at once",
    "P-73, S-40: what the handler omits is shown once, and never kept",
    "P-94: repeatable: once the lease has ended, one of ten takes over as attempt 2",
    "P-101: the signal fires before a lease that cannot be renewed ends",
    "P-101: the signal fires before a lease that is not known to be renewed ends",
    "P-101: in a process that was stopped, the signal fires as soon as it goes on",
    "P-104: after `maxRunMs` the signal fires, renewal stops, and then it is as after a crash",
    "P-122: when the first is released, one of ten waiters runs, and the others wait for it",
  ],
  "An upstream that cuts before it answers is a 502 in the gateway's words (P-127, P-128).": [
    "P-62: unrepeatable: a request whose socket the handler cut is in doubt at once",
    "P-62: repeatable and transactional: a request whose socket the handler cut runs again",
    "P-63: idempotency_outcome_unknown is kept nowhere, and never comes back with a marker",
    "P-86: unrepeatable: a record in doubt outlives every retention",
    "P-89: unrepeatable: the answer that `reconcile` finds is replayed from now on",
    "P-89: unrepeatable: `reconcile` may be called more than once, and all hear one answer",
    "P-90: unrepeatable: what `reconcile` says did not happen runs",
    "P-90: unrepeatable: while `reconcile` does not know, or throws, the outcome is unknown",
    "P-91: unrepeatable: what a person settles as happened is replayed",
    "P-91: unrepeatable: what a person settles as not happened runs",
    "P-117: a stream that fails is cut, and the record is as after any failure",
  ],
  "What the cases mount outside the guard has no place between the gateway and its clients.": [
    "P-24: what middleware outside sets is new on each answer, and there once",
    "P-24: two cookies that middleware outside sets are two on each answer",
    "P-28: what is compressed outside is kept plain, and suits a client that takes no gzip",
    "P-52, S-6: what a gate outside refuses does not burn the key",
    "P-69, S-3: a token that was revoked reads the application's 401, not what was kept",
    "P-137: problems and replays carry what CORS middleware outside has set",
  ],
  "No parser stands in front of a gateway: every body can be read.": [
    "P-18: a body that cannot be read comes after the scope, and before the store",
    "P-44: any other consumed body cannot be compared, and is not run",
    "P-63: idempotency_body_unreadable is kept nowhere, and never comes back with a marker",
  ],
  "Fields about one connection end at the gateway, for the first caller too (P-133).": [
    "P-23: the first answer has the fields that belong to one exchange, and the replay none",
    "P-23: what is about one connection is not kept, nor what `Connection` names",
  ],
};

/**
 * Not even held to fail: what it leaves behind when it does would fail another test. The reason is
 * that of the first list.
 */
export const NOT_PLAYED =
  "P-96: repeatable: every attempt derives the same key for a name, and never the client's";

const BY_NAME = new Map(
  Object.entries(REASONS).flatMap(([reason, names]) => names.map((name) => [name, reason])),
);

export const deviations: readonly string[] = [...BY_NAME.keys()];

export const deviationOf = (name: string): string | undefined => BY_NAME.get(name);
