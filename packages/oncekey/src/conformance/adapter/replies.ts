/** What the handlers of the cases answer. */
import type { Call, Reply } from "./application.ts";

/** The handler of protocol.md: `201`, `Location: /payments/1`, `{"id":1}`. */
export const CREATED: Reply = {
  status: 201,
  headers: [
    ["Content-Type", "application/json"],
    ["Location", "/payments/1"],
  ],
  body: '{"id":1}',
};

export const text = (status: number, body: string): Reply => ({
  status,
  headers: [["Content-Type", "text/plain"]],
  body,
});

type Stage = (call: Call, act: () => Promise<void>, run: number) => Promise<Reply>;

/** Has its effect and answers: these for the first runs, whatever creates for all others. */
export function firstly(...replies: readonly (Reply | Error)[]): Stage {
  return async (_call, act, run) => {
    await act();
    const reply = replies[run - 1] ?? CREATED;
    if (reply instanceof Error) throw reply;
    return reply;
  };
}

/** Has its effect; says in its first run that nothing happened, and answers 503. */
export const releasing: Stage = async (call, act, run) => {
  await act();
  if (run > 1) return CREATED;
  call.idempotency?.release();
  return text(503, "the bank is closed");
};

/** Has its effect; says in its first run that nobody knows what happened, and answers 504. */
export const givingUp: Stage = async (call, act, run) => {
  await act();
  if (run > 1) return CREATED;
  call.idempotency?.giveUp();
  return text(504, "the bank fell silent");
};

/** A body that is written in pieces, each as soon as it is made. */
export function streamed(chunks: () => AsyncIterable<string>): Pick<Reply, "body"> {
  return { body: { [Symbol.asyncIterator]: () => chunks()[Symbol.asyncIterator]() } };
}
