/**
 * A process of ours that is spoken to over its channel: asked one thing after the other, and ended
 * by its id. It ends by itself when the channel does, however this process came to its end.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Child<To, From> {
  readonly pid: number;
  /** Rejects when the process ends instead of answering. */
  ask(message: To): Promise<From>;
  stop(): Promise<void>;
}

/** `module` is relative to this one. Whatever `unasked` takes is no answer. */
export function startChild<To extends { readonly kind: string }, From>(
  module: string,
  unasked: (message: From) => boolean,
): Child<To, From> {
  const path = fileURLToPath(import.meta.resolve(module));
  const child = fork(path, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const waiting: { resolve(message: From): void; reject(error: Error): void }[] = [];
  let isStopped = false;
  // A harness that has failed ends, and its children with it, instead of waiting for them: only
  // what was asked and is not answered holds it.
  child.unref();
  child.channel?.unref();
  child.on("message", (message) => {
    if (unasked(message as From)) return;
    waiting.shift()?.resolve(message as From);
    if (waiting.length === 0) child.channel?.unref();
  });
  child.once("exit", (code, signal) => {
    for (const { reject } of waiting) reject(new Error(`${module} ended: ${code ?? signal}.`));
    // Nothing here kills a process. One that ends by itself has found something, or is broken.
    if (!isStopped) console.error(`${module} ended by itself: ${code ?? signal}`);
  });
  return {
    pid: child.pid ?? 0,
    ask: (message) =>
      new Promise((resolve, reject) => {
        if (!isAlive(child)) return reject(new Error(`${module} has ended.`));
        waiting.push({ resolve, reject });
        child.channel?.ref();
        child.send(message, (error) => error && reject(error));
      }),
    async stop() {
      isStopped = true;
      if (!isAlive(child)) return;
      child.ref();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;
