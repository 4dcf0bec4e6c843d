/** The store's health: what was found out about its database, the gravest first. */
import type { HealthView, StoreFinding } from "../src/health.ts";
import { ask, useAsked } from "./ask.ts";
import { useInterval } from "./live.ts";
import { Empty, Problem } from "./parts.tsx";
import { Said } from "./said.tsx";
import { say } from "./texts.ts";

/** Shapes, so that no verdict is told by its colour alone. */
const SIGNS = { problem: "✕", warning: "▲", ok: "✓" } as const;
const GRAVITY = ["problem", "warning", "ok"] as const;

export function Health() {
  const { answer, error, again } = useAsked("health", () => ask<HealthView>("health"));
  useInterval(again, 60_000);
  return (
    <section class="panel" aria-labelledby="health">
      <h2 id="health">{say("storeHealth")}</h2>
      <Problem text={error} />
      {answer !== undefined && <Findings findings={answer.findings} />}
    </section>
  );
}

function Findings({ findings }: { findings: readonly StoreFinding[] | undefined }) {
  if (findings === undefined) {
    return (
      <Empty>
        <p>
          <Said
            name="healthUnknown"
            of={{ option: <code>examine</code>, command: <code>oncekey doctor</code> }}
          />
        </p>
      </Empty>
    );
  }
  const sorted = [...findings].sort(
    (one, other) => GRAVITY.indexOf(one.verdict) - GRAVITY.indexOf(other.verdict),
  );
  return (
    <ul class="findings">
      {sorted.map(({ check, verdict, says, mend }, index) => (
        // A check may have several things to say.
        <li key={`${check} ${index}`}>
          <span class={`verdict ${verdict}`}>
            <span aria-hidden="true">{SIGNS[verdict]}</span> {say(`verdict:${verdict}`)}
          </span>
          <div>
            <p>
              <strong>{check}</strong> {says}
            </p>
            {mend !== undefined && <p class="note">{mend}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}
