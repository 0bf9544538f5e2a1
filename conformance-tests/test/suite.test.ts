import { describe, expect, it } from 'vitest';
import { mutants } from '../src/mutants/mutants.ts';
import type { Clause } from '../src/run/scenario.ts';
import { scenarios } from '../src/scenarios/index.ts';

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

  it('has the scenarios of its first families', () => {
    const due =
      'A1 A2 A3 A4 A5 A6 A7 B1 B2 B3 B4 B5 B7 C1 C2 C3 C4 C5 C6 C9 C10 E1 E2 E3 E4 F1 F2 F3 F4 G1 G2 G3 G4 H1 H2 H3 H4 I1 I2 I3 I4';
    expect(due.split(' ').filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('names the capability that a scenario needs', () => {
    const named = scenarios.flatMap(({ id, needs }) => (needs === undefined ? [] : [[id, needs.capability]]));
    expect(named.filter(([, capability]) => capability === '')).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });
});

describe('the mutants', () => {
  it('have a name and a defect each', () => {
    expect(twice(mutants.map(({ name }) => name))).toEqual([]);
    expect(twice(mutants.map(({ defect }) => defect))).toEqual([]);
  });

  it('are sent to scenarios that exist', () => {
    const lost = mutants.filter(({ scenarios: named }) => named.length === 0 || named.some((id) => !ids.includes(id)));
    expect(lost.map(({ name }) => name)).toEqual([]);
  });

  it('keep no state from one scenario to the next', () => {
    for (const { distort } of mutants) expect(distort()).not.toBe(distort());
  });

  it('put something wrong', () => {
    for (const { name, distort } of mutants) expect(Object.keys(distort()), name).not.toEqual([]);
  });
});
