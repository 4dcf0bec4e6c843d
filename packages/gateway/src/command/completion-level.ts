/** The tree of commands as a shell sees it: at each level, which words may come next. */
import type { Command, Option } from "commander";

export interface Level {
  /** The subcommands that lead here, such as "keys list". "" is the command itself. */
  readonly path: string;
  /** Subcommands. */
  readonly words: readonly Described[];
  readonly options: readonly Flag[];
}

export interface Described {
  readonly name: string;
  readonly description: string;
}

export interface Flag extends Described {
  /** What follows it: nothing, one of these words, a file, or what nobody can complete. */
  readonly value: "none" | "file" | "any" | readonly string[];
}

export function levelsOf(command: Command, path = ""): readonly Level[] {
  const help = command.createHelp();
  const inner = help.visibleCommands(command);
  const words = inner.map((each) => ({ name: each.name(), description: each.description() }));
  const level = {
    path,
    words,
    options: help.visibleOptions(command).map(flagOf),
  };
  // `help` is commander's own, and takes the same words as the level that it stands on.
  const below = command.commands.flatMap((each) =>
    levelsOf(each, path === "" ? each.name() : `${path} ${each.name()}`),
  );
  return [level, ...below];
}

function flagOf(option: Option): Flag {
  const { description, argChoices, flags } = option;
  const name = option.long ?? option.short ?? "";
  if (!option.required && !option.optional) return { name, description, value: "none" };
  const value = argChoices ?? (flags.endsWith("<file>") ? "file" : "any");
  return { name, description, value };
}

/** Text as one word of a shell: none of ours expands what stands between single quotes. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Each option that takes something, with the words that lead to it, as bash and zsh compare them. */
export function takers(
  levels: readonly Level[],
): readonly { readonly at: string; readonly value: Flag["value"] }[] {
  return levels.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value !== "none")
      .map(({ name, value }) => ({ at: quoted(`${path} ${name}`), value })),
  );
}
