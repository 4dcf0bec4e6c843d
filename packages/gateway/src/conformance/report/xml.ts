/** Text as XML can hold it. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Control characters have no place in XML 1.0, not even escaped: they become spaces. */
export const xml = (text: string): string =>
  text
    .replaceAll(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, " ");
