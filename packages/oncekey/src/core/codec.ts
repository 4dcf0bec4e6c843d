/** A value to bytes and back, for `run`: JSON unless told otherwise. */
import { RecordCorrupt } from "./errors.ts";

export interface Codec<Value> {
  /** Called once, when the function has returned. */
  encode(value: Value): Uint8Array;
  /** Given what `encode` made, perhaps by an older release of the application. */
  decode(bytes: Uint8Array): Value;
}

/**
 * What JSON can carry, and `undefined`, which a function without a result returns: no bytes.
 * A value that JSON cannot carry (a cycle, a bigint) throws when it is encoded.
 */
export const jsonCodec: Codec<unknown> = {
  encode(value) {
    const text: string | undefined = JSON.stringify(value);
    return new TextEncoder().encode(text ?? "");
  },
  decode(bytes) {
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (cause) {
      throw new RecordCorrupt("The kept result is not the JSON that `run` keeps.", { cause });
    }
  },
};
