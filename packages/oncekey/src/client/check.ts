/**
 * Options are checked when something is made, so that a mistake is found by whoever makes it. What
 * was given is never printed: an option may hold a secret.
 */

/** Milliseconds and counts. Throws a `TypeError` that names the option. */
export function checkNumbers(options: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(options)) {
    // A negative wait, or one that is no number, would be a loop without a pause.
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new TypeError(`Expected \`${name}\` to be a number of 0 or more.`);
    }
  }
}
