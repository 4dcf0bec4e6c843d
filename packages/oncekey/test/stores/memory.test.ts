/** The memory store keeps every contract that it claims to keep. */
import { inspectorCases, notifierCases, storeCases } from "../../src/conformance/index.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { fakeClock, register } from "../register.ts";

function makeSubject() {
  const { clock, pass } = fakeClock();
  const store = memoryStore({ clock });
  return { store, notifier: store.notifier, inspector: store, pass };
}

register(storeCases, makeSubject);
register(inspectorCases, makeSubject);
register(notifierCases, makeSubject);
