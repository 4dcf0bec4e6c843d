/** Members of a description, each taken out with what it has to be. What is not so is `Usage`. */
import { Usage } from "./usage.ts";

export interface Checked {
  has(member: string): boolean;
  value(member: string): unknown;
  text(member: string): string | undefined;
  boolean(member: string): boolean | undefined;
  /** At least 1. */
  integer(member: string): number | undefined;
  oneOf(member: string, words: readonly string[]): string | undefined;
  words(member: string): readonly string[] | undefined;
  /** One status, or a list of them. */
  statuses(member: string): readonly number[] | undefined;
  texts(member: string): Readonly<Record<string, string>> | undefined;
  ownTexts(): Readonly<Record<string, string>>;
  object(member: string): Checked | undefined;
  list(member: string): readonly Checked[] | undefined;
  only(members: readonly string[]): void;
}

export const check = { object };

/** `name` is how messages speak of it: "the description", "`key`". */
function object(value: unknown, name: string): Checked {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Usage(`Expected ${name} to be a JSON object.`);
  }
  const members = value as Readonly<Record<string, unknown>>;
  const full = (member: string): string =>
    name.startsWith("`") ? `${name.slice(0, -1)}.${member}\`` : `\`${member}\``;

  /** The member if it is there; `is` says whether it is what it should be. */
  function taken<T>(member: string, is: (each: unknown) => each is T, what: string): T | undefined {
    if (!Object.hasOwn(members, member)) return undefined;
    const found = members[member];
    if (is(found)) return found;
    throw new Usage(`Expected ${full(member)} to be ${what}.`);
  }

  function ownTexts(): Readonly<Record<string, string>> {
    const odd = Object.entries(members).find(([, each]) => !isText(each));
    if (odd === undefined) return members as Readonly<Record<string, string>>;
    throw new Usage(`Expected ${full(odd[0])} to be text.`);
  }

  const inner = (member: string): Checked | undefined =>
    Object.hasOwn(members, member) ? object(members[member], full(member)) : undefined;

  return {
    has: (member) => Object.hasOwn(members, member),
    value: (member) => members[member],
    text: (member) => taken(member, isText, "text"),
    boolean: (member) => taken(member, isBoolean, "true or false"),
    integer: (member) => taken(member, isPositive, "a whole number of 1 or more"),
    oneOf: (member, words) =>
      taken(
        member,
        (each): each is string => isText(each) && words.includes(each),
        words.join(" or "),
      ),
    words: (member) => taken(member, isTexts, "a list of texts"),
    statuses(member) {
      const found = taken(member, isStatuses, "a status, or a list of them");
      return typeof found === "number" ? [found] : found;
    },
    texts: (member) => inner(member)?.ownTexts(),
    ownTexts,
    object: inner,
    list: (member) =>
      taken(member, Array.isArray, "a list")?.map((each, index) =>
        object(each, full(`${member}[${index}]`)),
      ),
    only(known) {
      const odd = Object.keys(members).find((member) => !known.includes(member));
      if (odd === undefined) return;
      throw new Usage(`${full(odd)} is not known. What is known there: ${known.join(", ")}.`);
    },
  };
}

const isText = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isText);
const isPositive = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0;
const isStatus = (value: unknown): value is number =>
  isPositive(value) && value >= 100 && value <= 599;
const isStatuses = (value: unknown): value is number | readonly number[] =>
  isStatus(value) || (Array.isArray(value) && value.length > 0 && value.every(isStatus));
