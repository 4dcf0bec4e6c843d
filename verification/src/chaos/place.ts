/** A database for one run: a file or a server of its own, with all its tables, gone afterwards. */
import { emptyPlace, type Place } from "local-servers/place";
import type { StoreName } from "./cell.ts";
import { openGround } from "./ground.ts";

export type { Place };

export async function openPlace(name: StoreName): Promise<Place> {
  const place = await emptyPlace(name);
  const ground = await openGround(name, place.address);
  await ground.close();
  return place;
}
