/** Chunks of a body as one piece. */

/** A single chunk is handed on as it is, others are copied once. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [only] = chunks;
  // Bytes of a body are never shared with another thread.
  if (chunks.length === 1 && only !== undefined) return only as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
