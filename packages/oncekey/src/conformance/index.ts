/** The contracts as data: `{ name, run(subject) }[]`, for any test runner. */
export {
  type AdapterSubject,
  type Application,
  adapterCases,
  type Call,
  type Handler,
  type HandlerContext,
  type Line,
  type MadeDatabase,
  type MadeStore,
  type Mounted,
  type RawConnection,
  type Reply,
  type Scoped,
  type Settlement,
} from "./adapter.ts";
export type { Case, Deviation } from "./case.ts";
export { type CorruptionSubject, corruptionCases } from "./corruption.ts";
export { inspectorCases } from "./inspector.ts";
export { type NotifierSubject, notifierCases } from "./notifier.ts";
export { storeCases } from "./store.ts";
export type { InspectorSubject, StoreSubject } from "./subject.ts";
export { type TransactionSubject, transactionCases } from "./transaction.ts";
