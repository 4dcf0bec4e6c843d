/** Every adapter plays every case of the protocol: same requests, same bytes. */
import { describe } from "node:test";
import { adapterCases } from "../../src/conformance/adapter.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { fakeClock, register } from "../register.ts";
import { MOUNTS } from "./mounts.ts";

function makeStore() {
  const { clock, pass } = fakeClock();
  return { store: memoryStore({ clock }), pass };
}

for (const [name, mount] of Object.entries(MOUNTS)) {
  describe(`oncekey/${name}`, () => register(adapterCases, () => ({ mount, makeStore })));
}
