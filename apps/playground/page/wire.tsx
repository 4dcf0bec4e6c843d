/** The middle column: who stands between the person and the processes, and where the record lives. */
import type { Ref } from "preact";
import { isGated, type Wish } from "../src/wish.ts";
import type { Memory, Sent, Story } from "./story.ts";

/** Of a storm the last few are enough; the rest is a number. */
const SHOWN_MAX = 3;

interface Props {
  readonly stage: Ref<HTMLDivElement>;
  readonly story: Story;
  readonly wish: Wish;
  /** How much has happened that is not shown yet. */
  readonly behind: number;
}

export function Wire({ stage, story, wish, behind }: Props) {
  const sent = [...story.sent.values()];
  const isBefore = isGated(wish);
  return (
    <section class="wire" aria-labelledby="wire">
      <h2 id="wire">
        The wire
        {behind > 0 && (
          <span class="behind">
            shown later than it happened: {behind} {behind === 1 ? "thing" : "things"} to come
          </span>
        )}
      </h2>
      <div class="stage" ref={stage} data-gated={isBefore || undefined}>
        <div class="end" data-place="person" aria-hidden="true" />
        {isBefore && (
          <Part
            {...{ place: "gateway", name: "Gateway", process: story.gateway }}
            sent={sent.filter(({ via, instance }) => via === "gateway" && instance === undefined)}
            isGold={story.memory?.owner === "gateway"}
          />
        )}
        <div class="balancer" data-place="balancer">
          <b>Balancer</b>
          <small>round robin</small>
        </div>
        <ol class="boxes" aria-label="API processes">
          {story.boxes.map((box) => {
            const own = sent.filter(({ instance }) => instance === box.instance);
            return (
              <li key={box.instance}>
                <Part
                  {...{ place: `api-${box.instance}`, name: `API ${box.instance}`, process: box }}
                  sent={own}
                  isGold={own.some(({ tone }) => tone === "gold")}
                />
              </li>
            );
          })}
        </ol>
        <Store story={story} wish={wish} />
      </div>
    </section>
  );
}

interface PartProps {
  readonly place: string;
  readonly name: string;
  readonly process: Story["gateway"];
  readonly sent: readonly Sent[];
  readonly isGold: boolean;
}

/** A process, and what it did with the requests that it was given. */
function Part({ place, name, process, sent, isGold }: PartProps) {
  // The one that ran is what everybody came to see.
  const ran = sent.filter(({ hasRun }) => hasRun);
  const others = sent.filter(({ hasRun }) => !hasRun);
  const shown = [...ran.slice(-SHOWN_MAX), ...others].slice(0, SHOWN_MAX);
  return (
    <div
      class={place === "gateway" ? "box gate" : "box"}
      data-place={place}
      data-state={process?.state}
      data-gold={isGold || undefined}
    >
      <span class="name">
        <b>{name}</b> <small>pid {process?.pid ?? "—"}</small>
        {process !== undefined && process.state !== "up" && <strong>{process.state}</strong>}
      </span>
      {shown.map(({ number, nth, became, tone }) => (
        <span key={number} class={`chip ${tone}`}>
          <i>{nth}</i> {became}
        </span>
      ))}
      {sent.length > shown.length && (
        <span class="chip calm">and {sent.length - shown.length} more</span>
      )}
    </div>
  );
}

const SAYS = {
  "in flight": "The others wait, or are told so.",
  completed: "Every duplicate gets the kept answer.",
  "in doubt": "Its owner fell silent. Nobody guesses.",
  released: "It is forgotten: the next one runs.",
} as const;

/** What the store has before anything was asked of it, and how that is called. */
function guardOf(wish: Wish): { readonly name: string; readonly empty: string } {
  if (isGated(wish)) {
    return { name: "The record, at the gateway", empty: "There is none for this key yet." };
  }
  switch (wish.protection) {
    case "off":
      return { name: "The store", empty: "Nobody asks it: nothing protects the handlers." };
    case "lock":
      return { name: "The lock, in the store of the five", empty: "Free." };
    case "oncekey":
      return {
        name: "The record, in the store of the five",
        empty: "There is none for this key yet.",
      };
  }
}

function Store({ story, wish }: Pick<Props, "story" | "wish">) {
  const memory = wish.protection === "off" ? undefined : story.memory;
  const { name, empty } = guardOf(wish);
  return (
    <div class="store" data-place="store" data-state={memory?.state ?? wish.protection}>
      <b>{name}</b>
      {memory === undefined ? (
        <span>{empty}</span>
      ) : (
        <>
          <code class="pill">{memory.key}</code>
          <strong>{memory.state}</strong>
          <span>{ownedBy(memory, story) ?? SAYS[memory.state]}</span>
        </>
      )}
    </div>
  );
}

function ownedBy({ state, owner }: Memory, { boxes }: Story): string | undefined {
  if (state !== "in flight") return undefined;
  if (owner === "gateway") return `The gateway owns it. ${SAYS[state]}`;
  const box = boxes.find(({ instance }) => instance === owner);
  return box === undefined || box.state === "up"
    ? `API ${owner} owns it. ${SAYS[state]}`
    : `API ${owner} owned it, and is ${box.state}: nobody may follow before its lease ends.`;
}
