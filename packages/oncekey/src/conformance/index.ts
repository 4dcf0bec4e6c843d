/** The contracts as data: `{ name, run(subject) }[]`, for any test runner. */
export type { Case, Deviation } from "./case.ts";
export { type CorruptionSubject, corruptionCases } from "./corruption.ts";
export { type InspectorSubject, inspectorCases } from "./inspector.ts";
export { type NotifierSubject, notifierCases } from "./notifier.ts";
export { storeCases } from "./store.ts";
export type { StoreSubject } from "./subject.ts";
export { type TransactionSubject, transactionCases } from "./transaction.ts";
