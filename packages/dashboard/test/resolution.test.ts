/** Settling a record in doubt, over every store: C-70, C-71 and S-25. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { type AuditEntry, auditFile, createDashboard } from "@oncekey/dashboard";
import { keptBy } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { aesGcm } from "oncekey/seal";
import type { RecordPage } from "../src/api.ts";
import { sha256 } from "../src/audit.ts";
import type { Review } from "../src/resolution.ts";
import { type Asking, asking, byHeader } from "./asking.ts";
import { KINDS, type Place, placeOf, temporaryFile } from "./places.ts";
import { claimed, inDoubt } from "./records.ts";

const HAPPENED = {
  ...{ happened: true, reason: "the bank shows the transfer" },
  ...{ status: 201, type: "application/json", body: '{"id":17}', location: "/payments/17" },
};
const DID_NOT = { happened: false, reason: "the bank knows nothing of it" };

/** Both steps, as the page takes them. */
async function settled(page: Asking, id: string, wish: object) {
  const review = await page.post<Review>(`api/records/${id}/review`, wish);
  equal(review.status, 200);
  const { confirmation } = review.body;
  return page.post<{ message?: string }>(`api/records/${id}/resolve`, { ...wish, confirmation });
}

for (const kind of KINDS) {
  describe(kind, () => {
    let place: Place;
    let page: Asking;
    let entries: AuditEntry[];
    before(async () => {
      place = await placeOf(kind);
      entries = [];
      const audit = (entry: AuditEntry) => void entries.push(entry);
      page = asking(createDashboard({ inspector: place.store, authorize: byHeader, audit }));
    });
    after(() => place.close());

    test("C-70: as happened, the attached answer is what the record keeps", async () => {
      const { id, token } = await inDoubt(place.store);
      equal((await settled(page, id, { ...HAPPENED, token })).status, 200);
      const record = await place.store.get(id);
      equal(record?.state, "completed");
      const kept = record?.state === "completed" ? await keptBy(record) : undefined;
      deepEqual(kept?.kind === "answer" && [kept.status, new TextDecoder().decode(kept.body)], [
        201,
        '{"id":17}',
      ]);
      deepEqual(kept?.kind === "answer" && kept.headers, [
        ["Content-Type", "application/json"],
        ["Location", "/payments/17"],
      ]);
    });

    test("C-70: as not happened, the record is released", async () => {
      const { id, token } = await inDoubt(place.store);
      equal((await settled(page, id, { ...DID_NOT, token })).status, 200);
      equal(await place.store.get(id), undefined);
    });

    test("C-70: a record that healed between the two steps is not overwritten", async () => {
      for (const wish of [HAPPENED, DID_NOT]) {
        const lease = await inDoubt(place.store);
        const full = { ...wish, token: lease.token };
        const { body } = await page.post<Review>(`api/records/${lease.id}/review`, full);
        const result = new TextEncoder().encode("the owner's own result");
        equal(await place.store.complete(lease, result), true);
        const { confirmation } = body;
        const late = await page.post(`api/records/${lease.id}/resolve`, { ...full, confirmation });
        equal(late.status, 409);
        const record = await place.store.get(lease.id);
        deepEqual(record?.state === "completed" && Buffer.from(record.result), Buffer.from(result));
      }
    });

    test("S-25: a stale token changes nothing", async () => {
      const { id, token } = await inDoubt(place.store);
      const stale = { ...HAPPENED, token: token + 1 };
      equal((await page.post(`api/records/${id}/review`, stale)).status, 409);
      equal((await place.store.get(id))?.state, "in-doubt");
      equal((await settled(page, id, { ...HAPPENED, token })).status, 200);
      equal((await page.post(`api/records/${id}/review`, { ...DID_NOT, token })).status, 409);
      equal((await place.store.get(id))?.state, "completed");
    });

    test("S-25: the audit log says who, what and why, before the act and after it", async () => {
      const { id, token } = await inDoubt(place.store, { label: "POST /audited" });
      await settled(page, id, { ...HAPPENED, token });
      const mine = entries.filter(({ record }) => record === id);
      deepEqual(
        mine.map(({ phase, operator, reason }) => [phase, operator, reason]),
        [
          ["asked", "ann", HAPPENED.reason],
          ["settled", "ann", HAPPENED.reason],
        ],
      );
      equal(mine[0]?.token, token);
      equal(mine[0]?.label, "POST /audited");
      equal(mine[0]?.answer?.sha256, sha256(HAPPENED.body));
    });
  });
}

const store = memoryStore();
const silent = asking(createDashboard({ inspector: store, authorize: byHeader, audit: () => {} }));

test("C-70: an owner that comes back between the last look and the act is left alone", async () => {
  for (const wish of [HAPPENED, DID_NOT]) {
    const lease = await inDoubt(store);
    // Asked for after the look, and before the act.
    const audit = async ({ phase }: AuditEntry) => {
      if (phase === "asked") await store.renew(lease, 600_000);
    };
    const late = asking(createDashboard({ inspector: store, authorize: byHeader, audit }));
    const { status } = await settled(late, lease.id, { ...wish, token: lease.token });
    equal(status, 409);
    const record = await store.get(lease.id);
    deepEqual([record?.state, record?.token], ["in-flight", lease.token]);
  }
});

test("S-25: nothing is done that was not reviewed with the same words", async () => {
  const { id, token } = await inDoubt(store);
  const wish = { ...HAPPENED, token };
  const { body } = await silent.post<Review>(`api/records/${id}/review`, wish);
  const { confirmation } = body;
  const attempts: readonly object[] = [
    wish,
    { ...wish, confirmation: "0".repeat(64) },
    { ...wish, confirmation, body: '{"id":18}' },
    { ...wish, confirmation, status: 200 },
    { ...wish, confirmation, happened: false },
    { ...wish, confirmation, reason: "another one" },
  ];
  for (const attempt of attempts) {
    const { status } = await silent.post(`api/records/${id}/resolve`, attempt);
    ok(status === 400 || status === 409, String(status));
    equal((await store.get(id))?.state, "in-doubt");
  }
});

