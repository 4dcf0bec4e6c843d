/** The switches, as they stand in the page's own address: every view is a link. */
import { type Wish, wishOf } from "../src/wish.ts";

export interface Settings extends Wish {
  /** `every-click` sends each click, as a page without a guard does; `once` is oncekey/client's own. */
  readonly clicks: "every-click" | "once";
  readonly scenario: string;
  readonly seed: number;
}

export function settingsOf(search: string): Settings {
  const query = new URLSearchParams(search);
  return {
    ...wishOf(query),
    clicks: query.get("clicks") === "once" ? "once" : "every-click",
    scenario: query.get("scenario") ?? "three-clicks",
    seed: Number(query.get("seed") ?? 1) || 1,
  };
}

export const searchOf = (settings: Settings): string =>
  `?${new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]))}`;

/** Where an order goes: the API's switches are its query. */
export const pathOf = ({ protection, effects, duplicates, dedup }: Wish): string =>
  `/orders?${new URLSearchParams({ protection, effects, duplicates, dedup })}`;
