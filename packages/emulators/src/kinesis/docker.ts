import { BrokerUnavailable } from '../broker-unavailable.ts';
import { credentials, region, urlOf } from './addresses.ts';
import type { KinesisEmulator, KinesisOptions } from './kinesis.ts';

const port = 4_566;
const broker = 'LocalStack';

/** Kinesis and DynamoDB of LocalStack by testcontainers, without fault injection. Throws {@link BrokerUnavailable}. */
export async function startDockerKinesis(options: KinesisOptions): Promise<KinesisEmulator> {
  const { progress = () => undefined } = options;
  // Later ones ask for a token.
  const image = process.env['ISOSTREAM_LOCALSTACK_IMAGE'] ?? 'localstack/localstack:4.14.0';
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
    .withLabels({ 'isostream.broker': 'kinesis' })
    .withEnvironment({ SERVICES: 'kinesis,dynamodb', KINESIS_LATENCY: '50ms', DISABLE_EVENTS: '1' })
    .withWaitStrategy(Wait.forHttp('/_localstack/health', port).forStatusCode(200))
    .start()
    .catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BrokerUnavailable(broker, `Docker could not start ${image}: ${reason}`, cause);
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
    description: `${image}, Docker`,
    logFolder: undefined,
    kinesis: undefined,
    dynamo: undefined,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
