import { describe, expect, it } from 'vitest';
import { individualMutants } from '../src/mutants/individual-mutants.ts';
import { mutants } from '../src/mutants/mutants.ts';
import type { Clause } from '../src/run/scenario.ts';
import { scenarios } from '../src/scenarios/index.ts';
import { memoryHarness } from '../src/suites/memory.ts';

/** A record, so that the compiler asks for a new clause here too. */
const clauses: Record<Clause, true> = {
  SEND: true,
  'SEND-ORDER': true,
  'NO-LOSS': true,
  'KEY-ORDER': true,
  'KEYS-PARALLEL': true,
  RETRY: true,
  'DEAD-LETTER': true,
  BACKPRESSURE: true,
  GROUPS: true,
  'START-REPLAY': true,
  CLOSE: true,
  FIDELITY: true,
  RETENTION: true,
  ERRORS: true,
  CAPABILITIES: true,
};

const ids = scenarios.map(({ id }) => id);

function twice(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

describe('the suite', () => {
  it('has one scenario an id, and one promise a title', () => {
    expect(twice(ids)).toEqual([]);
    expect(twice(scenarios.map(({ title }) => title))).toEqual([]);
    expect(ids.filter((id) => !/^[A-J]\d+[a-z]?$/.test(id))).toEqual([]);
  });

  it('is in the order of its ids, so that two runs can be compared', () => {
    expect(ids.indexOf('C2')).toBeLessThan(ids.indexOf('C10'));
    expect(ids).toEqual(ids.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })));
  });

  it('has a scenario for every clause of the contract', () => {
    const covered = new Set<string>(scenarios.map(({ clause }) => clause));
    expect(Object.keys(clauses).filter((clause) => !covered.has(clause))).toEqual([]);
  });

  it('has every scenario of its families', () => {
    const families = { A: 7, B: 8, C: 10, D: 8, E: 6, F: 6, G: 4, H: 4, I: 4, J: 4 };
    const due = Object.entries(families).flatMap(([family, count]) =>
      Array.from({ length: count }, (_, index) => `${family}${index + 1}`),
    );
    expect(due.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('names the capability that a scenario needs', () => {
    const named = scenarios.flatMap(({ id, needs }) => (needs === undefined ? [] : [[id, needs.capability]]));
    expect(named.filter(([, capability]) => capability === '')).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });
});

describe('the mutants', () => {
  const all = [...mutants, ...individualMutants];
  const harness = memoryHarness();

  it('have a name and a defect each', () => {
    expect(twice(all.map(({ name }) => name))).toEqual([]);
    expect(twice(all.map(({ defect }) => defect))).toEqual([]);
  });

  it('are for checks of scenarios that exist', () => {
    const isThere = (check: string): boolean => ids.some((id) => check.startsWith(`${id}: `));
    const lost = all.filter(({ noticedBy }) => noticedBy.length === 0 || !noticedBy.every((check) => isThere(check)));
    expect(lost.map(({ name }) => name)).toEqual([]);
  });

  it('are for no guard, which fails for want of something to judge', () => {
    const guards = /: (enough .*|in the middle of work|stopped in the middle|the fault bit|traffic during the fault)$/;
    expect(all.flatMap(({ noticedBy }) => noticedBy.filter((check) => guards.test(check)))).toEqual([]);
  });

  it('keep no state from one scenario to the next', () => {
    for (const { distort } of all) expect(distort(harness)).not.toBe(distort(harness));
  });

  it('put something wrong', () => {
    for (const { name, distort } of all) expect(Object.keys(distort(harness)), name).not.toEqual([]);
  });
});
