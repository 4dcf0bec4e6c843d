/** What can be chosen: the protection and its ways, and the pace at which things are shown. */
import { hasTransactions } from "./control.ts";
import type { Pace } from "./player.ts";
import type { Settings } from "./settings.ts";

interface Choice<Name extends string> {
  readonly legend: string;
  readonly name: string;
  readonly words: Readonly<Record<Name, string>>;
  readonly chosen: Name;
  choose(name: Name): void;
  /** What the chosen one means. */
  readonly hints?: Readonly<Record<Name, string>>;
  /** What cannot be chosen as things stand. */
  readonly without?: Name | undefined;
  /** Nothing of it matters as things stand. */
  readonly isIdle?: boolean;
}

function Choose<Name extends string>(choice: Choice<Name>) {
  const { legend, name, words, chosen, choose, hints, without, isIdle = false } = choice;
  return (
    <fieldset class={`choice ${name}`} disabled={isIdle}>
      <legend>{legend}</legend>
      <div>
        {(Object.entries(words) as [Name, string][]).map(([value, word]) => (
          <label key={value} data-value={value}>
            <input
              type="radio"
              name={name}
              value={value}
              checked={value === chosen}
              disabled={value === without}
              onChange={() => choose(value)}
            />
            <span class="word">{word}</span>
          </label>
        ))}
      </div>
      {hints && <p class="hint">{hints[chosen]}</p>}
    </fieldset>
  );
}

interface Props {
  readonly settings: Settings;
  change(next: Partial<Settings>): void;
}

const PROTECTIONS = { off: "Off", lock: "The deck’s lock", oncekey: "oncekey" } as const;

/** The picture comes first where not all fits beside it. Asked once: whoever opens them wants them. */
const isNarrow = matchMedia("(max-width: 48rem)").matches;

export function Switches({ settings, change }: Props) {
  const { protection, effects, duplicates, dedup } = settings;
  // What the API writes is in no transaction of the gateway's.
  const canCommit = hasTransactions && dedup === "api";
  return (
    <details class="switches" open={!isNarrow}>
      <summary>
        Switches: {PROTECTIONS[protection]}
        {protection === "oncekey" && `, ${effects}`}
      </summary>
      <div>
        <Choose
          legend="Protection"
          name="protection"
          words={PROTECTIONS}
          hints={{
            off: "Every request runs.",
            lock: "One at a time; nothing is remembered.",
            oncekey: "One runs; its answer is kept.",
          }}
          chosen={protection}
          choose={(next) => change({ protection: next })}
        />
        <Choose
          legend="The record is kept by"
          name="dedup"
          words={{ api: "The five APIs", gateway: "A gateway" }}
          hints={{
            api: "A guard in each, over one store.",
            gateway: "The APIs know nothing of keys.",
          }}
          chosen={dedup}
          isIdle={protection !== "oncekey"}
          choose={(next) => change({ dedup: next, ...(!canStay(next, effects) && SAFE) })}
        />
        <Choose
          legend="Effects"
          name="effects"
          words={{
            unrepeatable: "Unrepeatable",
            repeatable: "Repeatable",
            transactional: "Transactional",
          }}
          hints={{
            unrepeatable: "After a crash: in doubt, never run again.",
            repeatable: "After a crash: the next one runs again.",
            transactional: "Effect and record in one commit.",
          }}
          chosen={effects}
          without={canCommit ? undefined : "transactional"}
          isIdle={protection !== "oncekey"}
          choose={(next) => change({ effects: next })}
        />
        <Choose
          legend="Duplicates"
          name="duplicates"
          words={{ wait: "Wait", tell: "409, come again", refuse: "409, for good" }}
          hints={{
            wait: "For the first one’s answer.",
            tell: "And then get the answer.",
            refuse: "As on the slide.",
          }}
          chosen={duplicates}
          isIdle={protection !== "oncekey"}
          choose={(next) => change({ duplicates: next })}
        />
      </div>
    </details>
  );
}

/** Beside the form, since it is the page's own. */
export function Clicks({ settings: { clicks }, change }: Props) {
  return (
    <Choose
      legend="The page sends"
      name="clicks"
      words={{ "every-click": "Every click", once: "One intent once" }}
      hints={{
        "every-click": "As a page without a guard.",
        once: "As oncekey/client does.",
      }}
      chosen={clicks}
      choose={(next) => change({ clicks: next })}
    />
  );
}

const SAFE = { effects: "unrepeatable" } as const;

const canStay = (dedup: Settings["dedup"], effects: Settings["effects"]): boolean =>
  dedup === "api" || effects !== "transactional";

interface PacesProps {
  readonly pace: Pace;
  choose(pace: Pace): void;
  step(): void;
}

export function Paces({ pace, choose, step }: PacesProps) {
  return (
    <div class="paces">
      <Choose
        legend="Shown"
        name="pace"
        words={{ live: "Live", slow: "Slow motion", paused: "Paused" }}
        chosen={pace}
        choose={choose}
      />
      <button type="button" disabled={pace !== "paused"} onClick={step}>
        Step
      </button>
    </div>
  );
}
