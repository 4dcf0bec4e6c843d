/** A requirement as data: whose it is, when it applies, and the exchange that shows it. */
import type { ProfileName } from "./profile.ts";
import type { Session } from "./session.ts";
import type { BehaviourName, Target } from "./target.ts";

export type Level = "MUST" | "SHOULD";

/** Where a document asks for it, and how strictly: `["P-34", "MUST"]`, `["draft 2.7", "SHOULD"]`. */
export type Citation = readonly [id: string, level: Level];

/** Why a case does not apply to a target, or undefined if it does. */
export type Need = (target: Target) => string | undefined;

export interface Case {
  /** A word for it that is the same in all profiles. */
  readonly name: string;
  /** The sentence that has to be true. */
  readonly title: string;
  /** The profiles in which it counts. */
  readonly cites: Readonly<Partial<Record<ProfileName, Citation>>>;
  readonly needs?: readonly Need[];
  /** Throws `Broken` when the server does otherwise. */
  run(session: Session): Promise<void>;
}

/** The first of a case's needs that the target does not meet. */
export const obstacle = ({ needs = [] }: Case, target: Target): string | undefined =>
  needs.map((need) => need(target)).find((reason) => reason !== undefined);

/** A handler that can be made to do so. */
export const behaviour =
  (name: BehaviourName): Need =>
  ({ behaviours }) =>
    behaviours[name] === undefined ? `no behaviour \`${name}\` is described` : undefined;

/** Answers cannot show that something ran, or that nothing did: only a count can. */
export const counted: Need = ({ counting }) =>
  counting?.by === "url" ? undefined : "the server cannot be asked for its runs: `count.url`";

/** Only who says whether a key is required can be held to either. */
const whether =
  (wanted: boolean, otherwise: string): Need =>
  ({ keyRequired: required }) => {
    if (required === undefined) return "nobody said whether a key is required: `key.required`";
    return required === wanted ? undefined : otherwise;
  };

export const keyRequired: Need = whether(true, "the target does not require a key");
export const keyOptional: Need = whether(false, "the target requires a key");

export const twoPrincipals: Need = ({ principals }) =>
  principals.length < 2 ? "fewer than two `principals` are described" : undefined;

export const marked: Need = ({ marker }) =>
  marker === null ? "the target has no `marker`" : undefined;

/** The body's members can be moved about only where it is a JSON object. */
export const jsonObject: Need = ({ body }) =>
  typeof body === "object" && body !== null && !Array.isArray(body)
    ? undefined
    : "the described body is not a JSON object";

export const effects =
  (wanted: Target["effects"]): Need =>
  (target) =>
    target.effects === wanted ? undefined : `the target's effects are not ${wanted}`;
