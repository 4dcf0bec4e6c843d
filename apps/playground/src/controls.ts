/** What the page can do to the restaurant: set traps, kill, freeze, wake, storm, settle, clear. */
import type { Cluster } from "./cluster.ts";
import { isTrap, type Trap } from "./trap.ts";

interface Scene {
  readonly cluster: Pick<Cluster, "kill" | "freeze" | "wake">;
  clear(): Promise<void>;
  /** `isFresh`: and the next request comes on a connection of its own. */
  setTrap(trap: Trap | undefined, isFresh: boolean): void;
  /** Sends that many equal requests at once through the balancer. */
  storm(storm: Storm): Promise<void>;
  /** Settles the record in doubt under this key. False: there is none. */
  settle(key: string, happened: boolean): Promise<boolean>;
}

export interface Storm {
  readonly key: string;
  readonly requests: number;
  /** With the switches in its query. */
  readonly path: string;
  readonly body: string;
}

/** False: there is no such control, or it cannot be done as asked. */
export type Controls = (name: string, asked: unknown) => Promise<boolean>;

/** More would measure this machine, and not the idea. */
const STORM_MAX = 1_000;

export function createControls(scene: Scene): Controls {
  return async function control(name, given) {
    const asked = (given ?? {}) as Readonly<Record<string, unknown>>;
    const instance = Number(asked.instance);
    switch (name) {
      case "clear":
        await scene.clear();
        return true;
      case "trap":
        if (asked.trap !== null && !isTrap(asked.trap)) return false;
        scene.setTrap(asked.trap ?? undefined, asked.fresh === true);
        return true;
      case "kill":
      case "freeze":
      case "wake":
        if (!Number.isInteger(instance)) return false;
        scene.cluster[name](instance);
        return true;
      case "storm": {
        const { key, requests, path, body } = asked;
        if (typeof key !== "string" || typeof body !== "string") return false;
        if (typeof path !== "string" || !path.startsWith("/orders")) return false;
        if (typeof requests !== "number" || !(requests >= 1 && requests <= STORM_MAX)) return false;
        await scene.storm({ key, requests, path, body });
        return true;
      }
      case "settle":
        if (typeof asked.key !== "string") return false;
        return scene.settle(asked.key, asked.happened === true);
      default:
        return false;
    }
  };
}
