/**
 * Tells the upstream whose request it is, in a header that only a gateway with the secret can make.
 *
 * The upstream need not trust its network for it: whoever goes around the gateway, or in between,
 * has no secret. It is bound to one moment and to the line of the request, so that a copy in a log
 * is of no use for another one.
 */
import { createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Complaint } from "./complaint.ts";
import type { Line } from "./fields.ts";

const FIELD = "Oncekey-Scope";

/** Nobody's to send: many frameworks take the two spellings for one. In lower case. */
export const SIGNED_FIELDS: readonly string[] = ["oncekey-scope", "oncekey_scope"];

/** As many as HMAC-SHA256 has use for; fewer can be guessed from a single header. */
const SECRET_BYTES_MIN = 32;

/** The header of a request whose scope is known; undefined where there is none. */
export type ScopeSignature = (
  request: IncomingMessage,
  scope: readonly string[] | undefined,
) => Line | undefined;

/** Throws a `Complaint` for a secret that is too short. */
export function createScopeSignature(secret: Uint8Array): ScopeSignature {
  if (!(secret instanceof Uint8Array) || secret.length < SECRET_BYTES_MIN) {
    throw new Complaint(
      `Expected \`scopeSecret\` (--scope-secret) to be at least ${SECRET_BYTES_MIN} bytes ` +
        "(openssl rand -base64 32).",
    );
  }
  return ({ method, url }, scope) => {
    if (scope === undefined) return undefined;
    const seconds = Math.floor(Date.now() / 1_000);
    // In base64, so that no scope can end its part and begin another.
    const encoded = Buffer.from(JSON.stringify(scope)).toString("base64url");
    const signed = ["v1", seconds, method, url, encoded].join("\n");
    const signature = createHmac("sha256", secret).update(signed).digest("hex");
    return [FIELD, `t=${seconds},scope=${encoded},v1=${signature}`];
  };
}
