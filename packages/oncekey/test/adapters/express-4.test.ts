/** The protocol, played on `oncekey/express` over Express 4. */
import { playAll } from "./play.ts";

playAll("express 4");
