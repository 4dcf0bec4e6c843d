/** What every adapter owes: protocol.md, sections 1 to 12 and 14, each case named by its number. */
import type { AdapterSubject } from "./adapter/application.ts";
import { beforeCommitCases } from "./adapter/before-commit.ts";
import { clockCases } from "./adapter/clocks.ts";
import { corsCases } from "./adapter/cors.ts";
import { crashCases } from "./adapter/crash.ts";
import { damageCases } from "./adapter/damage.ts";
import { deckCases } from "./adapter/deck.ts";
import { errorCases } from "./adapter/errors.ts";
import { formCases } from "./adapter/form.ts";
import { inDoubtCases } from "./adapter/in-doubt.ts";
import { inFlightCases } from "./adapter/in-flight.ts";
import { keptBodyCases } from "./adapter/kept-body.ts";
import { keptHeaderCases } from "./adapter/kept-headers.ts";
import { keyCases } from "./adapter/key.ts";
import { leaseCases } from "./adapter/lease.ts";
import { limitCases } from "./adapter/limits.ts";
import { methodCases } from "./adapter/methods.ts";
import { mismatchCases } from "./adapter/mismatch.ts";
import { orderCases } from "./adapter/order.ts";
import { overtakenCases } from "./adapter/overtaken.ts";
import { problemCases } from "./adapter/problems.ts";
import { replayCases } from "./adapter/replay.ts";
import { retentionCases } from "./adapter/retention.ts";
import { sameJsonCases } from "./adapter/same-json.ts";
import { sameRequestCases } from "./adapter/same-request.ts";
import { scopeCases } from "./adapter/scope.ts";
import { storeFailureCases } from "./adapter/store-failure.ts";
import { streamingCases } from "./adapter/streaming.ts";
import { waitingCases } from "./adapter/waiting.ts";
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
  ...sameJsonCases,
  ...sameRequestCases,
  ...errorCases,
  ...problemCases,
  ...scopeCases,
  ...methodCases,
  ...retentionCases,
  ...crashCases,
  ...inDoubtCases,
  ...overtakenCases,
  ...leaseCases,
  ...clockCases,
  ...storeFailureCases,
  ...damageCases,
  ...streamingCases,
  ...limitCases,
  ...beforeCommitCases,
  ...waitingCases,
  ...deckCases,
  ...corsCases,
];
