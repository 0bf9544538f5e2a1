import { exposed, startContainer } from '../container.ts';
import { broker } from './jar.ts';
import type { PubSubEmulator, PubSubEmulatorOptions } from './emulator.ts';

const port = 8_085;

/** The same emulator in Google's own image by testcontainers, without fault injection. Throws `BrokerUnavailable`. */
export async function startDockerPubSub(options: PubSubEmulatorOptions): Promise<PubSubEmulator> {
  const { projectId = 'isostream', progress } = options;
  const hostPort = await exposed(broker, port, options);
  const { container, description, died } = await startContainer({
    broker,
    image: process.env['ISOSTREAM_PUBSUB_IMAGE'] ?? 'gcr.io/google.com/cloudsdktool/google-cloud-cli:528.0.0-emulators',
    port: hostPort,
    progress,
    configure: (plain, wait) =>
      plain
        .withCommand(['gcloud', 'beta', 'emulators', 'pubsub', 'start', `--host-port=0.0.0.0:${port}`])
        .withWaitStrategy(wait.forLogMessage(/Server started/)),
  });
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return {
    host: `${container.getHost()}:${container.getMappedPort(port)}`,
    projectId,
    url: `pubsub://${projectId}?emulatorHost=${container.getHost()}:${container.getMappedPort(port)}`,
    mode: 'docker',
    description,
    logFolder: undefined,
    server: undefined,
    stop,
    died,
    [Symbol.asyncDispose]: stop,
  };
}
