import { setTimeout as sleep } from 'node:timers/promises';
import { exposed, startContainer } from '../container.ts';
import { credentials, region, urlOf } from './addresses.ts';
import type { KinesisEmulator, KinesisEmulatorOptions } from './emulator.ts';

const port = 4_566;

/** Kinesis and DynamoDB of LocalStack by testcontainers, without fault injection. Throws `BrokerUnavailable`. */
export async function startDockerKinesis(options: KinesisEmulatorOptions): Promise<KinesisEmulator> {
  const hostPort = await exposed('LocalStack', port, options);
  const { container, description, died } = await startContainer({
    broker: 'LocalStack',
    // Later ones ask for a token.
    image: process.env['ISOSTREAM_LOCALSTACK_IMAGE'] ?? 'localstack/localstack:4.14.0',
    port: hostPort,
    progress: options.progress,
    configure: (plain, wait) =>
      plain
        .withEnvironment({ SERVICES: 'kinesis,dynamodb', KINESIS_LATENCY: '50', DISABLE_EVENTS: '1' })
        .withWaitStrategy(wait.forHttp('/_localstack/health', port).forStatusCode(200)),
    async afterStart(started) {
      // It starts a service when that is first asked for, and may refuse meanwhile.
      const address = `http://${started.getHost()}:${started.getMappedPort(port)}`;
      await untilServing(address, 'kinesis', 'Kinesis_20131202.ListStreams');
      await untilServing(address, 'dynamodb', 'DynamoDB_20120810.ListTables');
    },
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
    died,
    [Symbol.asyncDispose]: stop,
  };
}

async function untilServing(address: string, service: string, target: string): Promise<void> {
  const scope = `${credentials.accessKeyId}/20250101/${region}/${service}/aws4_request`;
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': target,
    // It checks no signature, and takes from here which service is meant.
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
  };
  const deadline = Date.now() + 60_000;
  for (;;) {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(), 20_000);
    const request = { method: 'POST', headers, body: '{}', signal: silent.signal };
    const answer = await fetch(address, request).catch(() => undefined);
    clearTimeout(timer);
    if (answer?.ok === true) return;
    if (Date.now() > deadline) throw new Error(`${service} was not served within 60 s`);
    await sleep(200);
  }
}
