/**
 * The oracle of keys: what protocol.md says in P-3 to P-13, read character by character as in
 * RFC 9651, section 4.2. It shares nothing with the library but those pages.
 */

export type KeyReading =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "blank" }
  | { readonly kind: "invalid" };

const FIELD_LENGTH_MAX = 1024;
const KEY_LENGTH_MAX = 255;
const NOT_IN_BARE = ' ",;';

/** Thrown and caught in this file only: the grammar has many places at which it can end. */
class Malformed extends Error {}

/** A value that is eaten from the left, as the algorithms of the RFC have it. */
class Rest {
  text: string;
  constructor(text: string) {
    this.text = text;
  }
  next(): string {
    return this.text.charAt(0);
  }
  eat(): string {
    const next = this.next();
    if (next === "") throw new Malformed();
    this.text = this.text.slice(1);
    return next;
  }
  eatWhile(characters: RegExp): string {
    let eaten = "";
    while (this.next() !== "" && characters.test(this.next())) eaten += this.eat();
    return eaten;
  }
  expect(character: string): void {
    if (this.eat() !== character) throw new Malformed();
  }
}

/** Of one field, its lines joined by a comma and a space. */
export function readKey(field: string): KeyReading {
  if (field.length > FIELD_LENGTH_MAX) return { kind: "invalid" };
  const value = field.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
  if (value.startsWith('"')) return readItem(value);
  return readBareKey(value);
}

/** Also what the field of a form holds. */
export function readBareKey(text: string): KeyReading {
  if (text.length > FIELD_LENGTH_MAX) return { kind: "invalid" };
  const value = text.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x21 || code > 0x7e || NOT_IN_BARE.includes(character)) return { kind: "invalid" };
  }
  return measured(value);
}

function measured(key: string): KeyReading {
  if (/^[ \t]*$/.test(key)) return { kind: "blank" };
  return key.length > KEY_LENGTH_MAX ? { kind: "invalid" } : { kind: "key", key };
}

function readItem(value: string): KeyReading {
  const rest = new Rest(value);
  try {
    const key = eatString(rest);
    eatParameters(rest);
    return rest.text === "" ? measured(key) : { kind: "invalid" };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "invalid" };
    throw error;
  }
}

/** Section 4.2.5. */
function eatString(rest: Rest): string {
  let text = "";
  rest.expect('"');
  for (;;) {
    const character = rest.eat();
    if (character === '"') return text;
    if (character < " " || character > "~") throw new Malformed();
    if (character !== "\\") {
      text += character;
      continue;
    }
    const escaped = rest.eat();
    if (escaped !== '"' && escaped !== "\\") throw new Malformed();
    text += escaped;
  }
}

/** Section 4.2.3.2. */
function eatParameters(rest: Rest): void {
  while (rest.next() === ";") {
    rest.eat();
    rest.eatWhile(/ /);
    if (!/[a-z*]/.test(rest.eat())) throw new Malformed();
    rest.eatWhile(/[a-z0-9_.*-]/);
    if (rest.next() !== "=") continue;
    rest.eat();
    eatBareItem(rest);
  }
}

/** Section 4.2.3.1. What is passed over is checked for its form, and not for its meaning. */
function eatBareItem(rest: Rest): void {
  const first = rest.next();
  if (first === '"') {
    eatString(rest);
  } else if (/[-0-9]/.test(first)) {
    eatNumber(rest, true);
  } else if (/[A-Za-z*]/.test(first)) {
    rest.eatWhile(/[!#$%&'*+.^_`|~0-9A-Za-z:/-]/);
  } else if (first === ":") {
    rest.eat();
    rest.eatWhile(/[A-Za-z0-9+/=]/);
    rest.expect(":");
  } else if (first === "?") {
    rest.eat();
    if (!/[01]/.test(rest.eat())) throw new Malformed();
  } else if (first === "@") {
    rest.eat();
    eatNumber(rest, false);
  } else if (first === "%") {
    eatDisplayString(rest);
  } else {
    throw new Malformed();
  }
}

/** Section 4.2.4. */
function eatNumber(rest: Rest, mayBeDecimal: boolean): void {
  if (rest.next() === "-") rest.eat();
  const whole = rest.eatWhile(/[0-9]/);
  if (whole === "" || whole.length > 15) throw new Malformed();
  if (rest.next() !== "." || !mayBeDecimal) return;
  rest.eat();
  const fraction = rest.eatWhile(/[0-9]/);
  if (whole.length > 12 || fraction === "" || fraction.length > 3) throw new Malformed();
}

/** Section 4.2.10. */
function eatDisplayString(rest: Rest): void {
  rest.expect("%");
  rest.expect('"');
  for (;;) {
    const character = rest.eat();
    if (character === '"') return;
    if (character < " " || character > "~") throw new Malformed();
    if (character !== "%") continue;
    for (const digit of [rest.eat(), rest.eat()]) {
      if (!/[0-9a-f]/.test(digit)) throw new Malformed();
    }
  }
}
