/** "docs/deployment.md starts gateways that start": its flags are those of the command. */
import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Command } from "commander";
import { doctorCommand } from "../src/command/doctor.ts";
import { gatewayCommand } from "../src/command/gateway.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../../../docs/deployment.md"), "utf8");

const flagsIn = (text: string): string[] => text.match(/(?<=^|\s)--[a-z][a-z-]*/g) ?? [];

function known(command: Command, flags: readonly string[]): void {
  const all = command.options.map(({ long }) => long);
  deepEqual(
    flags.filter((flag) => !all.includes(flag)),
    [],
  );
}

test("the systemd unit gives the gateway flags that it has", () => {
  const [, started = ""] = /^ExecStart=\S+ gateway (.*)$/m.exec(PAGE) ?? [];
  const flags = flagsIn(started);
  ok(flags.length > 0);
  known(gatewayCommand(), flags);
});

test("the Kubernetes manifest gives the gateway flags that it has", () => {
  const [, started = ""] = /^ +args:\n((?: +- --.*\n)+)/m.exec(PAGE) ?? [];
  const flags = flagsIn(started);
  ok(flags.length > 0);
  known(gatewayCommand(), flags);
});

test("the doctor is called with flags that it has", () => {
  const [, called = ""] = /^oncekey doctor (.*)$/m.exec(PAGE) ?? [];
  const flags = flagsIn(called);
  ok(flags.length > 0);
  known(doctorCommand(), flags);
});
