/**
 * Settles a record in doubt in two steps, with what a person knows.
 *
 * The first step says what would be done and gives its digest; the second has to quote it, with the
 * same words. So nothing is done that was not shown before. The token and the doubt are the fence: a
 * record that was completed or settled meanwhile, or whose owner came back, is left as it is.
 */
import {
  type IdempotencyRecord,
  type Inspector,
  type KnownAnswer,
  type Seal,
  settle,
} from "oncekey";
import { Refusal } from "./answers.ts";
import { type Audit, type AuditEntry, sha256 } from "./audit.ts";
import { isDigest, type Json, optionalInteger, optionalText, text } from "./input.ts";

export interface Review {
  /** To be quoted in the second step. */
  readonly confirmation: string;
  readonly token: number;
  readonly label: string;
  readonly happened: boolean;
  readonly reason: string;
  readonly answer?: { readonly status: number; readonly type: string; readonly bytes: number };
}

export interface Resolver {
  /** Step one: what would be done. Changes nothing. */
  review(id: string, input: Json): Promise<Review>;
  /** Step two. Throws a `Refusal` when the record is no longer what was looked at. */
  resolve(id: string, input: Json, operator: string): Promise<{ readonly happened: boolean }>;
}

interface Wish {
  readonly id: string;
  readonly token: number;
  readonly happened: boolean;
  readonly reason: string;
  readonly answer: (KnownAnswer & { readonly body: string; readonly type: string }) | undefined;
}

/** What a guard keeps unless told otherwise. */
const ANSWER_BYTES_MAX = 1024 * 1024;
/** A reason is a sentence, and not a document. */
const REASON_LENGTH_MIN = 3;
const REASON_LENGTH_MAX = 500;
/** Anything that a browser might run is left to the application itself. */
const TYPES = ["application/json", "text/plain"];

export function createResolver(
  inspector: Inspector,
  audit: Audit,
  seal: Seal | undefined,
): Resolver {
  async function inDoubt({ id, token }: Wish): Promise<IdempotencyRecord> {
    const record = await inspector.get(id);
    if (record === undefined) throw new Refusal(409, "refusal:gone");
    if (record.state !== "in-doubt") {
      throw new Refusal(409, `refusal:now-${record.state}`);
    }
    if (record.token !== token) {
      throw new Refusal(409, "refusal:other-owner");
    }
    return record;
  }

  return {
    async review(id, input) {
      const wish = wishOf(id, input);
      const { label } = await inDoubt(wish);
      const { token, happened, reason, answer } = wish;
      return {
        confirmation: confirmationOf(wish),
        ...{ token, label, happened, reason },
        ...(answer === undefined ? {} : { answer: shapeOf(answer) }),
      };
    },

    async resolve(id, input, operator) {
      const wish = wishOf(id, input);
      if (text(input, "confirmation") !== confirmationOf(wish)) {
        throw new Refusal(409, "refusal:not-reviewed");
      }
      const { label } = await inDoubt(wish);
      const { token, happened, reason, answer } = wish;
      const noted = async (phase: AuditEntry["phase"]) => {
        const at = new Date().toISOString();
        await audit({
          at,
          phase,
          operator,
          record: id,
          token,
          label,
          happened,
          reason,
          ...of(answer),
        });
      };
      await noted("asked");
      const outcome =
        answer === undefined ? ({ happened: false } as const) : { happened: true as const, answer };
      let isSettled: boolean;
      try {
        isSettled = await settle(inspector, { id, token }, outcome, seal && { seal });
      } catch (error) {
        // Why the store failed is what the operator has to hear, whatever the log says.
        await noted("failed").catch(() => {});
        throw error;
      }
      try {
        await noted(isSettled ? "settled" : "unchanged");
      } catch {
        throw new Refusal(500, isSettled ? "refusal:settled-untold" : "refusal:unchanged-untold");
      }
      if (isSettled) return { happened };
      throw new Refusal(409, "refusal:settled-meanwhile");
    },
  };
}

const shapeOf = ({ status, type, body }: NonNullable<Wish["answer"]>) => ({
  status,
  type,
  bytes: new TextEncoder().encode(body).length,
});

function of(answer: Wish["answer"]): Pick<AuditEntry, "answer"> {
  if (answer === undefined) return {};
  const { status, bytes } = shapeOf(answer);
  return { answer: { status, bytes, sha256: sha256(answer.body) } };
}

/** Not a secret: it stands against carelessness, and the operator has signed in. */
const confirmationOf = ({ id, token, happened, reason, answer }: Wish): string =>
  sha256(JSON.stringify([id, token, happened, reason, answer ?? null]));

function wishOf(id: string, input: Json): Wish {
  if (!isDigest(id)) throw new Refusal(404, "refusal:address");
  const token = optionalInteger(input, "token", 1, Number.MAX_SAFE_INTEGER);
  if (token === undefined) throw new Refusal(400, "refusal:token");
  const { happened } = input;
  if (typeof happened !== "boolean") {
    throw new Refusal(400, "refusal:happened");
  }
  const reason = text(input, "reason").trim();
  if (reason.length < REASON_LENGTH_MIN || reason.length > REASON_LENGTH_MAX) {
    throw new Refusal(400, "refusal:reason", { least: REASON_LENGTH_MIN, most: REASON_LENGTH_MAX });
  }
  return { id, token, happened, reason, answer: happened ? answerOf(input) : undefined };
}

function answerOf(input: Json): NonNullable<Wish["answer"]> {
  const status = optionalInteger(input, "status", 200, 599);
  if (status === undefined) throw new Refusal(400, "refusal:status");
  const type = TYPES.find((known) => known === (input.type ?? TYPES[0]));
  if (type === undefined) {
    throw new Refusal(400, "refusal:type", { types: TYPES.join(", ") });
  }
  const body = optionalText(input, "body") ?? "";
  if (new TextEncoder().encode(body).length > ANSWER_BYTES_MAX) {
    throw new Refusal(413, "refusal:answer-size");
  }
  if (type === "application/json" && body !== "" && !isJson(body)) {
    throw new Refusal(400, "refusal:answer-json");
  }
  const charset = type === "text/plain" ? "; charset=utf-8" : "";
  const headers = { "Content-Type": `${type}${charset}`, ...location(input) };
  return { status, headers, body, type };
}

/** Where the thing is that was made: the one field beside the type that an answer may need. */
function location(input: Json): Readonly<Record<string, string>> {
  const address = optionalText(input, "location");
  if (address === undefined) return {};
  if (/^(https?:\/\/|\/(?!\/))[\x21-\x7e]+$/.test(address)) return { Location: address };
  throw new Refusal(400, "refusal:location");
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
