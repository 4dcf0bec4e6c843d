/** What goes out of one submit: the request that is frozen, each send of it, and what is asked. */
import { type Asked, type Frozen, freeze } from "./frozen.ts";
import type { Parts } from "./machine.ts";
import type { Ownership } from "./ownership.ts";
import { type Profile, unknownServer } from "./profiles.ts";
import { reading } from "./reading.ts";
import { profileFor } from "./server.ts";
import { NOTHING, type Told } from "./snapshot.ts";
import type { CheckAnswer } from "./submit-options.ts";
import { tap } from "./tap.ts";
import { isReplayed, lineOf, type Sight, spelled, transmit } from "./transmit.ts";

export interface Sends {
  /** Freezes what was asked for, once for each submit. */
  prepare(): Promise<void>;
  /** Sends the frozen bytes under the key. */
  send(): Promise<void>;
  /** Asks the application. */
  ask(): Promise<void>;
}

export function createSends(
  { machine, options, bytes, turns, ports }: Parts,
  ownership: Ownership,
  /** What the person asks for now. May throw: then it is refused, and nothing is sent. */
  requested: () => Asked & { readonly url: string | URL },
): Sends {
  const line = lineOf(options, ports);
  const profileOf = ({ request }: Frozen): Profile | undefined =>
    profileFor(options.server, new URL(request.url));

  return {
    async prepare() {
      const turn = turns.begin();
      let next: Frozen;
      let profile: Profile | undefined;
      try {
        const { url, ...asked } = requested();
        next = await freeze(url, { method: "POST", ...asked });
        profile = profileOf(next);
      } catch (cause) {
        if (turn.isOver()) return;
        const finding = { kind: "refused", proven: false, reason: "unproven" } as const;
        machine.tell({ type: "answered", finding }, { ...NOTHING, error: { cause } });
        return;
      }
      const { key, firstSentAt } = machine.state;
      if (turn.isOver() || key === null) return;
      const { resend, comparesBody, retentionMs } = profile ?? unknownServer;
      const edited = bytes.take(next, { key, first: firstSentAt === null, comparesBody });
      const server = {
        resend: resend && !next.once,
        comparesBody,
        retentionMs: options.retentionMs ?? retentionMs,
      };
      if (!(await ownership.maySend(turn, server))) return;
      // Under the lock: another tab may have sent since the person pressed.
      if (!ownership.isOvertaken()) machine.tell({ type: "sent", edited, server });
    },

    async send() {
      const turn = turns.begin();
      const { key, server } = machine.state;
      const frozen = bytes.current;
      if (!frozen || key === null || !(await ownership.maySend(turn, server))) return;
      await bytes.write(key, server.retentionMs);
      if (turn.isOver()) return;
      const profile = profileOf(frozen);
      if (profile) frozen.request.headers.set(line.header, spelled(key, profile));
      const read = reading(profile ?? unknownServer);
      const ticket = { frozen, key, profile: read.profile };
      const sight = await (tap.send ?? transmit)(ticket, line, turn.signal);
      if (turn.isOver()) return;
      const { finding } = sight;
      if (finding.kind === "refused" && finding.unfit) {
        ports.warn(`oncekey: the server refused the key itself (${finding.problem?.code}).`);
      }
      // The first version is what the key stands for, so it is what a check must send.
      if (finding.kind === "conflict" && bytes.revert()) void bytes.write(key, server.retentionMs);
      const told = toldBy(sight, read.data(), line.header);
      const isLost = finding.kind === "again" && /^(network|timeout)$/.test(finding.reason);
      machine.tell(
        isLost
          ? { type: "lost", reason: finding.reason as "network" | "timeout" }
          : { type: "answered", finding },
        told,
      );
    },

    async ask() {
      const { isOver, signal } = turns.begin();
      let told = NOTHING;
      let answer: CheckAnswer | undefined;
      try {
        answer = await options.check?.({ key: machine.state.key ?? "", signal });
      } catch (cause) {
        told = { ...NOTHING, error: { cause } };
      }
      if (isOver()) return;
      machine.tell({ type: "answered", finding: findingOf(answer) }, told);
    },
  };
}

function toldBy({ finding, response, cause }: Sight, data: unknown, header: string): Told {
  const done = finding.kind === "done";
  const error = { ...(response && { status: response.status, data }), cause };
  return {
    replayed: response ? isReplayed(response, header) : null,
    data: done && !finding.original ? data : null,
    error: done ? null : { ...error, problem: finding.problem },
  };
}

function findingOf(answer: CheckAnswer | undefined): Sight["finding"] {
  if (answer === "done") return { kind: "done" };
  return answer === "not-done"
    ? { kind: "refused", proven: true, reason: "unproven" }
    : { kind: "unclear", reason: "in_doubt" };
}
