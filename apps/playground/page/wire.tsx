/** The middle column: the balancer, the processes, and what each did with the requests it was given. */
import type { Ref } from "preact";
import type { Settings } from "./settings.ts";
import type { Box, Sent, Story } from "./story.ts";

/** Of a storm the last few are enough; the rest is a number. */
const SHOWN_MAX = 3;

interface Props {
  readonly stage: Ref<HTMLDivElement>;
  readonly story: Story;
  readonly settings: Settings;
}

const GUARDS = {
  off: "nothing protects them",
  lock: "a lock, and no memory",
  oncekey: "each behind oncekey",
} as const;

export function Wire({ stage, story, settings }: Props) {
  const sent = [...story.sent.values()];
  return (
    <section class="wire" aria-labelledby="wire">
      <h2 id="wire">The wire</h2>
      <div class="stage" ref={stage}>
        <div class="end" data-place="person" aria-hidden="true" />
        <div class="balancer" data-place="balancer">
          <b>Balancer</b>
          <small>round robin</small>
        </div>
        <ol class="boxes" aria-label={`API processes, ${GUARDS[settings.protection]}`}>
          {story.boxes.map((box) => (
            <Process
              key={box.instance}
              box={box}
              sent={sent.filter(({ instance }) => instance === box.instance)}
            />
          ))}
        </ol>
      </div>
      <p class="guard" data-protection={settings.protection}>
        Five processes, one store, {GUARDS[settings.protection]}.
      </p>
    </section>
  );
}

function Process({ box, sent }: { readonly box: Box; readonly sent: readonly Sent[] }) {
  const isGold = sent.some(({ tone }) => tone === "gold");
  // The one that ran is what everybody came to see.
  const ran = sent.filter(({ hasRun }) => hasRun);
  const others = sent.filter(({ hasRun }) => !hasRun);
  const shown = [...ran.slice(-SHOWN_MAX), ...others].slice(0, SHOWN_MAX);
  return (
    <li
      class="box"
      data-place={`api-${box.instance}`}
      data-state={box.state}
      data-gold={isGold || undefined}
    >
      <span class="name">
        <b>API {box.instance}</b> <small>pid {box.pid}</small>
        {box.state !== "up" && <strong>{box.state}</strong>}
      </span>
      {shown.map(({ number, nth, became, tone }) => (
        <span key={number} class={`chip ${tone}`}>
          <i>{nth}</i> {became}
        </span>
      ))}
      {sent.length > shown.length && (
        <span class="chip calm">and {sent.length - shown.length} more</span>
      )}
    </li>
  );
}
