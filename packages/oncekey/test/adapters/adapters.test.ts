/** Every adapter plays every case of the protocol: same requests, same bytes. */
import { describe } from "node:test";
import { adapterCases } from "../../src/conformance/adapter.ts";
import { register } from "../register.ts";
import { deviationsOf } from "./deviations.ts";
import { MOUNTS } from "./mounts.ts";
import { subjectOf } from "./subject.ts";

for (const [name, mount] of Object.entries(MOUNTS)) {
  const deviations = deviationsOf(name);
  describe(`oncekey/${name}`, () => register(adapterCases, () => subjectOf(mount), { deviations }));
}
