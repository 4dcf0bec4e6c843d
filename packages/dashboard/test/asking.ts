/** Asks a dashboard as its page does, without a network: who asks stands in a header. */
import type { Authorize, Dashboard } from "@oncekey/dashboard";

/** Believes the header: the tests sit at both ends. */
export const byHeader: Authorize = (request) => {
  const [name = "", role] = (request.headers.get("x-visitor") ?? "").split("/");
  return role === "viewer" || role === "operator" ? { name, role } : undefined;
};

export interface Reply<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

export interface Asking {
  get<Body>(path: string): Promise<Reply<Body>>;
  post<Body>(path: string, body: unknown): Promise<Reply<Body>>;
}

const ORIGIN = "http://localhost:8080";

export function asking(dashboard: Dashboard, visitor = "ann/operator"): Asking {
  async function sent<Body>(path: string, init: RequestInit): Promise<Reply<Body>> {
    const request = new Request(`${ORIGIN}${dashboard.base}${path}`, init);
    request.headers.set("x-visitor", visitor);
    const response = await dashboard.fetch(request);
    const { status, headers } = response;
    return { status, headers, body: (await response.json()) as Body };
  }
  return {
    get: (path) => sent(path, {}),
    post: (path, body) =>
      sent(path, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-oncekey-dashboard": "1",
          origin: ORIGIN,
        },
        body: JSON.stringify(body),
      }),
  };
}
