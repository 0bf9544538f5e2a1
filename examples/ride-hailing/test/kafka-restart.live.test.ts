import { startKafka } from '@isostream/emulators';
import { expect, it } from 'vitest';
import { runCity } from '../src/run-city.ts';

it('ride hailing outlives a broker that is killed in the middle and started again', async () => {
  await using cluster = await startKafka({ mode: 'native' });
  const lines: string[] = [];
  const [node] = cluster.nodes;
  let outage: Promise<void> | undefined;
  const crash = async (): Promise<void> => {
    await node?.kill();
    await node?.start();
  };
  const result = await runCity({
    url: cluster.url,
    drivers: 40,
    riders: 200,
    paceMs: 40,
    say: (line) => {
      lines.push(line);
      if (line.includes('(50 riders told)')) outage = crash();
    },
  });
  expect(outage).toBeDefined();
  await outage;
  expect(result.told).toBe(200);
  expect(result.tally.outOfOrder).toBe(0);
  expect(result.redriven).toBe(result.letters.length);
});
