/** What every adapter owes: protocol.md, sections 1 to 12 and 14, each case named by its number. */
import type { AdapterSubject } from "./adapter/application.ts";
import { corsCases } from "./adapter/cors.ts";
import { errorCases } from "./adapter/errors.ts";
import { formCases } from "./adapter/form.ts";
import { inFlightCases } from "./adapter/in-flight.ts";
import { keptBodyCases } from "./adapter/kept-body.ts";
import { keptHeaderCases } from "./adapter/kept-headers.ts";
import { keyCases } from "./adapter/key.ts";
import { methodCases } from "./adapter/methods.ts";
import { mismatchCases } from "./adapter/mismatch.ts";
import { orderCases } from "./adapter/order.ts";
import { problemCases } from "./adapter/problems.ts";
import { replayCases } from "./adapter/replay.ts";
import { sameRequestCases } from "./adapter/same-request.ts";
import { scopeCases } from "./adapter/scope.ts";
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

export const adapterCases: readonly Case<AdapterSubject>[] = [
  ...keyCases,
  ...formCases,
  ...orderCases,
  ...replayCases,
  ...keptHeaderCases,
  ...keptBodyCases,
  ...inFlightCases,
  ...mismatchCases,
  ...sameRequestCases,
  ...errorCases,
  ...problemCases,
  ...scopeCases,
  ...methodCases,
  ...corsCases,
];
