/** An answer is one when it is there to its last byte, and not when its head is. */
import type { Profile } from "./profiles.ts";

/** A profile that also reads the body, within the time limit of the send. Read, `data` gives it. */
export function reading(profile: Profile): { readonly profile: Profile; data(): unknown } {
  let data: unknown = null;
  return {
    profile: {
      ...profile,
      async classify(response, sent) {
        const finding = await profile.classify(response, sent);
        data = parsed(await response.text(), response.headers.get("content-type"));
        return finding;
      },
    },
    data: () => data,
  };
}

function parsed(text: string, contentType: string | null): unknown {
  if (!/[/+]json\b/i.test(contentType ?? "")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
