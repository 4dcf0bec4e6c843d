/** A completion script for zsh, with descriptions. */
import { type Described, type Flag, type Level, quoted, takers } from "./completion-level.ts";

export function zshScript(levels: readonly Level[]): string {
  const paths = levels.slice(1).map(({ path }) => quoted(path));
  return `#compdef oncekey
# zsh: source <(oncekey completion zsh), after compinit
_oncekey() {
  # "path" is zsh's own, and tied to PATH.
  local route= next at
  local -a found
  for ((at = 2; at < CURRENT; at++)); do
    next="\${route:+$route }\${words[at]}"
    case "$next" in
      (${paths.join("|")}) route=$next ;;
    esac
  done
  case "$route \${words[CURRENT-1]}" in
${takers(levels).map(takerIn).join("\n")}
  esac
  case "$route" in
${levels.map(levelIn).join("\n")}
  esac
  _describe oncekey found
}
compdef _oncekey oncekey
`;
}

function takerIn({ at, value }: { readonly at: string; readonly value: Flag["value"] }): string {
  if (value === "file") return `    (${at}) _files; return ;;`;
  const words = typeof value === "string" ? "" : `compadd -- ${value.map(quoted).join(" ")}; `;
  return `    (${at}) ${words}return ;;`;
}

function levelIn({ path, words, options }: Level): string {
  return `    (${quoted(path)}) found=(${[...words, ...options].map(described).join(" ")}) ;;`;
}

/** A colon ends the name. */
const described = ({ name, description }: Described): string => quoted(`${name}:${description}`);
