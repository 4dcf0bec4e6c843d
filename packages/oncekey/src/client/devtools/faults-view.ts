/** The buttons that break things. */
import { duplicateTab, pretendOffline } from "./connection.ts";
import type { Faults } from "./faults.ts";
import { make, mark, say } from "./make.ts";
import type { DevtoolsMessages } from "./messages.ts";

export interface FaultsView {
  readonly node: HTMLElement;
  draw(): void;
}

const KINDS = ["drop", "refuse", "delay"] as const;

export function faultsView(messages: DevtoolsMessages, faults: Faults): FaultsView {
  const button = (text: string, onclick: () => void): HTMLButtonElement =>
    make("button", { type: "button", onclick }, text);
  const offline = button(messages.offline, () => {
    faults.setOffline(!faults.isOffline);
    pretendOffline(faults.isOffline);
  });
  const mend = button(messages.mend, faults.mend);
  const armed = make("p", { role: "status", class: "armed" });
  const heading = make("h3", { id: "break" }, messages.breakIt);
  return {
    node: make(
      "section",
      { class: "faults", "aria-labelledby": "break" },
      heading,
      make(
        "div",
        { class: "actions" },
        ...KINDS.map((kind) => button(messages[kind], () => faults.arm(kind))),
        offline,
        button(messages.duplicate, duplicateTab),
        mend,
      ),
      armed,
    ),
    draw() {
      const { next, isOffline } = faults;
      mark(offline, { "aria-pressed": String(isOffline) });
      mark(mend, { disabled: next.length === 0 });
      const names = next.map((kind) => messages[kind]).join(", ");
      say(armed, names && `${messages.armed}: ${names}`);
    },
  };
}
