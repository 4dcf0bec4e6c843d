/** The wish of whoever sits there, or of a supervisor, that a command that goes on ends. */

/** Aborted by the first SIGINT or SIGTERM; the second one ends the process. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  return stop.signal;
}
