/** The scripts complete what the command is: bash by running it, the others by what is in them. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { command } from "./commands.ts";

const script = async (shell: string) => {
  const { code, stdout, stderr } = await command(["completion", shell]);
  deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};

const bash = await script("bash");

/** What bash would offer for the last word. */
function offered(...words: readonly string[]): readonly string[] {
  const ask = `${bash}
COMP_WORDS=(oncekey ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_oncekey
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", ask], { encoding: "utf8" });
  equal(status, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

test("bash offers subcommands, options and the words that an option takes", () => {
  deepEqual(offered("key"), ["keys"]);
  deepEqual(offered("keys", "re"), ["resolve", "release", "reap"]);
  deepEqual(offered("keys", "forget", "--p"), ["--purge"]);
  deepEqual(offered("keys", "list", "--st"), ["--store", "--state"]);
  deepEqual(offered("keys", "list", "--state", "in"), ["in-flight", "in-doubt"]);
  deepEqual(offered("keys", "list", "--limit", "5", "--af"), ["--after"]);
  deepEqual(offered("completion", ""), ["bash", "zsh", "fish", "help", "--help"]);
  deepEqual(offered("doctor", "--lease", ""), [], "nobody knows what comes here");
  deepEqual(offered("migrate", "--a"), ["--apply"]);
  deepEqual(offered("dashboard", "--"), [
    "--store",
    "--listen",
    "--host",
    "--users",
    "--write",
    "--seal-keys",
    "--help",
  ]);
  deepEqual(offered("tail", "--type", "re"), [
    "reconcile-failed",
    "reconciled",
    "record-corrupt",
    "recovered",
    "released",
    "renewed",
    "replayed",
  ]);
});

test("each shell's script knows every subcommand, and every option with it", async () => {
  const known = [
    "gateway",
    "keys",
    "migrate",
    "doctor",
    "tail",
    "dashboard",
    "completion",
    "list",
    "show",
    "resolve",
  ];
  const options = ["older-than", "did-not-happen", "apply", "probe", "upstream"];
  for (const shell of ["bash", "zsh", "fish"]) {
    const text = await script(shell);
    for (const word of [...known, ...options]) ok(text.includes(word), `${shell} knows ${word}`);
  }
});

test("another shell is a mistake", async () => {
  const { code, stderr, stdout } = await command(["completion", "csh"]);
  deepEqual({ code, stdout }, { code: 2, stdout: "" });
  match(stderr, /^oncekey: [^\n]*csh[^\n]*\n$/);
});
