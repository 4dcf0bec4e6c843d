/** The protocol, played on `oncekey/hono`. */
import { playAll } from "./play.ts";

playAll("hono");
