/** The protocol, played on `oncekey/express` over Express 5. */
import { playAll } from "./play.ts";

playAll("express 5");
