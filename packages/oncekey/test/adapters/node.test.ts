/** The protocol, played on `oncekey/node`. */
import { playAll } from "./play.ts";

playAll("node");
