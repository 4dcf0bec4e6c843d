/** The middle column: the balancer, the processes, and what each did with the requests it was given. */
import type { Ref } from "preact";
import type { Wish } from "../src/wish.ts";
import type { Box, Sent, Story } from "./story.ts";

/** Of a storm the last few are enough; the rest is a number. */
const SHOWN_MAX = 3;

interface Props {
  readonly stage: Ref<HTMLDivElement>;
  readonly story: Story;
  readonly protection: Wish["protection"];
}

/** What the store has before anything was asked of it, and how that is called. */
const GUARDS = {
  off: { name: "The store", empty: "Nobody asks it: nothing protects the handlers." },
  lock: { name: "The lock, in the store", empty: "Free." },
  oncekey: { name: "The record, in the store", empty: "There is none for this key yet." },
} as const;

const SAYS = {
  "in flight": "The others wait, or are told so.",
  completed: "Every duplicate gets the kept answer.",
  "in doubt": "Its owner fell silent. Nobody guesses.",
  released: "It is forgotten: the next one runs.",
} as const;

export function Wire({ stage, story, protection }: Props) {
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
        <ol class="boxes" aria-label="API processes">
          {story.boxes.map((box) => (
            <Process
              key={box.instance}
              box={box}
              sent={sent.filter(({ instance }) => instance === box.instance)}
            />
          ))}
        </ol>
      </div>
      <Store memory={protection === "off" ? undefined : story.memory} protection={protection} />
    </section>
  );
}

function Store({ memory, protection }: Pick<Props, "protection"> & { memory: Story["memory"] }) {
  const { name, empty } = GUARDS[protection];
  return (
    <div class="store" data-state={memory?.state ?? protection}>
      <b>{name}</b>
      {memory === undefined ? (
        <span>{empty}</span>
      ) : (
        <>
          <code class="pill">{memory.key}</code>
          <strong>{memory.state}</strong>
          <span>
            {memory.state === "in flight" && `API ${memory.owner} owns it. `}
            {SAYS[memory.state]}
          </span>
        </>
      )}
    </div>
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
