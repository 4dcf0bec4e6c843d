/** What can be made to go wrong with the next order, each at one exact moment. */

export const TRAPS = ["kill", "freeze", "cut-store", "lose-answer"] as const;

/**
 * `kill`, `freeze`: the process sends itself SIGKILL or SIGSTOP, right after its effect.
 * `cut-store`: the store gives no answer to the claim.
 * `lose-answer`: the connection to the client drops when the whole answer is there.
 */
export type Trap = (typeof TRAPS)[number];

/** Between the balancer and a process. From outside it is not let through. */
export const TRAP_FIELD = "x-trap";
export const REQUEST_FIELD = "x-request";

export const isTrap = (word: unknown): word is Trap => TRAPS.some((trap) => trap === word);
