/** Finds the record of a scope and a key. Both go to the server in a body: no address ever holds a key. */
import { useState } from "preact/hooks";
import type { FoundView } from "../src/api.ts";
import { ask, wordsOf } from "./ask.ts";
import { Digest, Problem } from "./parts.tsx";
import { linkToKey, linkToKeys } from "./route.ts";

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
      else
        setProblem(
          "There is no record of this scope and key: it expired, it was released, or it never was.",
        );
    } catch (error) {
      setProblem(wordsOf(error));
    }
  }

  return (
    <form class="bar find" onSubmit={find} aria-label="Find a key">
      <label>
        Scope
        <input name="scope" autoComplete="off" placeholder="global" />
      </label>
      <label class="wide">
        Idempotency-Key
        <input
          name="key"
          autoComplete="off"
          spellcheck={false}
          placeholder="as the client sent it"
        />
      </label>
      <button type="submit" class="primary">
        Find
      </button>
      <Problem text={problem} />
      {choices.length > 1 && (
        <p class="chip">
          There are several, of a guard and of <code>run</code>:
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
