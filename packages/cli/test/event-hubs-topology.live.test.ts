import { startBroker } from '@isostream/emulators';
import { it } from 'vitest';
import { playTopology } from './support/play-topology.ts';

it('topics are planned and applied as declared', async () => {
  await using broker = await startBroker('event-hubs');
  await playTopology(broker.url);
});
