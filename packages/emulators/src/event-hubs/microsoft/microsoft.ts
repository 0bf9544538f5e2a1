import { defaultKeyName, eventHubsConnectionString, type HubOptions } from '@isostream/event-hubs-emulator';
import type { StartedNetwork } from 'testcontainers';
import { BrokerUnavailable } from '../../broker-unavailable.ts';
import { startContainer } from '../../container.ts';
import { connectionStringOf as storageConnectionString } from '../azurite/connection-string.ts';
import { microsoftConfig } from './config.ts';

export interface MicrosoftEventHubsOptions {
  /** All hubs that there will be, at most ten. */
  readonly hubs: Readonly<Record<string, Omit<HubOptions, 'retentionMs'>>>;
  /** That you accept the license of Microsoft's emulator, without which it does not start. */
  readonly acceptLicense: boolean;
  readonly progress?: (text: string) => void;
}

export interface MicrosoftEventHubs extends AsyncDisposable {
  /** For `new EventHubProducerClient(connectionString, hub)` and its siblings. */
  readonly connectionString: string;
  /** Of the Azurite that it keeps its own state in. */
  readonly storageConnectionString: string;
  /** The image, for people. */
  readonly description: string;
  stop(): Promise<void>;
}

const broker = "Microsoft's Event Hubs emulator";
const amqpPort = 5_672;
const blobPort = 10_000;
const storage = 'azurite';
const everywhere = ['--blobHost', '0.0.0.0', '--queueHost', '0.0.0.0', '--tableHost', '0.0.0.0'];

/**
 * Microsoft's own emulator and the Azurite that it needs, by testcontainers: hubs are those declared here, and nothing of
 * it can be broken. Throws {@link BrokerUnavailable}.
 */
export async function startMicrosoftEventHubs(options: MicrosoftEventHubsOptions): Promise<MicrosoftEventHubs> {
  const { acceptLicense, progress } = options;
  if (!acceptLicense)
    throw new BrokerUnavailable(broker, 'its license was not accepted. Read it, and give acceptLicense: true.');
  const network = await startNetwork();
  const stops: (() => Promise<unknown>)[] = [() => network.stop()];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const azurite = await startContainer({
      broker: 'Azurite',
      image: process.env['ISOSTREAM_AZURITE_IMAGE'] ?? 'mcr.microsoft.com/azure-storage/azurite:3.35.0',
      port: blobPort,
      progress,
      configure: (plain, wait) =>
        plain
          .withNetwork(network)
          .withNetworkAliases(storage)
          .withCommand(['azurite', ...everywhere, '--skipApiVersionCheck'])
          .withWaitStrategy(wait.forLogMessage(/Table service (?:is )?successfully listen/)),
    });
    stops.push(() => azurite.container.stop());
    const hubs = await startContainer({
      broker,
      image: process.env['ISOSTREAM_EVENT_HUBS_IMAGE'] ?? 'mcr.microsoft.com/azure-messaging/eventhubs-emulator:2.0.1',
      port: amqpPort,
      progress,
      configure: (plain, wait) =>
        plain
          .withNetwork(network)
          .withEnvironment({ BLOB_SERVER: storage, METADATA_SERVER: storage, ACCEPT_EULA: 'Y' })
          .withCopyContentToContainer([
            {
              content: JSON.stringify(microsoftConfig(options.hubs)),
              target: '/Eventhubs_Emulator/ConfigFiles/Config.json',
            },
          ])
          .withWaitStrategy(wait.forLogMessage(/Emulator Service is Successfully Up/)),
    });
    stops.push(() => hubs.container.stop());
    const [host, port] = [hubs.container.getHost(), hubs.container.getMappedPort(amqpPort)];
    return {
      // Its key is a word that everybody knows.
      connectionString: eventHubsConnectionString(host, port, { [defaultKeyName]: 'SAS_KEY_VALUE' }),
      storageConnectionString: storageConnectionString(
        azurite.container.getHost(),
        azurite.container.getMappedPort(blobPort),
      ),
      description: hubs.description,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNetwork(): Promise<StartedNetwork> {
  const { Network } = await import('testcontainers').catch((cause: unknown) => {
    throw new BrokerUnavailable(
      broker,
      'it needs testcontainers. Install it: npm install --save-dev testcontainers.',
      cause,
    );
  });
  return new Network().start().catch((cause: unknown) => {
    throw new BrokerUnavailable(
      broker,
      `Docker gave no network: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  });
}
