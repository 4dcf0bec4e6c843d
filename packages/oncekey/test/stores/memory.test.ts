/** The memory store keeps every contract that it claims to keep. */
import { storeCases } from "../../src/conformance/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { fakeClock, register } from "../register.ts";

function makeSubject() {
  const { clock, pass } = fakeClock();
  const store = memoryStore({ clock });
  return { store, notifier: store.notifier, inspector: store, pass };
}

register(storeCases, makeSubject);
