/** Plays every case of the protocol on one mount: same requests, same bytes. */
import { describe } from "node:test";
import { adapterCases } from "../../src/conformance/adapter.ts";
import { register } from "../register.ts";
import { deviationsOf } from "./deviations.ts";
import { MOUNTS } from "./mounts.ts";
import { subjectOf } from "./subject.ts";

export function playAll(name: string): void {
  const mount = MOUNTS[name];
  if (mount === undefined) throw new Error(`No mount is named ${name}.`);
  const deviations = deviationsOf(name);
  describe(`oncekey/${name}`, () => register(adapterCases, () => subjectOf(mount), { deviations }));
}
