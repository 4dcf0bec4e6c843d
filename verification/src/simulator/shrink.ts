/** Makes a failing plan smaller: leaves out whatever it fails without, until nothing is left to. */
import type { Plan, Settings } from "./plan.ts";

/** More than any plan has parts, so only a plan that fails by chance is cut short. */
const TRIES_MAX = 2_000;

export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let smallest = plan;
  let tries = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of candidatesOf(smallest)) {
      if (++tries > TRIES_MAX) return smallest;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** The greatest steps first: halves of the requests and the faults, then one by one. */
function* candidatesOf(plan: Plan): Iterable<Plan> {
  const { requests, faults, settings } = plan;
  for (const fewer of fewerOf(faults)) yield { ...plan, faults: fewer };
  for (const fewer of fewerOf(requests)) if (fewer.length > 0) yield { ...plan, requests: fewer };
  const plainer: Partial<Settings>[] = [
    { hasNotifier: false },
    { reconciles: false },
    { maxRunMs: 0 },
    { waitMs: 0 },
    { storeTimeoutMs: 200 },
    { retentionMs: 60_000 },
  ];
  for (const plain of plainer) {
    const isPlain = Object.entries(plain).every(
      ([name, value]) => settings[name as keyof Settings] === value,
    );
    if (!isPlain) yield { ...plan, settings: { ...settings, ...plain } };
  }
  for (const [index, request] of requests.entries()) {
    if (request.tries === 1) continue;
    const fewer = { ...request, tries: request.tries - 1 };
    yield { ...plan, requests: requests.with(index, fewer) };
  }
}

function* fewerOf<One>(list: readonly One[]): Iterable<readonly One[]> {
  for (let size = Math.ceil(list.length / 2); size > 0; size = size > 1 ? Math.ceil(size / 2) : 0) {
    for (let from = 0; from < list.length; from += size) yield list.toSpliced(from, size);
  }
}
