/** Events as the library tells them, in words and numbers that a test chooses. */
import type { OncekeyEvent } from "oncekey";

/** Of one record of one label, unless told otherwise. Which fields an event has is the library's. */
export function told(type: string, fields: Readonly<Record<string, unknown>> = {}): OncekeyEvent {
  const about = { record: "0123456789ab", label: "POST /payments" };
  return { type, ...about, ...fields } as unknown as OncekeyEvent;
}
