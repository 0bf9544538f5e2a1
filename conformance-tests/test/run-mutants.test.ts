import { describe, expect, it } from 'vitest';
import type { Mutant } from '../src/mutants/mutant.ts';
import { mutants } from '../src/mutants/mutants.ts';
import { mutantsOf, runMutants } from '../src/mutants/run-mutants.ts';
import type { Findings, Scenario } from '../src/run/scenario.ts';
import type { Harness } from '../src/suites/harness.ts';
import { individualMemoryHarness, memoryHarness } from '../src/suites/memory.ts';
import { nothing, scenario } from './support/scenario.ts';

describe('a mutant', () => {
  const mutant: Mutant = {
    name: 'm',
    defect: 'is wrong',
    noticedBy: ['no-loss/one: order'],
    distort() {
      isWrong = true;
      return {};
    },
  };
  let isWrong = false;
  /** Whether the scenario that asks runs for the wrong version. */
  const takeWrong = (): boolean => {
    const was = isWrong;
    isWrong = false;
    return was;
  };
  /** `right` is what the same scenario finds on the right version. */
  const run = (
    wrong: () => Promise<Findings>,
    harness = memoryHarness(),
    more: Partial<Scenario> = {},
    right: () => Promise<Findings> = async () => ({ order: [] }),
  ) =>
    runMutants({
      harness,
      mutants: [mutant],
      scenarios: [
        scenario('no-loss/one', () => (takeWrong() ? wrong() : right()), more),
        scenario('no-loss/other', async () => ({ order: ['never run'] })),
      ],
      seed: 5,
    });

  it('is killed by a check that noticed, which is named', async () => {
    expect(await run(async () => ({ order: ['a: 1 after 2'], delivery: [] }))).toMatchObject([
      { verdict: 'killed', killedBy: ['no-loss/one: order'] },
    ]);
  });

  it('is absent where the provider refuses what it does wrong, or what runs is not as the service in just this', async () => {
    const absent = { needs: { capability: 'replay', isDeclared: () => false, refused: async () => ({ replay: [] }) } };
    const different = { text: 'forgets', mutants: ['m'] };
    expect(await run(nothing, memoryHarness(), absent)).toMatchObject([{ verdict: 'absent' }]);
    expect(await run(nothing, { ...memoryHarness(), differences: [different] })).toMatchObject([{ verdict: 'absent' }]);
  });

  it('is run only on providers that can be wrong in this way', async () => {
    const names = async (harness: Harness): Promise<readonly string[]> =>
      (await mutantsOf(harness)).map(({ name }) => name);
    expect(await names(memoryHarness())).toEqual(mutants.map(({ name }) => name));
    const individual = await names(individualMemoryHarness());
    expect(individual).not.toContain('commits-go-back');
    expect(individual).toContain('settles-out-of-order');
  });

  it('survives where no check noticed', async () => {
    expect(await run(nothing)).toMatchObject([{ verdict: 'survived', killedBy: [] }]);
  });

  it.each<readonly [string, () => Promise<Findings>, readonly string[]]>([
    ['crashed', () => Promise.reject(new Error('broken')), ['no-loss/one: error']],
    [
      'saw too little',
      async () => ({ 'enough traffic': ['only 1 delivery'], 'both work': ['only 0 deliveries'] }),
      ['no-loss/one: enough traffic', 'no-loss/one: both work'],
    ],
    ['found something else', async () => ({ 'all delivered': ['1 lost: a'] }), ['no-loss/one: all delivered']],
  ])('survives a scenario that only %s, and the report says so', async (_, findings, alsoFailed) => {
    expect(await run(findings)).toMatchObject([{ verdict: 'survived', killedBy: [], alsoFailed }]);
  });

  it.each<readonly [string, Findings]>([
    ['the same check', { order: ['a: 1 after 2'] }],
    ['another check', { 'all delivered': ['1 lost: a'] }],
  ])('is unproven where %s fails on the right version as well, which is named', async (_, findings) => {
    const noticed = async (): Promise<Findings> => ({ order: ['a: 1 after 2'] });
    const [report] = await run(noticed, memoryHarness(), {}, async () => findings);
    const [[check, [finding]]] = Object.entries(findings) as [[string, readonly string[]]];
    expect(report).toMatchObject({ verdict: 'unproven', controlFailed: [`no-loss/one: ${check}: ${finding}`] });
  });

  it('shares one run of the right version with the others of its scenario', async () => {
    const kinds: boolean[] = [];
    const one = scenario('no-loss/one', async () => {
      const wrong = takeWrong();
      kinds.push(wrong);
      return { order: wrong ? ['a: 1 after 2'] : [] };
    });
    const both = [mutant, { ...mutant, name: 'n' }];
    const reports = await runMutants({ harness: memoryHarness(), mutants: both, scenarios: [one], seed: 5 });
    expect(reports.map(({ verdict }) => verdict)).toEqual(['killed', 'killed']);
    expect(kinds).toEqual([true, false, true]);
  });
});
