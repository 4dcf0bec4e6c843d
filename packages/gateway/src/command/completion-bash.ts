/** A completion script for bash 4 and newer. */
import { type Flag, type Level, quoted, takers } from "./completion-level.ts";

export function bashScript(levels: readonly Level[]): string {
  const paths = levels.slice(1).map(({ path }) => quoted(path));
  return `# bash: source <(oncekey completion bash)
_oncekey() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} path= next at
  for ((at = 1; at < COMP_CWORD; at++)); do
    next="\${path:+$path }\${COMP_WORDS[at]}"
    case "$next" in
      ${paths.join("|")}) path=$next ;;
    esac
  done
  COMPREPLY=()
  case "$path $before" in
${takers(levels).map(takerIn).join("\n")}
  esac
  case "$path" in
${levels.map(levelIn).join("\n")}
  esac
}
complete -F _oncekey oncekey
`;
}

function takerIn({ at, value }: { readonly at: string; readonly value: Flag["value"] }): string {
  if (value === "file") {
    const files = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word")';
    return `    ${at}) ${files}; return ;;`;
  }
  return `    ${at}) ${typeof value === "string" ? "" : `${replyWith(value)}; `}return ;;`;
}

function levelIn({ path, words, options }: Level): string {
  const names = [...words, ...options].map(({ name }) => name);
  return `    ${quoted(path)}) ${replyWith(names)} ;;`;
}

const replyWith = (names: readonly string[]): string =>
  `mapfile -t COMPREPLY < <(compgen -W ${quoted(names.join(" "))} -- "$word")`;
