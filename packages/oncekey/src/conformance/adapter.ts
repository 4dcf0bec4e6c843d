/** What every adapter owes: protocol.md, sections 1 to 12 and 14, each case named by its number. */
import type { AdapterSubject } from "./adapter/application.ts";
import { replayCases } from "./adapter/replay.ts";
import type { Case } from "./case.ts";

export type {
  AdapterSubject,
  Application,
  Call,
  Handler,
  HandlerContext,
  Line,
  MadeDatabase,
  MadeStore,
  Mounted,
  RawConnection,
  Reply,
  Scoped,
  Settlement,
} from "./adapter/application.ts";

export const adapterCases: readonly Case<AdapterSubject>[] = [...replayCases];
