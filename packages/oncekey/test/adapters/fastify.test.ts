/** The protocol, played on `oncekey/fastify`. */
import { playAll } from "./play.ts";

playAll("fastify");
