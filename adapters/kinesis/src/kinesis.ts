import type { Adapter } from '@isostream/core';
import { ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { abortable, type Adapter as OpenAdapter, untilAborted } from '@isostream/core/adapter';
import { KinesisAdmin } from './admin.ts';
import { kinesisCapabilities } from './capabilities.ts';
import { type Clients, closeClients, createClients } from './client/connection.ts';
import type { ConsumeParts } from './consume/parts.ts';
import { toStreamError } from './errors.ts';
import { type KinesisOptions, resolveOptions } from './options.ts';
import { KinesisSink } from './produce/sink.ts';
import { openRange } from './consume/range.ts';
import { ServiceClock } from './client/service-clock.ts';
import { KinesisSource } from './consume/source.ts';

export interface KinesisAdapter extends Adapter {
  /** The SDK's own clients, for what isostream does not cover. */
  readonly native: Clients;
}

/** Amazon Kinesis Data Streams, with groups on DynamoDB. Throws `invalid-config`; connects with the first call that needs it. */
export function createKinesis(options: KinesisOptions = {}): KinesisAdapter {
  const settings = resolveOptions(options);
  const clients = createClients(settings);
  const parts: ConsumeParts = { ...clients, clock: new ServiceClock(clients.kinesis), settings };
  const adapter: KinesisAdapter & OpenAdapter = {
    name: 'kinesis',
    capabilities: kinesisCapabilities,
    native: { kinesis: clients.kinesis, dynamo: clients.dynamo },
    admin: new KinesisAdmin(parts, settings),
    createSink: (topic) => new KinesisSink(clients.kinesis, topic, settings),
    createSource: (subscription) => new KinesisSource(parts, subscription),
    openRange: (range, signal) => openRange(parts, range, signal),
    async connect(signal) {
      try {
        const call = clients.kinesis.send(new ListStreamsCommand({ Limit: 1 }), abortable(signal));
        await untilAborted(call, signal);
      } catch (thrown) {
        throw toStreamError(
          thrown,
          `no Kinesis ${settings.endpoint ?? `in region ${settings.region ?? '(of the SDK)'}`}`,
        );
      }
    },
    async close() {
      closeClients(clients);
    },
  };
  return adapter;
}
