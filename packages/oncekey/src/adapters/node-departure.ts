/**
 * A client that leaves while the handler runs, kept from the handler: its answer is still wanted,
 * by the retry.
 *
 * Node, and what is built on it, would stop at once: a request is destroyed with all that is left
 * in it, streams close, a parser passes over the body, a file is sent no further. The record would
 * then hold an error that never was, or be in flight for ever. So request, response and socket
 * look alive until the run is over.
 */

/** The part of Node's `Socket` that is looked at, in our own words. */
export interface NodeSocket {
  readonly destroyed: boolean;
  readonly readableEnded?: boolean;
  readonly errored?: unknown;
  destroy(): unknown;
}

interface Moment {
  /** The handler's code, or a framework's, is asking: Node's own is told the truth. */
  isRunning(): boolean;
  /** The client has left, and the handler is not to see it. */
  isHidden(): boolean;
}

type Call = (...args: unknown[]) => unknown;

export function hideDeparture(
  request: { readonly socket: NodeSocket },
  response: object,
  moment: Moment,
): void {
  conceal(response, "destroyed", moment);
  conceal(response, "_closed", moment);
  const shown = alive(request.socket, moment);
  for (const holder of [request, response]) {
    let real: unknown = Reflect.get(holder, "socket");
    Object.defineProperty(holder, "socket", {
      configurable: true,
      get: () => (real === shown.of && moment.isRunning() ? shown.socket() : real),
      set: (value: unknown) => {
        real = value;
        // Since Node 22 it is an accessor: a pipelined response gets its socket only through it.
        Reflect.set(Object.getPrototypeOf(holder), "socket", value, holder);
      },
    });
  }
}

/** Node's own mark of a closed response. */
function conceal(response: object, name: string, moment: Moment): void {
  let real: unknown = Reflect.get(response, name);
  Object.defineProperty(response, name, {
    configurable: true,
    get: () => (moment.isHidden() ? false : real),
    set: (value: unknown) => {
      real = value;
    },
  });
}

const LISTENING = new Set([
  "on",
  "once",
  "addListener",
  "prependListener",
  "off",
  "removeListener",
]);
const ENDINGS: readonly unknown[] = ["close", "end", "error"];

/** The socket as it was, made only when somebody looks: most handlers never do. */
function alive(real: NodeSocket, moment: Moment): { readonly of: object; socket(): object } {
  const isHidden = () => real.destroyed && moment.isRunning();
  const unheard = new WeakMap<Call, Call>();

  /** The listener, deaf for as long as the handler runs. The same one each time, to be removed. */
  function deaf(listener: Call): Call {
    const known = unheard.get(listener);
    if (known !== undefined) return known;
    const heard: Call = (...args) => (isHidden() ? undefined : listener.apply(real, args));
    unheard.set(listener, heard);
    return heard;
  }

  let shown: object | undefined;
  const socket = (): object => {
    shown ??= new Proxy(real, {
      get(target, name) {
        if ((name === "readable" || name === "writable") && isHidden()) return true;
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (typeof name === "symbol" || !LISTENING.has(name)) return value.bind(target);
        return (event: unknown, listener: Call) => {
          value.call(target, event, ENDINGS.includes(event) ? deaf(listener) : listener);
          return shown;
        };
      },
    });
    return shown;
  };
  return { of: real, socket };
}

interface Destroyable {
  readonly socket: { readonly destroyed: boolean };
  readonly readableEnded: boolean;
  destroy(error?: Error): unknown;
}

/** Keeps a body that was put back into its request: Node would destroy both with the connection. */
export function keepReadable(request: Destroyable): void {
  const destroy = request.destroy as Call;
  Object.defineProperty(request, "destroy", {
    configurable: true,
    writable: true,
    value: (...args: unknown[]) => {
      // By the handler the socket is destroyed after its request, and not before.
      if (request.socket.destroyed && !request.readableEnded) return request;
      return destroy.apply(request, args);
    },
  });
}
