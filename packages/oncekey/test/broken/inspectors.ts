/** Inspectors that are wrong, in one way each. */

import type { MemoryStore } from "../../src/stores/memory.ts";
import { type Broken, broken, type MemorySubject } from "./broken.ts";

const PAGED = "the pages of a list hold every record once, and none more than was asked for";
const REAPED =
  "reaping removes what has expired: nothing in doubt, in flight or within its retention";
const ERASED =
  "an erased record answers with what was put instead, without its label, until it expires";

export type InspectorOfMemory = MemorySubject & { readonly inspector: MemoryStore };

function inspecting({
  name,
  fails,
  makeSubject,
}: Broken<MemorySubject>): Broken<InspectorOfMemory> {
  return {
    name,
    fails,
    makeSubject() {
      const subject = makeSubject();
      return { ...subject, inspector: subject.store };
    },
  };
}

export const brokenInspectors: readonly Broken<InspectorOfMemory>[] = [
  broken("forgets the last record of every page", PAGED, (inner) => ({
    async list(request) {
      const page = await inner.list(request);
      return page.next === undefined ? page : { ...page, records: page.records.slice(0, -1) };
    },
  })),
  broken("begins every page with the last record of the one before", PAGED, (inner) => ({
    async list({ after, ...request }) {
      return inner.list({ ...request, ...(after !== undefined && { after: `${+after - 1}` }) });
    },
  })),
  broken("gives more than it was asked for", PAGED, (inner) => ({
    list: (request) => inner.list({ ...request, limit: Math.min(request.limit + 1, 1000) }),
  })),
  broken(
    "counts its pages in records, while records come and go",
    "a record that does not change is listed once, whatever changes between two pages",
    (inner) => ({
      async list({ after = "0", limit, ...request }) {
        const { records } = await inner.list({ ...request, limit: 1000 });
        const end = +after + limit;
        const page = records.slice(+after, end);
        return end < records.length ? { records: page, next: String(end) } : { records: page };
      },
    }),
  ),
  broken(
    "takes a scope for a wish",
    "a list by scope holds that scope alone, and an unknown one is empty",
    (inner) => ({ list: ({ scope, ...request }) => inner.list(request) }),
  ),
  broken(
    "lists nothing unless it is told the scope",
    "a list without filters holds the records of every scope",
    (inner) => ({
      list: async (request) =>
        request.scope === undefined ? { records: [] } : inner.list(request),
    }),
  ),
  broken(
    "takes what is in doubt for what is in flight",
    "a list by state holds what reads so now",
    (inner) => ({
      async list({ state, ...request }) {
        const page = await inner.list(request);
        const records = page.records.filter(
          (record) =>
            state === undefined || (record.state === "completed") === (state === "completed"),
        );
        return { ...page, records };
      },
    }),
  ),
  broken(
    "lists records without their attempt",
    "a listed record says what it says when it is read by its id",
    (inner) => ({
      async list(request) {
        const page = await inner.list(request);
        return { ...page, records: page.records.map((record) => ({ ...record, attempt: 0 })) };
      },
    }),
  ),
  broken(
    "lists what has expired",
    "an expired record is not listed, whether it is reaped or not",
    (inner) => {
      const listed = new Map<string, Awaited<ReturnType<typeof inner.list>>["records"][number]>();
      return {
        async complete(lease, result) {
          const kept = await inner.complete(lease, result);
          const record = await inner.get(lease.id);
          if (record !== undefined) listed.set(lease.id, record);
          return kept;
        },
        async list(request) {
          const page = await inner.list(request);
          const over = [...listed.values()].filter((record) => record.scope === request.scope);
          return { ...page, records: [...page.records, ...over] };
        },
      };
    },
  ),
  broken("reaps what is in doubt", REAPED, (inner) => ({
    async reap(limit) {
      const { records } = await inner.list({ limit, state: "in-doubt" });
      for (const record of records) await inner.release(record);
      return records.length + (await inner.reap(limit - records.length));
    },
  })),
  broken("reaps what is in flight", REAPED, (inner) => ({
    async reap(limit) {
      const { records } = await inner.list({ limit, state: "in-flight" });
      for (const record of records) await inner.release(record);
      return records.length + (await inner.reap(limit - records.length));
    },
  })),
  broken(
    "reaps more than it is told",
    "reaping removes at most as many as it is told, and says 0 when nothing is left",
    (inner) => ({ reap: () => inner.reap(1000) }),
  ),
  broken(
    "restarts its token count when everything is reaped",
    "a token never repeats, not even after its record was reaped",
    (inner) => {
      let before = 0;
      let last = 0;
      return {
        async claim(request) {
          const claim = await inner.claim(request);
          if (claim.outcome === "taken") return claim;
          const { id, token } = claim.lease;
          last = token;
          return { ...claim, lease: { id, token: token - before } };
        },
        async reap(limit) {
          before = last;
          return inner.reap(limit);
        },
      };
    },
  ),
  broken(
    "settles a record under any token",
    "an inspector settles a record in doubt under its token alone",
    (inner) => ({
      async resolve({ id, token }, result) {
        const record = await inner.get(id);
        return inner.resolve({ id, token: record?.token ?? token }, result);
      },
    }),
  ),
  broken(
    "forgets a record under any token",
    "an inspector settles a record in doubt under its token alone",
    (inner) => ({
      async resolve({ id, token }, result) {
        const record = result === undefined ? await inner.get(id) : undefined;
        return inner.resolve({ id, token: record?.token ?? token }, result);
      },
    }),
  ),
  broken("says that it erased, and did not", ERASED, () => ({ erase: async () => true })),
  broken("erases the result and keeps the label", ERASED, (inner) => {
    const labels = new Map<string, string>();
    return {
      async claim(request) {
        labels.set(request.id, request.label);
        return inner.claim(request);
      },
      async get(id) {
        const record = await inner.get(id);
        return record && { ...record, label: labels.get(id) ?? "" };
      },
    };
  }),
  broken(
    "keeps an empty record where it should keep none",
    "with nothing put instead an erased record is gone, and a claim begins anew",
    (inner) => ({ erase: (lease, instead) => inner.erase(lease, instead ?? new Uint8Array()) }),
  ),
  broken("erases what is not completed", "nothing in flight or in doubt is erased", (inner) => ({
    async erase(lease, instead) {
      return (await inner.release(lease)) || inner.erase(lease, instead);
    },
  })),
  broken(
    "erases a record under any token",
    "erasing is fenced: under another token nothing is changed",
    (inner) => ({
      async erase(lease, instead) {
        return inner.erase((await inner.get(lease.id)) ?? lease, instead);
      },
    }),
  ),
].map(inspecting);
