/** The reference application of the adapter cases, mounted behind each adapter on a real server. */
import express5 from "express";
import { mountFastify } from "./fastify-mount.ts";
import { express4, mountExpress, mountNode } from "./node-mounts.ts";
import type { Mount } from "./served.ts";
import { mountHono, mountWeb } from "./web-mounts.ts";

/** Every adapter, by the name of its subpath; Express in both of its major versions. */
export const MOUNTS: Readonly<Record<string, Mount>> = {
  web: mountWeb,
  hono: mountHono,
  node: mountNode,
  "express 5": mountExpress(express5),
  "express 4": mountExpress(express4),
  fastify: mountFastify,
};
