/** "The page about a peer says what a run finds", and no more. */
import { equal, match } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PAGE, peerPage } from "./peer-page.ts";

test("docs/conformance-of-a-peer.md is what a run of the suite against the peer prints", async () => {
  const page = await peerPage();
  match(page, /\*\*fail\*\*/);
  equal(readFileSync(PAGE, "utf8"), page, "`node` on dist/test/conformance/peer-page.js writes it");
});
