/**
 * What a bounded look into the store tells of all of it: whose keys there are, and until when they
 * are kept. No store counts by scope or by expiry, and none is to be read whole for a plot.
 */
import type { IdempotencyRecord, Inspector } from "oncekey";

export interface SurveyView {
  /** How many records were read. */
  readonly looked: number;
  /** Whether that was all there are. */
  readonly isWhole: boolean;
  /** The scopes with the most keys among them, the greatest first. */
  readonly scopes: readonly { readonly scope: string; readonly keys: number }[];
  /** Until when each completed record is kept, in ms of the store's clock. */
  readonly expiries: readonly number[];
}

export interface Survey {
  view(): Promise<SurveyView>;
}

/** Enough to see who is busy. Each brings its result along, so more would weigh too much. */
const LOOKED_MAX = 100;
/** In one question, so that no more than these results are held at once. */
const PAGE = 25;
/** Redis gives short pages, and empty ones: it is asked no further than this. */
const WALK_MAX = 8;
const SCOPES_MAX = 8;
/** However many look, the store is asked once in so long. */
const EVERY_MS = 10_000;

export function createSurvey(inspector: Pick<Inspector, "list">): Survey {
  let known: Promise<SurveyView> | undefined;
  let askedAt = 0;
  return {
    view() {
      if (known === undefined || Date.now() - askedAt >= EVERY_MS) {
        askedAt = Date.now();
        const asked = surveyed(inspector);
        known = asked;
        // What failed is asked again by whoever looks next.
        asked.catch(() => {
          if (known === asked) known = undefined;
        });
      }
      return known;
    },
  };
}

async function surveyed(inspector: Pick<Inspector, "list">): Promise<SurveyView> {
  const scopes = new Map<string, number>();
  const expiries: number[] = [];
  const noted = (record: IdempotencyRecord): void => {
    scopes.set(record.scope, (scopes.get(record.scope) ?? 0) + 1);
    if (record.state === "completed") expiries.push(record.expiresAt);
  };
  let looked = 0;
  let next: string | undefined;
  for (let asked = 0; asked < WALK_MAX && looked < LOOKED_MAX; asked++) {
    const page = await inspector.list({
      limit: Math.min(PAGE, LOOKED_MAX - looked),
      ...(next === undefined ? {} : { after: next }),
    });
    for (const record of page.records) noted(record);
    looked += page.records.length;
    next = page.next;
    if (next === undefined) break;
  }
  return { looked, isWhole: next === undefined, scopes: greatest(scopes), expiries };
}

const greatest = (counts: ReadonlyMap<string, number>): SurveyView["scopes"] =>
  [...counts]
    .map(([scope, keys]) => ({ scope, keys }))
    .sort((one, other) => other.keys - one.keys)
    .slice(0, SCOPES_MAX);
