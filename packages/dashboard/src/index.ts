/** `createDashboard({ inspector, authorize })`: what happened to this key? */
export type { Authorize, From, Visitor } from "./access.ts";
export { type Audit, type AuditEntry, auditFile } from "./audit.ts";
export { createDashboard, type Dashboard } from "./dashboard.ts";
export type { Examine, StoreFinding } from "./health.ts";
export type { MessageName, Messages } from "./messages.ts";
export type { DashboardOptions } from "./options.ts";
export { type Account, signIn } from "./sign-in.ts";
