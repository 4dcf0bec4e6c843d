/** The page's texts, as the server has put them into it, and the language that numbers follow. */
import type { MessageName, Messages } from "../src/messages.ts";

const place = document.querySelector<HTMLMetaElement>("meta[name=oncekey-messages]");
const texts: Messages = JSON.parse(place?.content ?? "{}");

export const LANGUAGE = texts.language;

export type { MessageName };

/** A text with its braces filled in. */
export const say = (
  name: MessageName,
  values: Readonly<Record<string, string | number>> = {},
): string =>
  partsOf(name)
    .map((part) => (typeof part === "string" ? part : values[part.slot]))
    .join("");

/** The text of a word that came from the server, or the word itself where it is of a newer release. */
export const sayWord = (kind: "state" | "effects" | "event", word: string): string => {
  const known: Readonly<Record<string, string>> = texts;
  return known[`${kind}:${word}`] ?? word;
};

/** What stands between braces is a slot, and the rest is said as it is. */
export const partsOf = (name: MessageName): (string | { readonly slot: string })[] =>
  texts[name]
    .split(/(\{\w+\})/)
    .map((part) => (/^\{\w+\}$/.test(part) ? { slot: part.slice(1, -1) } : part));
