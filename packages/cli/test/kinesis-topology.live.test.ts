import { startBroker } from '@isostream/emulators';
import { expect, it } from 'vitest';
import { playTopology, topicsThen } from './support/play-topology.ts';

it('topics are planned and applied as declared', async () => {
  await using broker = await startBroker('kinesis');
  expect(await playTopology(broker.url)).toEqual(topicsThen);
});
