/** The contracts as data: `{ name, run(subject) }[]`, for any test runner. */
export type { Case, Deviation } from "./case.ts";
export { storeCases } from "./store.ts";
export type { StoreSubject } from "./subject.ts";
