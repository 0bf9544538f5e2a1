import type { Harness, HarnessFaults } from '../suites/harness.ts';

/** What whoever runs a service can do to it when the suite asks: `restart` resolves when the service is back. */
export type GivenFaults = Pick<HarnessFaults, 'restart'>;

/** A service that the suite did not start, and that its owner breaks by name: scenarios that need no other fault run as well. */
export function withGivenFaults(harness: Harness, given: GivenFaults): Harness {
  const absent = (name: string) => (): never => {
    throw new Error(`nobody said how to make the fault ${name} here`);
  };
  return {
    ...harness,
    onlyFaults: ['restart'],
    faults: {
      cut: absent('cut'),
      halfOpen: absent('halfOpen'),
      isolate: absent('isolate'),
      goAway: absent('goAway'),
      slowDown: absent('slowDown'),
      refuseWrites: absent('refuseWrites'),
      refuseCommits: absent('refuseCommits'),
      trim: absent('trim'),
      ...given,
    },
  };
}
