/** A promise as data: its sentence, and a run that rejects when a subject breaks it. No runner. */

export interface Case<Subject> {
  /** The sentence of the contract that the subject is held to. */
  readonly name: string;
  /** Rejects with a plain `Error` that says what was promised, and what came instead. */
  run(subject: Subject): Promise<void>;
}

/** A promise that somebody cannot keep, said aloud: their documentation prints it. */
export interface Deviation {
  /** The name of the case. */
  readonly case: string;
  readonly reason: string;
}

/** Strict equality. `what` names the thing that was compared, as in "the state". */
export function equal<T>(actual: unknown, expected: T, what: string): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw new Error(`Expected ${what} to be ${shown(expected)}, got ${shown(actual)}.`);
  }
}

/** `claim` is the sentence that should have been true. */
export function ok(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`Expected that ${claim}.`);
}

/** Byte by byte: a store that decodes text on the way fails at the byte where it did. */
export function sameBytes(actual: unknown, expected: Uint8Array, what: string): void {
  ok(actual instanceof Uint8Array, `${what} is a Uint8Array`);
  equal(actual.length, expected.length, `the length of ${what}`);
  for (const [index, byte] of expected.entries()) {
    if (actual[index] !== byte) equal(actual[index], byte, `byte ${index} of ${what}`);
  }
}

/** Plays every row of a table. A failure names the row. */
export async function each<Row>(
  rows: readonly Row[],
  play: (row: Row, index: number) => Promise<void>,
): Promise<void> {
  for (const [index, row] of rows.entries()) {
    try {
      await play(row, index);
    } catch (error) {
      const named = JSON.stringify(row)?.slice(0, 200) ?? String(row);
      throw new Error(`With ${named}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Whoever takes longer than this hangs: ten times what a loaded machine needs. */
const PATIENCE_MS = 20_000;

/** `promise`, which must not hang: a runner without a time limit would wait with it for ever. */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`Expected ${what} within ${PATIENCE_MS} ms, but nothing came.`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves with what `promise` was rejected with. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected ${what} to be refused, but it went through.`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
