/** The right column: what is counted, what it cost, what the answers were, and in which order. */
import type { Effect, Moment, Sent, Story } from "./story.ts";

const PRICE_CENTS = 1_250;
const ANSWERS_MAX = 8;
const LEDGER_MAX = 8;

export function Truth({ story }: { readonly story: Story }) {
  const { effects, executions, replays, sent } = story;
  const hasTooMany = effects.some(({ isTooMany }) => isTooMany);
  const charged = ((effects.length * PRICE_CENTS) / 100).toFixed(2);
  const counts = [
    ["requests", sent.size],
    ["executions", executions],
    ["replays", replays],
    ["effects", effects.length],
  ] as const;
  return (
    <section class="truth" aria-labelledby="truth">
      <h2 id="truth">The truth</h2>
      <p class="money" role="status" data-bad={hasTooMany || undefined}>
        <b>€{charged}</b>
        <span>{chargedFor(story)}</span>
      </p>
      <dl class="counts">
        {counts.map(([name, count]) => (
          <div
            key={name}
            data-count={name}
            data-bad={(hasTooMany && name === "effects") || undefined}
          >
            <dt>{name}</dt>
            <dd>{count.toLocaleString("en")}</dd>
          </div>
        ))}
      </dl>
      <Ledger effects={effects} />
      <Answers sent={[...sent.values()]} />
      <Timeline moments={story.moments} />
    </section>
  );
}

/** What the money was charged for, in words. */
function chargedFor({ effects, sent }: Story): string {
  if (effects.some(({ isTooMany }) => isTooMany)) return "charged more than once for one order";
  if (effects.length === 0) return "nothing is charged yet";
  return effects.length === 1 && sent.size > 1
    ? `charged once, for ${sent.size.toLocaleString("en")} requests`
    : "charged, by the ledger";
}

function Ledger({ effects }: { readonly effects: readonly Effect[] }) {
  return (
    <>
      <h3>The effect ledger</h3>
      {effects.length === 0 && <p class="empty">Nothing has happened yet.</p>}
      <ol class="ledger">
        {effects.slice(0, LEDGER_MAX).map(({ request, instance, token, dish, isTooMany }) => (
          <li key={request} data-bad={isTooMany || undefined}>
            <span>{dish}</span>
            <small>
              API {instance}
              {token === null ? "" : `, token ${token}`}
            </small>
            <b>€{(PRICE_CENTS / 100).toFixed(2)}</b>
          </li>
        ))}
      </ol>
    </>
  );
}

function Answers({ sent }: { readonly sent: readonly Sent[] }) {
  const answered = sent.filter(({ status }) => status !== undefined);
  if (answered.length === 0) return null;
  const isOne = answered.length > 1 && new Set(answered.map(({ sha256 }) => sha256)).size === 1;
  return (
    <>
      <h3>
        The answers
        {isOne && <b class="same">, all of the same bytes</b>}
      </h3>
      <ul class="answers">
        {answered
          .slice(0, ANSWERS_MAX)
          .map(({ number, nth, status, sha256 = "", body, isReplay }) => (
            <li key={number}>
              <details>
                <summary>
                  <i>{nth}</i> <b>{status}</b> <code>{sha256.slice(0, 12)}</code>
                  <small>{isReplay ? "replayed" : ""}</small>
                </summary>
                <pre>{body || "(no body)"}</pre>
              </details>
            </li>
          ))}
      </ul>
      {answered.length > ANSWERS_MAX && (
        <p class="empty">and {answered.length - ANSWERS_MAX} more</p>
      )}
    </>
  );
}

function Timeline({ moments }: { readonly moments: readonly Moment[] }) {
  if (moments.length === 0) return null;
  return (
    <details class="timeline" open>
      <summary>What happened, in order</summary>
      <ol>
        {moments.map(({ seq, at, says, tone }) => (
          <li key={seq} class={tone}>
            <time>{at} ms</time>
            <span>{says}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
