/**
 * What a server is held to: the draft, Stripe's documentation, the Agentic Commerce Protocol, or
 * oncekey's own protocol. A profile says what each refusal looks like; which requirements count in
 * it, and how strictly, is said by each case.
 */

/** The four refusals that every profile has a status for. */
export type Refusal = "missing" | "invalid" | "inFlight" | "conflict";

export type ProfileName = "draft" | "stripe" | "acp" | "oncekey";

export interface Profile {
  readonly name: ProfileName;
  /** The document, as a report names it. */
  readonly title: string;
  readonly keyFormat: "bare" | "quoted";
  readonly marker: string | null;
  readonly statuses: Readonly<Record<Refusal, readonly number[]>>;
  /** Where in a refusal's JSON its code stands, and what it says there. */
  readonly codes: Readonly<Partial<Record<Refusal, Code>>>;
}

export interface Code {
  readonly pointer: string;
  readonly value: string;
}

const code = (pointer: string, value: string): Code => ({ pointer, value });

const MARKER = "Idempotent-Replayed: true";

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  draft: {
    name: "draft",
    title: "draft-ietf-httpapi-idempotency-key-header",
    keyFormat: "quoted",
    // The draft has no word for it, so whatever marks a replay is nobody's business here.
    marker: null,
    statuses: { missing: [400], invalid: [400], inFlight: [409], conflict: [422] },
    codes: {},
  },
  stripe: {
    name: "stripe",
    title: "Stripe API v1, idempotent requests",
    keyFormat: "bare",
    marker: MARKER,
    statuses: { missing: [400], invalid: [400], inFlight: [409], conflict: [400] },
    codes: {
      conflict: code("/error/type", "idempotency_error"),
      inFlight: code("/error/code", "idempotency_key_in_use"),
    },
  },
  acp: {
    name: "acp",
    title: "Agentic Commerce Protocol, checkout, section 6",
    keyFormat: "bare",
    marker: MARKER,
    statuses: { missing: [400], invalid: [400], inFlight: [409], conflict: [422] },
    codes: {
      missing: code("/code", "idempotency_key_required"),
      conflict: code("/code", "idempotency_conflict"),
      inFlight: code("/code", "idempotency_in_flight"),
    },
  },
  oncekey: {
    name: "oncekey",
    title: "oncekey, the protocol",
    keyFormat: "bare",
    marker: MARKER,
    statuses: { missing: [400], invalid: [400], inFlight: [409], conflict: [422] },
    codes: {
      missing: code("/code", "idempotency_key_required"),
      invalid: code("/code", "idempotency_key_invalid"),
      conflict: code("/code", "idempotency_conflict"),
      inFlight: code("/code", "idempotency_in_flight"),
    },
  },
};