test("S-25: what a browser might run, or what HTTP cannot carry, is refused as an answer", async () => {
  const { id, token } = await inDoubt(store);
  const wrong: readonly (readonly [object, number])[] = [
    [{ type: "text/html", body: "<script>alert(1)</script>" }, 400],
    [{ type: "application/json; charset=utf-7" }, 400],
    [{ body: "no json" }, 400],
    [{ body: JSON.stringify("x".repeat(1024 * 1024)) }, 413],
    [{ status: 199 }, 400],
    [{ status: 600 }, 400],
    [{ location: "javascript:alert(1)" }, 400],
    [{ location: "//evil.example" }, 400],
    [{ location: "/a\r\nSet-Cookie: a=b" }, 400],
    [{ reason: "" }, 400],
    [{ reason: "x".repeat(501) }, 400],
    [{ token: "1" }, 400],
    [{ happened: "yes" }, 400],
  ];
  for (const [part, status] of wrong) {
    const wish = { ...HAPPENED, token, ...part };
    const reply = await silent.post(`api/records/${id}/review`, wish);
    equal(reply.status, status, JSON.stringify(part).slice(0, 80));
  }
  equal((await store.get(id))?.state, "in-doubt");
});

test("S-25: where the audit log cannot be written, nothing is settled", async () => {
  const { id, token } = await inDoubt(store);
  const audit = async () => {
    throw new Error("the disk is full");
  };
  const page = asking(createDashboard({ inspector: store, authorize: byHeader, audit }));
  const { status, body } = await settled(page, id, { ...HAPPENED, token });
  equal(status, 500);
  equal(body.message?.includes("disk"), false);
  equal((await store.get(id))?.state, "in-doubt");
});

test("S-25: where only the second line of the log fails, it is said what was done", async () => {
  const { id, token } = await inDoubt(store);
  const audit = ({ phase }: AuditEntry) => {
    if (phase !== "asked") throw new Error("the disk is full");
  };
  const page = asking(createDashboard({ inspector: store, authorize: byHeader, audit }));
  const { status, body } = await settled(page, id, { ...HAPPENED, token });
  equal(status, 500);
  equal(body.message, "The record was settled, and the audit log could not be told so.");
  equal((await store.get(id))?.state, "completed");
});

test("S-25: a record in flight or completed cannot be settled", async () => {
  const running = await claimed(store);
  const wish = { ...DID_NOT, token: running.token };
  equal((await silent.post(`api/records/${running.id}/review`, wish)).status, 409);
  equal((await store.get(running.id))?.state, "in-flight");
});

test("S-25: the audit file is a chain, and a line that was changed shows", async () => {
  const { file, remove } = temporaryFile("audit.jsonl");
  try {
    // Opened twice, as by two runs of a process one after the other.
    for (const run of ["first", "second"]) {
      const audit = auditFile(file);
      const page = asking(createDashboard({ inspector: store, authorize: byHeader, audit }));
      const { id, token } = await inDoubt(store);
      await settled(page, id, { ...DID_NOT, token, reason: `${run} run` });
    }
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    equal(lines.length, 4);
    equal(broken(lines), -1);
    const forged = lines.map((line) => line.replace("first run", "other run"));
    writeFileSync(file, `${forged.join("\n")}\n`);
    equal(broken(forged), 1);
    equal(broken(lines.slice(1)), 0);
  } finally {
    remove();
  }
});

/** The first line that does not name the one before it, or -1. */
function broken(lines: readonly string[]): number {
  return lines.findIndex((line, index) => {
    const before = lines[index - 1];
    return JSON.parse(line).previous !== (before === undefined ? "0".repeat(64) : sha256(before));
  });
}

test("C-69: a resolution stands in the key's timeline, with its reason", async () => {
  const { id, token } = await inDoubt(store);
  await settled(silent, id, { ...HAPPENED, token });
  const { body } = await silent.get<RecordPage>(`api/records/${id}`);
  const entry = body.timeline.find(({ type }) => type === "resolved");
  match(entry?.detail ?? "", /as happened, by ann: the bank shows the transfer/);
});

test("C-71: there is no way to run a request again", async () => {
  const { id, token } = await inDoubt(store);
  for (const verb of ["run", "retry", "replay", "send", "execute"]) {
    const { status } = await silent.post(`api/records/${id}/${verb}`, { token });
    equal(status, 404);
  }
  equal((await store.get(id))?.state, "in-doubt");
});

test("S-38: with the guard's seal an attached answer is sealed, and shown to who may see it", async () => {
  const seal = aesGcm([{ id: "1", key: new Uint8Array(32).fill(7) }]);
  const common = { inspector: store, authorize: byHeader, audit: () => {}, showAnswers: true };
  const page = asking(createDashboard({ ...common, seal }));
  const { id, token } = await inDoubt(store);
  equal((await settled(page, id, { ...HAPPENED, token })).status, 200);
  const record = await store.get(id);
  ok(record?.state === "completed");
  equal(Buffer.from(record.result).includes('{"id":17}'), false);
  const seen = await page.get<RecordPage>(`api/records/${id}`);
  equal(seen.body.record.kept?.body, '{"id":17}');
  const blind = await asking(createDashboard(common)).get<RecordPage>(`api/records/${id}`);
  equal(blind.body.record.kept?.kind, "damaged");
});
