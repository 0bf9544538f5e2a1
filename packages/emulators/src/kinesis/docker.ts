import { startContainer } from '../container.ts';
import { credentials, region, urlOf } from './addresses.ts';
import type { KinesisEmulator, KinesisOptions } from './kinesis.ts';

const port = 4_566;

/** Kinesis and DynamoDB of LocalStack by testcontainers, without fault injection. Throws `BrokerUnavailable`. */
export async function startDockerKinesis(options: KinesisOptions): Promise<KinesisEmulator> {
  const { container, description } = await startContainer({
    broker: 'LocalStack',
    // Later ones ask for a token.
    image: process.env['ISOSTREAM_LOCALSTACK_IMAGE'] ?? 'localstack/localstack:4.14.0',
    progress: options.progress,
    configure: (plain, wait) =>
      plain
        .withExposedPorts(port)
        .withEnvironment({ SERVICES: 'kinesis,dynamodb', KINESIS_LATENCY: '50ms', DISABLE_EVENTS: '1' })
        .withWaitStrategy(wait.forHttp('/_localstack/health', port).forStatusCode(200)),
  });
  const endpoint = `http://${container.getHost()}:${container.getMappedPort(port)}`;
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return {
    region,
    endpoint,
    dynamoEndpoint: endpoint,
    credentials,
    url: urlOf(endpoint, endpoint),
    mode: 'docker',
    description,
    logFolder: undefined,
    kinesis: undefined,
    dynamo: undefined,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
