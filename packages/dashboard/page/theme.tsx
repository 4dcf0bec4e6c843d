/** Light, dark, or as the system has it. Remembered in this browser. */
import { useEffect, useState } from "preact/hooks";
import { say } from "./texts.ts";

const NAME = "oncekey-theme";

export function Theme() {
  const [theme, setTheme] = useState(remembered);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(NAME, theme);
    } catch {
      // A browser that keeps nothing shows what the system has.
    }
  }, [theme]);
  return (
    <label class="theme">
      <span>{say("theme")}</span>
      <select value={theme} onChange={(event) => setTheme(event.currentTarget.value)}>
        <option value="auto">{say("themeSystem")}</option>
        <option value="light">{say("themeLight")}</option>
        <option value="dark">{say("themeDark")}</option>
      </select>
    </label>
  );
}

function remembered(): string {
  try {
    return localStorage.getItem(NAME) ?? "auto";
  } catch {
    return "auto";
  }
}
