/**
 * htmx 2 and 4 over the client, as an extension: one key per intent, a click while something is
 * going on is dropped, and the one answer is swapped once.
 *
 * htmx 4 lets an extension bring the `fetch` of a request. In htmx 2 the request object itself is
 * told what came: its events, headers and swaps are then htmx's own.
 */
import type { IdempotentFetch } from "./index.ts";

type Asking = (url: string, init: RequestInit) => Promise<Response>;

/** The parts of htmx 2 and 4 that we use, in our own words. */
interface Htmx2 {
  defineExtension(name: string, extension: object): void;
}
interface Htmx4 {
  registerExtension(name: string, extension: object): unknown;
}

interface Context4 {
  readonly sourceElement: Element;
  readonly request: { readonly method: string; readonly action: string };
  fetch?: Asking;
}

interface Detail2 {
  readonly elt: Element;
  readonly verb?: string;
  readonly xhr: XMLHttpRequest;
  readonly pathInfo: { readonly finalRequestPath: string };
  readonly requestConfig: {
    readonly verb: string;
    readonly headers: Readonly<Record<string, string | null>>;
  };
}

const CHANGES = /^(?:POST|PUT|PATCH|DELETE)$/i;

/**
 * Registers the extension `oncekey`. htmx 2 also asks for `hx-ext="oncekey"` around what it is for.
 * What the client throws is told as `oncekey:fail`, and then as htmx tells it.
 *
 * @example idempotentHtmx(htmx, createIdempotentFetch());
 */
export function idempotentHtmx(htmx: Htmx2 | Htmx4, send: IdempotentFetch): void {
  const names = new WeakMap<Element, string>();
  let count = 0;

  const asking = (element: Element): Asking => {
    const name = element.id || names.get(element) || `element ${++count}`;
    names.set(element, name);
    return async (url, init) => {
      try {
        return await send(url, { ...init, intent: `htmx ${name} ${url}` });
      } catch (detail) {
        element.dispatchEvent(new CustomEvent("oncekey:fail", { detail, bubbles: true }));
        throw detail;
      }
    };
  };
  // Where it is queued or replaced instead, a second click is a second order.
  const drops = (element: Element): void => element.setAttribute("hx-sync", "this:drop");

  if ("registerExtension" in htmx) {
    htmx.registerExtension("oncekey", {
      htmx_config_request(element: Element, { ctx }: { ctx: Context4 }) {
        if (!CHANGES.test(ctx.request.method)) return;
        drops(element);
        ctx.fetch = asking(element);
      },
    });
    return;
  }
  htmx.defineExtension("oncekey", {
    onEvent(type: string, { detail }: CustomEvent<Detail2>) {
      // The last that is heard before `hx-sync` is read.
      if (type === "htmx:confirm" && CHANGES.test(detail.verb ?? "")) drops(detail.elt);
      if (type === "htmx:beforeSend" && CHANGES.test(detail.requestConfig.verb)) {
        reroute(detail, asking(detail.elt));
      }
      return true;
    },
  });
}

function reroute({ xhr, pathInfo, requestConfig }: Detail2, ask: Asking): void {
  const controller = new AbortController();
  xhr.abort = () => {
    controller.abort();
    xhr.onabort?.(new ProgressEvent("abort"));
  };
  xhr.send = async (body) => {
    const headers = Object.entries(requestConfig.headers).filter(
      (field): field is [string, string] => field[1] !== null,
    );
    try {
      const response = await ask(pathInfo.finalRequestPath, {
        method: requestConfig.verb.toUpperCase(),
        headers,
        body: body as BodyInit,
        credentials: xhr.withCredentials ? "include" : "same-origin",
        signal: controller.signal,
      });
      const text = await response.text();
      const fields = [...response.headers].map((field) => field.join(": "));
      const answer = {
        status: response.status,
        responseURL: response.url,
        response: text,
        responseText: text,
        getResponseHeader: (name: string) => response.headers.get(name),
        getAllResponseHeaders: () => fields.join("\r\n"),
      };
      for (const [name, value] of Object.entries(answer)) {
        Object.defineProperty(xhr, name, { value });
      }
    } catch {
      if (!controller.signal.aborted) xhr.onerror?.(new ProgressEvent("error"));
      return;
    }
    xhr.onload?.(new ProgressEvent("load"));
  };
}
