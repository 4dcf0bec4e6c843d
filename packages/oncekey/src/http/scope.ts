/** Whose key it is. What cannot be told is refused: a shared word would pool strangers. */
import type { Principal } from "./options.ts";

export type Resolved =
  | { readonly kind: "principal"; readonly principal: Principal }
  | { readonly kind: "unresolved"; readonly error?: unknown };

type ScopeFunction<Request> = (
  request: Request,
) => Principal | undefined | null | Promise<Principal | undefined | null>;

/** Apart from every principal: a user who is called "global" is not all users. */
export const GLOBAL: Principal = ["", "global"];

/** Never throws: a scope function that does has not named anybody. */
export async function resolveScope<Request>(
  scope: "global" | ScopeFunction<Request>,
  request: Request,
): Promise<Resolved> {
  if (scope === "global") return { kind: "principal", principal: GLOBAL };
  try {
    const principal = await scope(request);
    return isNamed(principal) ? { kind: "principal", principal } : { kind: "unresolved" };
  } catch (error) {
    return { kind: "unresolved", error };
  }
}

/** A list counts as named only if each part is: `[tenant, undefined]` would pool a tenant's users. */
function isNamed(principal: unknown): principal is Principal {
  if (typeof principal === "string") return principal !== "";
  if (!Array.isArray(principal) || principal.length === 0) return false;
  return principal.every((part) => typeof part === "string" && part !== "");
}
