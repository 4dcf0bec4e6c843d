/** What of a request can lie on a disk. Credentials of its own cannot: they are added as it is sent. */
export function initOf(request: Request): RequestInit {
  const { method, credentials, mode, redirect, cache, referrerPolicy } = request;
  const headers = [...request.headers].filter(([name]) => name !== "authorization");
  return { method, headers, credentials, mode, redirect, cache, referrerPolicy };
}
