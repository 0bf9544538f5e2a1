import { describe, expect, it } from 'vitest';
import { individualMutants } from '../src/mutants/individual-mutants.ts';
import { mutants } from '../src/mutants/mutants.ts';
import { type Clause, clauseOf } from '../src/run/clause.ts';
import { formerIds } from '../src/scenarios/former-ids.ts';
import { scenarios } from '../src/scenarios/index.ts';
import { kinesisMutants } from '../src/suites/kinesis-mutants.ts';
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
  HEALTH: true,
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
    expect(ids.filter((id) => !/^[a-z-]+\/[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
  });

  it('is in the order of its ids, so that two runs can be compared', () => {
    expect(ids).toEqual(ids.toSorted());
  });

  it('has a scenario for every clause of the contract', () => {
    const covered = new Set<string>(scenarios.map(clauseOf));
    expect(Object.keys(clauses).filter((clause) => !covered.has(clause))).toEqual([]);
  });

  it('still has every scenario that once had another id', () => {
    expect(Object.values(formerIds).filter((id) => !ids.some((each) => each === id))).toEqual([]);
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

  it('are there for every scenario', () => {
    const known = [...all, ...kinesisMutants].flatMap(({ noticedBy }) => noticedBy);
    expect(ids.filter((id) => !known.some((check) => check.startsWith(`${id}: `)))).toEqual([]);
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
