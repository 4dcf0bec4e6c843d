/** How a case ends that did not pass: the server did otherwise, or it could not be seen. */

/** The server did otherwise than the requirement says. Neither text holds a key or a body. */
export class Broken extends Error {
  readonly expected: string;
  readonly got: string;

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.name = "Broken";
    this.expected = expected;
    this.got = got;
  }
}

/** What the case is about did not come to pass, such as a slow handler that was not slow. */
export class NotApplicable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NotApplicable";
  }
}

/** The machine was busy, and the moment has passed. Worth another try. */
export class TooLate extends NotApplicable {
  constructor(reason: string) {
    super(reason);
    this.name = "TooLate";
  }
}

/** The server gave no answer: it cannot be reached, hung up, or was silent for too long. */
export class NoAnswer extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NoAnswer";
  }
}
