/** What can be chosen: the protection and its ways, and the pace at which things are shown. */
import type { Pace } from "./player.ts";
import type { Settings } from "./settings.ts";

interface Choice<Name extends string> {
  readonly legend: string;
  readonly name: string;
  readonly words: Readonly<Record<Name, string>>;
  readonly chosen: Name;
  choose(name: Name): void;
}

function Choose<Name extends string>({ legend, name, words, chosen, choose }: Choice<Name>) {
  return (
    <fieldset class={`choice ${name}`}>
      <legend>{legend}</legend>
      <div>
        {(Object.entries(words) as [Name, string][]).map(([value, word]) => (
          <label key={value} data-value={value}>
            <input
              type="radio"
              name={name}
              value={value}
              checked={value === chosen}
              onChange={() => choose(value)}
            />
            <span class="word">{word}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface Props {
  readonly settings: Settings;
  change(next: Partial<Settings>): void;
}

export function Switches({ settings, change }: Props) {
  return (
    <section class="switches" aria-label="Switches">
      <Choose
        legend="Protection"
        name="protection"
        words={{ off: "Off", lock: "The deck’s lock only", oncekey: "oncekey" }}
        chosen={settings.protection}
        choose={(protection) => change({ protection })}
      />
      <Choose
        legend="Effects"
        name="effects"
        words={{ unrepeatable: "Unrepeatable", repeatable: "Repeatable" }}
        chosen={settings.effects}
        choose={(effects) => change({ effects })}
      />
      <Choose
        legend="Duplicates"
        name="duplicates"
        words={{ wait: "Wait", tell: "409, come again", refuse: "409, for good" }}
        chosen={settings.duplicates}
        choose={(duplicates) => change({ duplicates })}
      />
      <Choose
        legend="The page sends"
        name="clicks"
        words={{ "every-click": "Every click", once: "One intent once" }}
        chosen={settings.clicks}
        choose={(clicks) => change({ clicks })}
      />
    </section>
  );
}

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
