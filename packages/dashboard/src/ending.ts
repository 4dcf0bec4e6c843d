/** An answer that ends when somebody's sign-in does: a stream must not outlive it. */

export function endingWith(response: Response, signal: AbortSignal | undefined): Response {
  if (signal === undefined || response.body === null) return response;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  response.body.pipeTo(writable, { signal, preventAbort: true }).catch(() => {
    // Ended in order, so that the browser asks again and is told. Its own going away ends it too.
    writable.close().catch(() => {});
  });
  const { status, headers } = response;
  return new Response(readable, { status, headers });
}
