/**
 * An end that is no mistake of whoever typed: the exit code, and the line that says why, unless
 * the command has said it.
 *
 * 0 is done and fine, 1 is not done or not fine, 2 is a mistake in what was typed (`Complaint`).
 */
export class Ending extends Error {
  override readonly name = "Ending";
  readonly code: 0 | 1;

  constructor(code: 0 | 1, message = "") {
    super(message);
    this.code = code;
  }
}
