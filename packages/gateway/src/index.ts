/** The gateway as a part of a program of one's own; the command is `oncekey gateway`. */
export type { ListenAddress } from "./address.ts";
export { Complaint } from "./complaint.ts";
export type { Log } from "./log.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./server.ts";
export { type OpenStore, openStore } from "./stores.ts";
