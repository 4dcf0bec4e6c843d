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
  readonly isRunning: boolean;
}

type Call = (...args: unknown[]) => unknown;

/** What request and response show of a connection while their handler runs. */
export interface Disguise {
  /** The client has left: from now on its response looks as if it were there. */
  putOn(): void;
  /** The run is over: the truth, for everybody. */
  takeOff(): void;
}

/** Node's own marks of a closed response. They are data, so they are put right by hand. */
const MARKS = ["destroyed", "_closed"] as const;

export function createDisguise(
  request: { readonly socket: NodeSocket },
  response: object,
  moment: Moment,
): Disguise {
  const real = request.socket;
  const shown = new Proxy(real, new Alive(real, moment));
  const surface = { real, shown, moment };
  show(request, surface);
  show(response, surface);
  let isOn = false;
  return {
    putOn() {
      isOn = true;
      mark(response, false);
    },
    takeOff() {
      uncover(request, surface);
      uncover(response, surface);
      if (isOn) mark(response, true);
    },
  };
}

function mark(response: object, isClosed: boolean): void {
  for (const name of MARKS) {
    if (Reflect.get(response, name) === !isClosed) Reflect.set(response, name, isClosed);
  }
}

interface Surface {
  readonly real: NodeSocket;
  readonly shown: object;
  readonly moment: Moment;
}

const SURFACE = Symbol("oncekey: socket");

type Holder = { socket?: unknown; [SURFACE]?: Surface & { readonly holder: object } };

/**
 * Where the socket is a property of the object's own, another value is put there: an accessor in its
 * place would change the object's shape for good, and V8 would be slow with it ever after.
 */
function show(holder: object, surface: Surface): void {
  const shown = holder as Holder;
  if (Object.hasOwn(holder, "socket")) {
    if (shown.socket === surface.real) shown.socket = surface.shown;
    return;
  }
  shown[SURFACE] = { ...surface, holder };
  Object.defineProperty(holder, "socket", SOCKET);
}

function uncover(holder: object, { real, shown }: Surface): void {
  const covered = holder as Holder;
  if (covered[SURFACE] === undefined && covered.socket === shown) covered.socket = real;
}

/** Since Node 22 it is an accessor: a pipelined response gets its socket only through it. */
const SOCKET: PropertyDescriptor = {
  configurable: true,
  get(this: Holder) {
    if (this[SURFACE] === undefined) return undefined;
    const { real, shown, moment, holder } = this[SURFACE];
    const now: unknown = Reflect.get(Object.getPrototypeOf(holder), "socket", holder);
    return now === real && moment.isRunning ? shown : now;
  },
  set(this: Holder, value: unknown) {
    if (this[SURFACE] === undefined) return;
    const { holder } = this[SURFACE];
    Reflect.set(Object.getPrototypeOf(holder), "socket", value, holder);
  },
};

const LISTENING = new Set([
  "on",
  "once",
  "addListener",
  "prependListener",
  "off",
  "removeListener",
]);
const ENDINGS: readonly unknown[] = ["close", "end", "error"];

/** The socket as it was, for as long as the handler runs. */
class Alive implements ProxyHandler<NodeSocket> {
  private readonly real: NodeSocket;
  private readonly moment: Moment;
  private unheard: WeakMap<Call, Call> | undefined;

  constructor(real: NodeSocket, moment: Moment) {
    this.real = real;
    this.moment = moment;
  }

  get(target: NodeSocket, name: string | symbol, shown: unknown): unknown {
    if ((name === "readable" || name === "writable") && this.isHidden) return true;
    const value: unknown = Reflect.get(target, name);
    if (typeof value !== "function") return value;
    if (typeof name === "symbol" || !LISTENING.has(name)) return value.bind(target);
    return (event: unknown, listener: Call) => {
      value.call(target, event, ENDINGS.includes(event) ? this.deaf(listener) : listener);
      return shown;
    };
  }

  private get isHidden(): boolean {
    return this.real.destroyed && this.moment.isRunning;
  }

  /** The listener, deaf for as long as the handler runs. The same one each time, to be removed. */
  private deaf(listener: Call): Call {
    this.unheard ??= new WeakMap();
    const known = this.unheard.get(listener);
    if (known !== undefined) return known;
    const heard: Call = (...args) => (this.isHidden ? undefined : listener.apply(this.real, args));
    this.unheard.set(listener, heard);
    return heard;
  }
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
