import { describe, expect, it } from 'vitest';
import { groupName, type Invariant, invariants, judgeInvariants } from '../src/checks/invariants.ts';
import { capabilitiesOf, runScenarios } from '../src/run/runner.ts';
import { because, type Scenario } from '../src/run/scenario.ts';
import { scenarios } from '../src/scenarios/index.ts';
import { memoryHarness } from '../src/suites/memory.ts';
import { scenario } from './support/scenario.ts';
import { type Story, story } from '../src/history/story.ts';

const harness = memoryHarness();
const capabilities = await capabilitiesOf(harness);

/** For each invariant a history in which it does not hold; a record, so that the compiler asks for a new one here too. */
const distorted: Readonly<Record<Invariant, () => Story>> = {
  'all delivered': () => story().sent('a#0', 'a#1').handled('a#0'),
  'nothing else is delivered': () => story().sent('a#0').handled('a#0').handledBy({ topic: 'other' }, 'a#0'),
  'exactly once': () => story().sent('a#0').handled('a#0').handledBy({ assignment: 2 }, 'a#0'),
  'every send answered': () => story().send('a#0'),
  'honest sends': () => story().send('a#0').failed('a#0', 'not-written').handled('a#0'),
  'receipts name the place': () => story().sent('a#0').deliver('a#0', { position: 7 }).settle('a#0', 'ok'),
  'positions are unique': () => story().send('a#0').acknowledge('a#0').send('b#0').acknowledge('b#0', { position: 0 }),
  'positions grow': () =>
    story().send('a#0').acknowledge('a#0', { position: 4 }).send('a#1').acknowledge('a#1', { position: 3 }),
  'stable partition': () => story().sent('a#0').send('a#1').acknowledge('a#1', { partition: '1' }),
  'order per key': () => story().sent('a#0', 'a#1').handled('a#1', 'a#0'),
  'after predecessors': () => story().sent('a#0', 'a#1').deliver('a#0').deliver('a#1'),
  'single flight per key': () => story().sent('a#0').deliver('a#0').deliver('a#0', { member: 'm2', assignment: 2 }),
  'attempts count': () => story().sent('a#0').deliver('a#0', { attempt: 2 }).settle('a#0', 'ok', { attempt: 2 }),
  'contiguous commits': () => story().sent('a#0').deliver('a#0').commit(0),
  'monotonic commits': () => story().sent('a#0', 'a#1').handled('a#0', 'a#1').commit(1).commit(0),
  'no commit by a former owner': () =>
    story().sent('a#0', 'a#1').handled('a#0').handledBy({ member: 'm2', assignment: 2 }, 'a#1').commit(0),
  'no commit after the end': () => story().sent('a#0').handled('a#0').hands('revoke').commit(0),
  'no handler starts late': () => story().sent('a#0').hands('revoke').handled('a#0'),
  'repeats are suffixes': () => story().sent('a#0', 'a#1', 'a#2').handled('a#0', 'a#2'),
  'repeats were uncommitted': () => story().sent('a#0').handled('a#0').commit(0).handledBy({ assignment: 2 }, 'a#0'),
  'signals tell of losses': () => story().sent('a#0').deliver('a#0').hands('lost').settle('a#0', 'ok'),
  'fencing tokens grow': () =>
    story()
      .sent('a#0')
      .handled('a#0')
      .add({ ...assigned, assignment: 1, fencingToken: '2' })
      .add({ ...assigned, assignment: 2, fencingToken: '1' }),
};

const assigned = { kind: 'assign', topic: 't', group: 'g', member: 'm1', partition: '0' } as const;
const names = Object.entries(distorted);

describe('an invariant', () => {
  it.each(names)('fails where it does not hold: %s', (name, tell) => {
    expect(judgeInvariants(tell().entries, capabilities)[name]).not.toEqual([]);
  });

  it.each(names)('of a scenario is left out, with its reason: %s', (name, tell) => {
    const found = judgeInvariants(tell().entries, capabilities, { [name]: 'it is not about this' });
    expect(Object.keys(found)).toEqual(Object.keys(invariants).filter((each) => each !== name));
  });

  it('holds in a history in which all is well', () => {
    const { entries } = story()
      .sent('a#0', 'a#1', 'b#0')
      .hands('assign')
      .handled('a#0')
      .tried('a#1', 1)
      .deliver('a#1', { attempt: 2 })
      .settle('a#1', 'ok', { attempt: 2 })
      .handled('b#0')
      .commit(2)
      .hands('revoke');
    const found = Object.entries(judgeInvariants(entries, capabilities)).filter(([, lines]) => lines.length > 0);
    expect(found).toEqual([]);
  });

  it('counts a dead letter as settled, and an event of an unrecorded group for nobody', () => {
    const { entries } = story()
      .sent('a#0')
      .tried('a#0', 1)
      .dead('a#0', { attempt: 1 })
      .commit(0)
      .commit(0, { group: 'unrecorded' });
    expect(judgeInvariants(entries, capabilities)['all delivered']).toEqual([]);
    expect(judgeInvariants(entries, capabilities)['contiguous commits']).toEqual([]);
  });

  it('misses what a group was never given at all', () => {
    const { entries } = story().sent('a#0').hands('assign');
    const groups = new Set([groupName({ topic: 't', group: 'g' })]);
    expect(judgeInvariants(entries, capabilities, {}, groups)['all delivered']).toEqual(['1 lost: a#0']);
    expect(judgeInvariants(entries, capabilities)['all delivered']).toEqual([]);
  });

  it('lets an event come again where something was broken', () => {
    const { entries } = story()
      .add({ kind: 'fault', name: 'crash', edge: 'start' })
      .sent('a#0')
      .handled('a#0')
      .handledBy({ assignment: 2 }, 'a#0');
    expect(judgeInvariants(entries, capabilities)['exactly once']).toEqual([]);
  });
});

describe('the runner', () => {
  const silent: Scenario['run'] = async (stage) => {
    const entries = story().sent('a#0').deliver('a#0').commit(0).settle('a#0', 'ok').entries;
    for (const entry of entries) stage.history.record(entry);
    return {};
  };
  const run = async (more: Partial<Scenario> = {}) => {
    const [report] = await runScenarios({ harness, scenarios: [scenario('no-loss/one', silent, more)], seed: 1 });
    return report;
  };

  it('applies invariants to scenarios that say nothing of them', async () => {
    expect(await run()).toMatchObject({
      verdict: 'failed',
      failures: { 'contiguous commits': [expect.stringContaining('a#0')] },
    });
  });

  it('leaves out those that a scenario is not about', async () => {
    expect(await run({ without: because('it commits by hand', 'contiguous commits') })).toMatchObject({
      verdict: 'passed',
    });
  });

  it('is told a reason for each that is left out', () => {
    const reasons = scenarios.flatMap(({ id, without = {} }) =>
      Object.values(without).map((why) => [id, why] as const),
    );
    expect(reasons.filter(([, why]) => why.split(' ').length < 3)).toEqual([]);
    expect(reasons.length).toBeGreaterThan(10);
  });
});
