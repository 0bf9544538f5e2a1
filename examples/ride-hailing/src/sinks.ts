import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { readConnectFiles, runConnectors } from '@isostream/connect';
import { startKinesis, startOpenSearch } from '@isostream/emulators';
import { connect, type Streams } from 'isostream';

/** How many locations have arrived where. */
export interface Arrived {
  /** Documents in OpenSearch: one per location. */
  readonly documents: number;
  /** Items in DynamoDB: one per driver. */
  readonly drivers: number;
}

/** Driver locations on their way to OpenSearch and DynamoDB, by the files in `connect`. */
export interface Sinks {
  /** Runs the connectors until `close`; rejects as soon as one of them fails. */
  run(url: string): Promise<void>;
  arrived(): Promise<Arrived>;
  close(): Promise<void>;
}

const files = new URL('../connect/', import.meta.url);

/** Where a provider has no headers, the value of a record is the whole CloudEvent, and the location is its data. */
const unwrap = `
transforms=data
transforms.data.type=org.apache.kafka.connect.transforms.ExtractField$Value
transforms.data.field=data
`;

/** Starts both servers. */
export async function startSinks(say: (text: string) => void): Promise<Sinks> {
  const search = await startOpenSearch({ progress: say });
  // Its DynamoDB is all that is needed of it.
  const aws = await startKinesis({ mode: 'native', progress: say });
  const { accessKeyId, secretAccessKey } = aws.credentials;
  const client = new DynamoDBClient({ region: aws.region, endpoint: aws.dynamoEndpoint, credentials: aws.credentials });
  const environment = {
    OPENSEARCH_URL: search.url,
    DYNAMODB_URL: aws.dynamoEndpoint,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const stop = new AbortController();
  let running = Promise.resolve();
  return {
    run(url) {
      running = runFiles(url, environment, stop.signal, say);
      return running;
    },
    async arrived() {
      const scan = new ScanCommand({ TableName: 'driver-locations', Select: 'COUNT', ConsistentRead: true });
      // Neither is there before the first location.
      const { Count: drivers = 0 } = await client.send(scan).catch(() => ({ Count: 0 }));
      return { documents: await documentsIn(search.url), drivers };
    },
    async close() {
      stop.abort();
      await running.catch(() => undefined);
      client.destroy();
      await Promise.all([search.stop(), aws.stop()]);
    },
  };
}

/** What `isostream connect run` does. */
async function runFiles(
  url: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  const streams = await connect({ url, topics: [], topology: 'assume' });
  const folder = await mkdtemp(join(tmpdir(), 'ride-hailing-'));
  try {
    const [worker = '', ...connectors] = await Promise.all(
      ['worker', 'elasticsearch-sink', 'dynamodb-sink'].map((name) => fileFor(streams, folder, `${name}.properties`)),
    );
    const plan = await readConnectFiles(worker, connectors, { environment: { ...environment, ISOSTREAM_URL: url } });
    await runConnectors(plan, streams, { signal, say });
  } finally {
    await streams.close();
    await rm(folder, { recursive: true });
  }
}

async function fileFor({ adapter }: Streams, folder: string, name: string): Promise<string> {
  const text = await readFile(new URL(name, files), 'utf8');
  const isWrapped = adapter.capabilities.headers === 'none' && name.includes('sink');
  await writeFile(join(folder, name), isWrapped ? text + unwrap : text);
  return join(folder, name);
}

async function documentsIn(url: string): Promise<number> {
  const index = `${url}/driver-locations`;
  await (await fetch(`${index}/_refresh`, { method: 'POST' })).body?.cancel();
  const answer: unknown = await (await fetch(`${index}/_count`)).json();
  return typeof answer === 'object' && answer !== null && 'count' in answer ? Number(answer.count) : 0;
}
