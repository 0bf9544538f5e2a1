import { BrokerUnavailable } from '../broker-unavailable.ts';
import { broker } from './jar.ts';
import type { PubSubEmulator, PubSubOptions } from './pubsub.ts';

const port = 8_085;

/** The same emulator in Google's own image by testcontainers, without fault injection. Throws {@link BrokerUnavailable}. */
export async function startDockerPubSub(options: PubSubOptions): Promise<PubSubEmulator> {
  const { projectId = 'isostream', progress = () => undefined } = options;
  const image =
    process.env['ISOSTREAM_PUBSUB_IMAGE'] ?? 'gcr.io/google.com/cloudsdktool/google-cloud-cli:528.0.0-emulators';
  const { GenericContainer, Wait } = await import('testcontainers').catch((cause: unknown) => {
    throw new BrokerUnavailable(
      broker,
      'Docker mode needs testcontainers. Install it: npm install --save-dev testcontainers',
      cause,
    );
  });
  progress(`starting ${image} with Docker`);
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withLabels({ 'isostream.broker': 'pubsub' })
    .withCommand(['gcloud', 'beta', 'emulators', 'pubsub', 'start', `--host-port=0.0.0.0:${port}`])
    .withWaitStrategy(Wait.forLogMessage(/Server started/))
    .start()
    .catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BrokerUnavailable(broker, `Docker could not start ${image}: ${reason}`, cause);
    });
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return {
    host: `${container.getHost()}:${container.getMappedPort(port)}`,
    projectId,
    url: `pubsub://${projectId}`,
    mode: 'docker',
    description: `${image}, Docker`,
    logFolder: undefined,
    server: undefined,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
