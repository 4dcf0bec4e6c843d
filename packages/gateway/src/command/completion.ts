/** `oncekey completion`: what a shell needs to complete this command, from what the command is. */
import { Command } from "commander";
import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { levelsOf } from "./completion-level.ts";
import { zshScript } from "./completion-zsh.ts";
import { printerOf } from "./printer.ts";

/** Where each shell reads it at its start. */
const SHELLS = {
  bash: { script: bashScript, line: "~/.bashrc: source <(oncekey completion bash)" },
  zsh: { script: zshScript, line: "~/.zshrc, after compinit: source <(oncekey completion zsh)" },
  fish: {
    script: fishScript,
    line: "~/.config/fish/config.fish: oncekey completion fish | source",
  },
};

export function completionCommand(): Command {
  const command = new Command("completion").description(
    "Prints a script that completes this command in a shell.",
  );
  for (const [shell, { script, line }] of Object.entries(SHELLS)) {
    command
      .command(shell)
      .description(`A line for ${line}`)
      .action((_flags: unknown, self: Command) => {
        const program = command.parent ?? command;
        printerOf(self).out(script(levelsOf(program)));
      });
  }
  return command;
}
