/**
 * One handler's answer on its way out: recorded as it passes, ended only when the record is safe.
 *
 * Here the plan for the record is carried out, and what came of that decides what the caller is
 * told: the handler's own answer, what stands in the record instead, or a cut connection when a
 * part has left already and the rest must not.
 */
import type { Attempt, Ending, Found } from "../core/attempt.ts";
import type { Wishes } from "../core/context.ts";
import type { Closing, Passage, WholeAnswer } from "./exchange.ts";
import type { HeaderLine } from "./headers.ts";
import type { OpenTransaction } from "./open-transaction.ts";
import type { GuardSettings } from "./options.ts";
import { planFor } from "./plan.ts";
import { createRecorder } from "./recorder.ts";

interface Parts {
  readonly attempt: Attempt;
  readonly wishes: Wishes;
  readonly settings: GuardSettings;
  readonly transaction: OpenTransaction | undefined;
  readonly added: readonly HeaderLine[];
  encode(snapshot: ReturnType<ReturnType<typeof createRecorder>["snapshot"]>): Uint8Array;
  /** What to tell the owner that was overtaken. */
  answerFor(found: Found): WholeAnswer;
  /** The problem for a run whose record is not safe. */
  notRecorded(): WholeAnswer;
}

export function createPassage(parts: Parts): Passage {
  const { attempt, wishes, settings, transaction } = parts;
  const recorder = createRecorder({
    bytesMax: settings.maxResponseBytes,
    policy: settings.policy,
    holdsAll: transaction !== undefined,
  });

  const result = () => parts.encode(recorder.snapshot(wishes.omitted));

  async function carryOut(status: number | undefined): Promise<Ending> {
    const { effects } = attempt;
    const { commitWhen } = settings;
    switch (planFor({ effects, status, released: wishes.released, commitWhen })) {
      case "complete":
        return attempt.complete(result());
      case "release":
        return attempt.release();
      case "give-up":
        return attempt.giveUp();
      case "commit":
        return commit();
      case "roll-back-and-complete":
        await transaction?.rollBack();
        return attempt.complete(result());
      case "roll-back-and-release":
        await transaction?.rollBack();
        return attempt.release();
    }
  }

  async function commit(): Promise<Ending> {
    const commit = await transaction?.commit(result());
    switch (commit?.kind) {
      case "recorded":
      case "superseded":
      case "not-recorded":
        return commit;
      // The store ended what had begun: nothing of it stays, and nothing was recorded.
      case "rolled-back":
      case "not-begun":
      case undefined:
        await attempt.release();
        return { kind: "not-recorded" };
    }
  }

  /** Never rejects: nobody above could do better than to cut, and to leave no lease behind. */
  async function ending(status: number | undefined): Promise<Ending | undefined> {
    try {
      return await carryOut(status);
    } catch {
      await transaction?.rollBack();
      await attempt.giveUp();
      return undefined;
    }
  }

  /** In place of the handler's answer, if none of it has left; else it must not look whole. */
  function instead(answer: () => WholeAnswer): Closing {
    return recorder.hasLeft ? { kind: "cut" } : { kind: "instead", answer: answer() };
  }

  return {
    added: parts.added,
    head: recorder.head,
    flush: recorder.flush,
    write: recorder.write,
    async end(last) {
      const rest = recorder.rest(last);
      const came = await ending(wishes.gaveUp ? undefined : (recorder.status ?? 200));
      switch (came?.kind) {
        case undefined:
          return { kind: "cut" };
        case "recorded":
          return { kind: "send", rest };
        case "superseded":
          return instead(() => parts.answerFor(came.found));
        case "not-recorded":
          return instead(parts.notRecorded);
      }
    },
    async fail() {
      await ending(undefined);
      return { kind: "cut" };
    },
  };
}
