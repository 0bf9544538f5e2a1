import { openAdapter } from '@isostream/core/adapter';
import { randomBytes } from 'node:crypto';
import { createStreams } from '@isostream/core';
import { startKinesis } from '@isostream/emulators';
import { createKinesis, type KinesisAdapter } from '@isostream/kinesis';
import type { RawStage } from '../against-raw/raw-client.ts';
import { partitions } from '../topics.ts';
import { rawKinesis } from './raw.ts';

/** kinesis-local and dynalite. */
export async function openStage(): Promise<RawStage> {
  const broker = await startKinesis({ mode: 'native', progress: (text) => process.stderr.write(`${text}\n`) });
  const { region, endpoint, dynamoEndpoint, credentials } = broker;
  const adapter = (aggregation = false): KinesisAdapter =>
    createKinesis({ region, endpoint, dynamoEndpoint, credentials, aggregation });
  const topics = openAdapter(adapter());
  const prefix = `bench-${randomBytes(4).toString('hex')}`;
  let names = 0;
  return {
    description: broker.description,
    raw: rawKinesis(broker),
    async createTopic(count = partitions) {
      const name = `${prefix}-${++names}`;
      await topics.admin.createTopic(name, { partitions: count });
      return name;
    },
    config: { provider: 'kinesis', kinesis: { region, endpoint, dynamoEndpoint, credentials } },
    groupName: () => `group-${++names}`,
    streams: (topic) => createStreams({ adapter: adapter(), topics: [topic], topology: 'assume' }),
    packed: (topic) => createStreams({ adapter: adapter(true), topics: [topic], topology: 'assume' }),
    async [Symbol.asyncDispose]() {
      await topics.close();
      await broker.stop();
    },
  };
}
