/** A wrong clock: G11 says that nothing is decided by what an application believes the time to be. */

/** From now on `Date` is off by so much in this process. Monotonic clocks and timers are not. */
export function shiftClock(byMs: number): void {
  const Real = globalThis.Date;
  const shifted = () => Real.now() + byMs;
  globalThis.Date = new Proxy(Real, {
    get: (target, name) => (name === "now" ? shifted : Reflect.get(target, name)),
    construct: (target, values) =>
      values.length === 0 ? new target(shifted()) : Reflect.construct(target, values),
    apply: () => new Real(shifted()).toString(),
  });
}
