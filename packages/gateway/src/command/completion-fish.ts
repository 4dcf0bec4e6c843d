/** A completion script for fish, with descriptions. */
import type { Flag, Level } from "./completion-level.ts";

export function fishScript(levels: readonly Level[]): string {
  const paths = levels.slice(1).map(({ path }) => quoted(` ${path}`));
  return `# fish: oncekey completion fish | source
function __oncekey_at
    set -l path
    for word in (commandline -opc)[2..-1]
        if contains -- "$path $word" ${paths.join(" ")}
            set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end
complete -c oncekey -f
${levels.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ path, words, options }: Level): readonly string[] {
  const at = path === "" ? "__oncekey_at ''" : `__oncekey_at ' ${path}'`;
  const begin = `complete -c oncekey -n ${quoted(at)}`;
  return [
    ...words.map(
      ({ name, description }) => `${begin} -a ${quoted(name)} -d ${quoted(description)}`,
    ),
    ...options.map(
      ({ name, description, value }) =>
        `${begin} ${nameIn(name)}${valueIn(value)} -d ${quoted(description)}`,
    ),
  ];
}

const nameIn = (name: string): string =>
  name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;

function valueIn(value: Flag["value"]): string {
  if (value === "none") return "";
  if (value === "file") return " -r -F";
  return value === "any" ? " -x" : ` -x -a ${quoted(value.join(" "))}`;
}

/** Unlike the others, fish knows escapes between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
