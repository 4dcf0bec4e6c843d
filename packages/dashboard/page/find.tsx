/** Finds the record of a scope and a key. Both go to the server in a body: no address ever holds a key. */
import { useState } from "preact/hooks";
import type { FoundView } from "../src/api.ts";
import { ask, wordsOf } from "./ask.ts";
import { Digest, Problem } from "./parts.tsx";
import { linkToKey, linkToKeys } from "./route.ts";
import { Said } from "./said.tsx";
import { say } from "./texts.ts";

export function Find() {
  const [problem, setProblem] = useState<string>();
  const [choices, setChoices] = useState<readonly string[]>([]);

  async function find(event: SubmitEvent) {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const fields = new FormData(event.currentTarget);
    const key = String(fields.get("key") ?? "").trim();
    const written = String(fields.get("scope") ?? "").trim();
    // A principal of several parts is written with commas between them.
    const parts = written.split(",").map((part) => part.trim());
    const scope = written === "" ? "global" : parts.length === 1 ? written : parts;
    setProblem(undefined);
    setChoices([]);
    try {
      const { ids, scopes } = await ask<FoundView>("find", { scope, key });
      const [id] = ids;
      if (ids.length > 1) setChoices(ids);
      else if (id !== undefined) location.hash = linkToKey(id);
      else if (key === "" && scopes[0] !== undefined)
        location.hash = linkToKeys({ scope: scopes[0] });
      else setProblem(say("notFound"));
    } catch (error) {
      setProblem(wordsOf(error));
    }
  }

  return (
    <form class="bar find" onSubmit={find} aria-label={say("findKey")}>
      <label>
        {say("scope")}
        <input name="scope" autoComplete="off" placeholder={say("globalScope")} />
      </label>
      <label class="wide">
        {say("key")}
        <input name="key" autoComplete="off" spellcheck={false} placeholder={say("asSent")} />
      </label>
      <button type="submit" class="primary">
        {say("find")}
      </button>
      <Problem text={problem} />
      {choices.length > 1 && (
        <p class="chip">
          <Said name="several" of={{ run: <code>run</code> }} />
          {choices.map((id) => (
            <a key={id} href={linkToKey(id)}>
              {" "}
              <Digest digest={id} />
            </a>
          ))}
        </p>
      )}
    </form>
  );
}
