import { bareMemoryHarness, memoryHarness } from '@isostream/conformance/suites/memory';
import { describe, expect, it } from 'vitest';
import { copyScenario } from './support/copy-scenario.ts';
import { wrongMirrors } from './support/wrong-mirrors.ts';

const under = { perSecond: 300, keys: 10, kills: 2 } as const;

describe('a mirror under load, which is killed, and both of whose sides break', () => {
  it('loses nothing, keeps each key in order, and repeats only what it had not committed', async () => {
    const { findings, sent, copies, repeats, verified } = await copyScenario(
      [memoryHarness(), bareMemoryHarness()],
      under,
    );
    expect(findings).toEqual({});
    expect(copies - repeats).toBe(sent);
    expect(verified).toMatchObject({ copied: sent, repeated: repeats, lost: 0, reordered: 0 });
  });

  it.concurrent.each(wrongMirrors)('is caught if it $name', async ({ noticedBy, kills = under.kills, ...wrong }) => {
    const sides = [memoryHarness(), { ...memoryHarness(), quietMs: 4_000 }] as const;
    const { findings } = await copyScenario(sides, { ...under, kills, wrong });
    expect(Object.keys(findings)).toContain(noticedBy);
  });
});
