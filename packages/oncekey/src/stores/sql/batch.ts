/**
 * Lets calls of one kind share a statement without waiting for each other.
 *
 * A call goes at once; those that come while it is on its way go together in the next statement.
 * So a lone caller waits for nobody, there is no timer to tune, and under load a commit (and its
 * fsync) is paid once for hundreds of calls.
 */

export interface BatchOptions<Call, Answer> {
  /** Asks for all in one statement: the replies in the order of the calls, no id twice. */
  ask(calls: readonly Call[]): Promise<readonly Reply<Answer>[]>;
  idOf(call: Call): string;
  /** What the call carries, in bytes. */
  bytesOf?(call: Call): number;
  /** What `call` would be told right after `first` was; undefined if it must ask for itself. */
  follow(first: Call, answer: Answer, call: Call): Answer | undefined;
}

export type Reply<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "failure"; readonly error: unknown }
  /** Left out, because the answers before it were large. */
  | { readonly kind: "later" }
  /** The row was busy. `lastly` is for whoever has asked often enough. */
  | { readonly kind: "busy"; readonly lastly: Exclude<Reply<Answer>, { kind: "busy" | "later" }> };

/** A statement of 500 rows takes milliseconds. More rows would not make a row cheaper. */
const CALLS_MAX = 500;

/** Of what the calls carry: more would hold memory, and the other callers, for no gain. */
const BYTES_MAX = 8 * 1024 * 1024;

/**
 * How often a call asks for a busy row: twice at once, because most are busy for the blink of
 * another commit, then with pauses that add up to a quarter of a second.
 */
const ROUNDS_MAX = 9;
const PAUSE_MS = 5;
const PAUSE_MAX_MS = 50;

/** A statement that hangs (a dead peer, a full pool) must not hold up all that come after it. */
const STALLED_MS = 1_000;
const FLIGHTS_MAX = 4;

interface Waiting<Call, Answer> {
  readonly call: Call;
  rounds: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export function createBatch<Call, Answer>(
  options: BatchOptions<Call, Answer>,
): (call: Call) => Promise<Answer> {
  type Caller = Waiting<Call, Answer>;
  const { ask, idOf, bytesOf = () => 0, follow } = options;
  const flights = new Set<{ readonly since: number }>();
  let queue: Caller[] = [];
  let boarding = false;

  return (call) =>
    new Promise((resolve, reject) => {
      queue.push({ call, rounds: 0, resolve, reject });
      board();
    });

  /** In a microtask, so that the calls of one turn go together. */
  function board(): void {
    if (boarding || queue.length === 0 || !hasRoom()) return;
    boarding = true;
    queueMicrotask(() => {
      boarding = false;
      void fly();
    });
  }

  function hasRoom(): boolean {
    if (flights.size >= FLIGHTS_MAX) return false;
    const now = performance.now();
    return [...flights].every(({ since }) => now - since > STALLED_MS);
  }

  async function fly(): Promise<void> {
    const flight = { since: performance.now() };
    flights.add(flight);
    const { callers, followers } = take();
    try {
      const replies = await ask(callers.map(({ call }) => call));
      for (const [index, caller] of callers.entries()) {
        const reply = replies[index] ?? { kind: "later" };
        settle(caller, reply, followers.get(idOf(caller.call)) ?? []);
      }
    } catch (error) {
      for (const caller of [...callers, ...[...followers.values()].flat()]) caller.reject(error);
    } finally {
      flights.delete(flight);
      board();
    }
  }

  /** Of each id the first call goes, and the others of that id follow its answer. */
  function take(): { callers: Caller[]; followers: Map<string, Caller[]> } {
    const callers: Caller[] = [];
    const followers = new Map<string, Caller[]>();
    const rest: Caller[] = [];
    let bytes = 0;
    for (const caller of queue) {
      const id = idOf(caller.call);
      const others = followers.get(id);
      const size = bytesOf(caller.call);
      if (others !== undefined) {
        others.push(caller);
      } else if (callers.length < CALLS_MAX && (bytes + size <= BYTES_MAX || bytes === 0)) {
        callers.push(caller);
        followers.set(id, []);
        bytes += size;
      } else {
        rest.push(caller);
      }
    }
    queue = rest;
    return { callers, followers };
  }

  function settle(caller: Caller, reply: Reply<Answer>, followers: readonly Caller[]): void {
    switch (reply.kind) {
      case "answer":
        caller.resolve(reply.answer);
        for (const follower of followers) {
          const answer = follow(caller.call, reply.answer, follower.call);
          if (answer === undefined) queue.push(follower);
          else follower.resolve(answer);
        }
        return;
      case "failure":
        caller.reject(reply.error);
        queue = queue.concat(followers);
        return;
      case "later":
        queue = queue.concat(caller, followers);
        return;
      case "busy":
        queue = queue.concat(followers);
        caller.rounds += 1;
        if (caller.rounds >= ROUNDS_MAX) settle(caller, reply.lastly, []);
        else askAgain(caller);
    }
  }

  function askAgain(caller: Caller): void {
    if (caller.rounds <= 2) {
      queue.push(caller);
      return;
    }
    setTimeout(
      () => {
        queue.push(caller);
        board();
      },
      Math.min(PAUSE_MS * 2 ** (caller.rounds - 3), PAUSE_MAX_MS),
    );
  }
}
