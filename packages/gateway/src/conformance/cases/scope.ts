/** Whose key it is: protocol.md, section 6. */
import { type Case, counted, twoPrincipals } from "../case.ts";
import { holds, isFirst, isReplay, ran, shown } from "../expect.ts";

export const scopeCases: readonly Case[] = [
  {
    name: "scope",
    title: "another person's key of the same name is another key",
    cites: {
      oncekey: ["P-65", "MUST"],
      draft: ["draft 5", "SHOULD"],
      stripe: ["Stripe, per account", "MUST"],
      acp: ["ACP 6.1", "SHOULD"],
    },
    needs: [twoPrincipals],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const ann = await session.send({ key, principal: 0 });
      isFirst(session, ann, "the first person");
      const bob = await session.send({ key, principal: 1 });
      isFirst(session, bob, "the second person");
      await ran(counter, 2, "two persons with one key");
      isReplay(session, ann, await session.send({ key, principal: 0 }), "the first once more");
      isReplay(session, bob, await session.send({ key, principal: 1 }), "the second once more");
    },
  },
  {
    name: "scope-other-body",
    title: "another person's request under the same key is no mismatch",
    cites: { oncekey: ["P-65", "MUST"], draft: ["draft 5", "SHOULD"] },
    needs: [twoPrincipals],
    async run(session) {
      const key = session.key();
      isFirst(session, await session.send({ key, principal: 0 }), "the first person");
      const other = await session.send({ key, principal: 1, body: 1 });
      isFirst(session, other, "the second person, with another body");
    },
  },
  {
    name: "scope-unresolved",
    title: "a key whose owner cannot be told is refused, and nothing runs",
    cites: { oncekey: ["P-66", "MUST"] },
    needs: [twoPrincipals, counted],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      // An index past the described ones: none of their fields is sent.
      const principal = session.target.principals.length;
      const answer = await session.send({ key, principal, note: "without a principal" });
      // What stands outside may have refused it first.
      holds([400, 401, 403].includes(answer.status), "400, 401 or 403", shown(answer));
      await ran(counter, 0, "a request without a principal");
    },
  },
];
