/**
 * What one target of the fuzzing is: inputs that are drawn, how one of them is played, what has to
 * be seen of all of them, and what is made wrong on purpose.
 *
 * An input is JSON, with bytes as characters of Latin-1, so that one that failed can be kept. It is
 * all that a play depends on.
 */
import type { Arbitrary } from "fast-check";

export interface Definition<Input, Subject> {
  /** Stands behind `--target`, and names the corpus. */
  readonly name: string;
  /** What is drawn, for the page. */
  readonly inputs: string;
  readonly input: Arbitrary<Input>;
  /** What can come of an input. Each has to be seen, or the target has lost its aim. */
  readonly classes: readonly string[];
  readonly sound: Subject;
  /** Wrong in one way each: a target that finds none of them has not looked. */
  readonly mutants: Readonly<Record<string, Subject>>;
  /** As many inputs are enough to see each class and to find each mutant. */
  readonly sample: number;
  /** Plays one input from nothing, and says what came of it. Throws where the oracle disagrees. */
  play(input: Input, subject: Subject): Promise<readonly string[]>;
}

/** An input that once failed, or is known to be nasty. */
export interface Entry<Input> {
  readonly why: string;
  readonly input: Input;
}
