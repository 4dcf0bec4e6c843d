/** The protocol, played on `oncekey/web`. */
import { playAll } from "./play.ts";

playAll("web");
