import { openAdapter } from '@isostream/core/adapter';
import { randomBytes } from 'node:crypto';
import { createStreams } from '@isostream/core';
import { startAzurite, startEventHubs } from '@isostream/emulators';
import { createEventHubs, createResourceManager, type EventHubsAdapter } from '@isostream/event-hubs';
import type { RawStage } from '../against-raw/raw-client.ts';
import { partitions } from '../topics.ts';
import { rawEventHubs } from './raw.ts';

const token = { token: 'any', expiresOnTimestamp: Number.MAX_SAFE_INTEGER };

/** Our own emulator in a process of its own, and Azurite. */
export async function openStage(): Promise<RawStage> {
  const progress = (text: string): void => void process.stderr.write(`${text}\n`);
  const azurite = await startAzurite({ mode: 'native', progress });
  const hubs = await startEventHubs({ progress, keepsState: false });
  const { connectionString, controlUrl: endpoint } = hubs;
  const place = { subscriptionId: 'any', resourceGroup: 'any', namespace: 'any' };
  const management = createResourceManager({ ...place, endpoint, credential: { getToken: async () => token } });
  const checkpoints = { connectionString: azurite.connectionString, container: 'bench' };
  const adapter = (): EventHubsAdapter => createEventHubs({ connectionString, checkpoints, management });
  const topics = openAdapter(adapter());
  const prefix = `bench-${randomBytes(4).toString('hex')}`;
  const raw = rawEventHubs(connectionString);
  let names = 0;
  return {
    description: `Event Hubs emulator and ${azurite.description}`,
    raw,
    async createTopic(count = partitions) {
      const name = `${prefix}-${++names}`;
      await topics.admin.createTopic(name, { partitions: count });
      return name;
    },
    // Without it members of a new group find no consumer group.
    config: {
      provider: 'event-hubs',
      'event-hubs': { connectionString, checkpoints, management: { ...place, endpoint } },
    },
    groupName: () => `group-${++names}`,
    streams: (topic) => createStreams({ adapter: adapter(), topics: [topic], topology: 'assume' }),
    async [Symbol.asyncDispose]() {
      await raw[Symbol.asyncDispose]();
      await topics.close();
      await hubs[Symbol.asyncDispose]();
      await azurite.stop();
    },
  };
}
