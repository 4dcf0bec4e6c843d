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

/** Processes listen on ports that any page could find: they believe whoever knows the secret. */
export const trapField = (trap: Trap, secret: string): string => `${secret} ${trap}`;

export function trapIn(field: string | string[] | undefined, secret: string): Trap | undefined {
  const [given, trap] = String(field ?? "").split(" ");
  return given === secret && isTrap(trap) ? trap : undefined;
}
