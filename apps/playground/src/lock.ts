/**
 * The lock of the deck's slide, over the same store: acquired without blocking, renewed while the
 * request runs, and gone when it ends. Nothing is remembered and nothing is replayed, so whoever
 * comes after the first has ended runs again.
 */
import { createHash, randomBytes } from "node:crypto";
import type { RequestHandler, Response } from "express";
import type { Store } from "oncekey";

type Told = (event: "claimed" | "in-flight" | "released") => void;

export function deckLock(store: Store, leaseMs: number, told: Told): RequestHandler {
  return async function deckLock(request, response, next) {
    const key = request.get("idempotency-key") ?? request.get("x-airsorted-idempotency-key");
    // As on the slide: a missing or blank key passes through.
    if (!key?.trim()) return next();
    const claim = await store.claim({
      id: digest(`lock ${key}`),
      scope: digest("lock"),
      fingerprint: digest("lock"),
      effects: "repeatable",
      label: "the deck's lock",
      leaseMs,
      retentionMs: leaseMs,
      nonce: randomBytes(16).toString("hex"),
    });
    if (claim.outcome === "taken") {
      told("in-flight");
      response.status(409).json({ error: "key already registered" });
      return;
    }
    told("claimed");
    const renewing = setInterval(() => void store.renew(claim.lease, leaseMs), leaseMs / 3);
    releaseAtEnd(response, async () => {
      clearInterval(renewing);
      await store.release(claim.lease);
      told("released");
    });
    next();
  };
}

/** Before the answer leaves: a client that has it may ask again at once, and must find the lock gone. */
function releaseAtEnd(response: Response, release: () => Promise<void>): void {
  const end = response.end.bind(response) as (...args: unknown[]) => Response;
  response.end = ((...args: unknown[]) => {
    void release().finally(() => end(...args));
    return response;
  }) as typeof response.end;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
