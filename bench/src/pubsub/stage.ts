import { openAdapter } from '@isostream/core/adapter';
import { randomBytes } from 'node:crypto';
import { createStreams } from '@isostream/core';
import { startPubSub } from '@isostream/emulators';
import { createPubSub, type PubSubAdapter } from '@isostream/pubsub';
import type { RawStage } from '../against-raw/raw-client.ts';
import { rawPubSub } from './raw.ts';

/** Google's emulator, with memory for everything that is sent: it forgets nothing. */
export async function openStage(): Promise<RawStage> {
  const broker = await startPubSub({
    mode: 'native',
    heapMb: 2_048,
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  const { projectId, host: emulatorHost } = broker;
  const adapter = (): PubSubAdapter => createPubSub({ projectId, emulatorHost });
  const topics = openAdapter(adapter());
  const prefix = `bench-${randomBytes(4).toString('hex')}`;
  let names = 0;
  return {
    description: broker.description,
    raw: rawPubSub(broker),
    async createTopic() {
      const name = `${prefix}-${++names}`;
      await topics.admin.createTopic(name, {});
      return name;
    },
    config: { provider: 'pubsub', pubsub: { projectId, emulatorHost } },
    groupName: () => `group-${++names}`,
    streams: (topic) => createStreams({ adapter: adapter(), topics: [topic], topology: 'assume' }),
    async [Symbol.asyncDispose]() {
      await topics.close();
      await broker.stop();
    },
  };
}
