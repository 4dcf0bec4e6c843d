/** Records as the page is given them: no result but by the application's leave, and no key ever. */
import {
  type Completed,
  type IdempotencyRecord,
  type Kept,
  keptBy,
  RecordCorrupt,
  type Seal,
} from "oncekey";

export interface RecordView {
  readonly id: string;
  readonly scope: string;
  readonly label: string;
  readonly effects: IdempotencyRecord["effects"];
  readonly state: IdempotencyRecord["state"];
  readonly token: number;
  /** Which owner this is, counted from 1. */
  readonly attempt: number;
  /** Instants of the store's clock, in ms. */
  readonly claimedAt: number;
  readonly leaseEndsAt?: number;
  readonly completedAt?: number;
  readonly expiresAt?: number;
  readonly kept?: KeptView;
}

export interface KeptView {
  readonly kind: Kept["kind"] | "damaged";
  readonly bytes: number;
  readonly status?: number;
  readonly type?: string;
  /** Only where the application has said `showAnswers`. */
  readonly headers?: readonly (readonly [string, string])[];
  /** As text, whatever it was: it is shown and never run. */
  readonly body?: string;
  readonly isCut?: boolean;
}

/** Enough to recognize an answer by; a megabyte in a page helps nobody. */
const BODY_SHOWN_MAX = 64 * 1024;

export interface Looking {
  /** Bodies and headers too. */
  readonly shows: boolean;
  /** Opens what the guard has sealed. */
  readonly seal: Seal | undefined;
}

export async function viewOf(record: IdempotencyRecord, looking: Looking): Promise<RecordView> {
  const { id, scope, label, effects, state, token, attempt, claimedAt } = record;
  const common = { id, scope, label, effects, state, token, attempt, claimedAt };
  if (record.state !== "completed") return { ...common, leaseEndsAt: record.leaseEndsAt };
  const { completedAt, expiresAt } = record;
  return { ...common, completedAt, expiresAt, kept: await keptView(record, looking) };
}

async function keptView(record: Completed, { shows, seal }: Looking): Promise<KeptView> {
  let kept: Kept;
  try {
    kept = await keptBy(record, seal && { seal });
  } catch (error) {
    if (error instanceof RecordCorrupt) return { kind: "damaged", bytes: record.result.length };
    throw error;
  }
  switch (kept.kind) {
    case "tombstone":
      return { kind: kept.kind, bytes: 0, status: kept.status };
    case "value":
      return { kind: kept.kind, bytes: kept.bytes.length, ...(shows ? shown(kept.bytes) : {}) };
    case "answer": {
      const { kind, status, headers, body } = kept;
      const [, type] = headers.find(([name]) => name.toLowerCase() === "content-type") ?? [];
      return {
        kind,
        status,
        bytes: body.length,
        ...(type === undefined ? {} : { type }),
        ...(shows ? { headers, ...shown(body) } : {}),
      };
    }
  }
}

function shown(bytes: Uint8Array): Pick<KeptView, "body" | "isCut"> {
  const body = new TextDecoder().decode(bytes.subarray(0, BODY_SHOWN_MAX));
  return { body, isCut: bytes.length > BODY_SHOWN_MAX };
}
