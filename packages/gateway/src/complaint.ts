/**
 * A mistake of whoever starts the gateway, in one line: what was wrong, which option it was, and
 * what to do. Never with the value of a secret in it, such as the password in a store's address.
 * A `TypeError`, as the library's own word for a wrong option is.
 */
export class Complaint extends TypeError {
  override readonly name = "Complaint";
}

/** The words of anything that was thrown, on one line and without its full stop. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return reasonOf(error.errors[0]);
  const said = error instanceof Error ? error.message : String(error);
  return said.split("\n", 1)[0]?.trim().replace(/\.$/, "") ?? "";
}

/** What lies at the bottom of an error that was wrapped on its way up. */
export function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 8 && root instanceof Error && root.cause !== undefined; depth++) {
    root = root.cause;
  }
  return root;
}
