/** docs/command.md has every subcommand with every option, and names none that there is not. */
import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { completionCommand } from "../../src/command/completion.ts";
import { levelsOf } from "../../src/command/completion-level.ts";
import { dashboardCommand } from "../../src/command/dashboard.ts";
import { doctorCommand } from "../../src/command/doctor.ts";
import { TYPES } from "../../src/command/event-line.ts";
import { gatewayCommand } from "../../src/command/gateway.ts";
import { keysCommand } from "../../src/command/keys.ts";
import { migrateCommand } from "../../src/command/migrate.ts";
import { tailCommand } from "../../src/command/tail.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../../docs/command.md"), "utf8");
const [head = "", ...sections] = page.split(/^## /m);

const subcommands = [
  keysCommand(),
  migrateCommand(),
  doctorCommand(),
  tailCommand(),
  dashboardCommand(),
].flatMap((command) => levelsOf(command, command.name()).filter(({ path }) => path !== "keys"));

for (const { path, options } of subcommands) {
  test(`the page says what \`oncekey ${path}\` takes`, () => {
    const section = sections.find((text) => text.startsWith(`${path}\n`));
    ok(section !== undefined, "it has a section");
    ok(section.includes(`$ oncekey ${path}`), "with an example");
    // What a section takes "as above" stands once, where it is explained.
    const said = `${head}${sections.slice(0, sections.indexOf(section) + 1).join("")}`;
    for (const { name } of options.filter((option) => option.name !== "--help")) {
      ok(said.includes(`\`${name}\``) || said.includes(`\`${name} `), `${name} is explained`);
    }
  });
}

test("the page names no option that there is not", () => {
  const known = new Set(
    [...subcommands, ...levelsOf(gatewayCommand())].flatMap(({ options }) =>
      options.map(({ name }) => name),
    ),
  );
  const named = sections.join("").match(/(?<=[` ])--[a-z-]+/g) ?? [];
  ok(named.length > 30);
  deepEqual(
    [...new Set(named)].filter((name) => !known.has(name)),
    [],
  );
});

test("the page has a line for each shell", () => {
  const [level] = levelsOf(completionCommand());
  for (const { name } of level?.words ?? []) ok(name === "help" || page.includes(`\`${name}\``));
});

test("the page says what each type of event is called that `oncekey tail` can be asked for", () => {
  const section = sections.find((text) => text.startsWith("tail\n")) ?? "";
  for (const type of TYPES) ok(section.includes(`\`${type}\``), type);
});
