/** A mistake in what the command was told: one line that says which, and what to do. */
export class Usage extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Usage";
  }
}
