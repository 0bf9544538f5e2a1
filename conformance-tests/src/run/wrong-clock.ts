/** Lets this process believe in another time of day while it works, and no service outside of it. */
export async function withClock(ms: number, work: () => Promise<void>): Promise<void> {
  const RealDate = Date;
  const now = (): number => RealDate.now() + ms;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget): Date =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Reflect does not tell what it constructs
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    get: (target, property): unknown => (property === 'now' ? now : Reflect.get(target, property)),
  });
  try {
    await work();
  } finally {
    globalThis.Date = RealDate;
  }
}
