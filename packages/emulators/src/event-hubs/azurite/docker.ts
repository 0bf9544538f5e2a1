import { exposed, startContainer } from '../../container.ts';
import type { Azurite, AzuriteOptions } from './options.ts';
import { anyApiVersion, broker, connectionStringOf } from './connection-string.ts';

const port = 10_000;

/** Microsoft's own image by testcontainers, without fault injection. Throws `BrokerUnavailable`. */
export async function startDockerAzurite(options: AzuriteOptions): Promise<Azurite> {
  const { progress } = options;
  const hostPort = await exposed(broker, port, options);
  const { container, description, died } = await startContainer({
    broker,
    image: process.env['ISOSTREAM_AZURITE_IMAGE'] ?? 'mcr.microsoft.com/azure-storage/azurite:3.35.0',
    port: hostPort,
    progress,
    configure: (plain, wait) =>
      plain
        .withCommand([
          'azurite-blob',
          '--blobHost',
          '0.0.0.0',
          '--inMemoryPersistence',
          '--disableTelemetry',
          anyApiVersion,
        ])
        .withWaitStrategy(wait.forLogMessage(/Blob service (?:is )?successfully listen/)),
  });
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return {
    connectionString: connectionStringOf(container.getHost(), container.getMappedPort(port)),
    mode: 'docker',
    description,
    logFolder: undefined,
    server: undefined,
    stop,
    died,
    [Symbol.asyncDispose]: stop,
  };
}
