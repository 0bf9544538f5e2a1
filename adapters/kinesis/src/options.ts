import type { KinesisClientConfig } from '@aws-sdk/client-kinesis';
import {
  type Duration,
  type Size,
  expected,
  isObject,
  shown,
  StreamError,
  type DeclarationOf,
  type DeclaredOptions,
  option,
  takeOptions,
} from '@isostream/core/adapter';
import type { ConsumeSettings } from './consume/parts.ts';

export interface KinesisOptions {
  /** Default: what the AWS SDK finds, `AWS_REGION` first. */
  readonly region?: string;
  /** Of Kinesis; default AWS's own in the region. */
  readonly endpoint?: string;
  /** Of DynamoDB, where groups keep their leases; default AWS's own in the region. */
  readonly dynamoEndpoint?: string;
  /** As the AWS SDK takes them; default what it finds by itself: environment, files, roles. */
  readonly credentials?: NonNullable<KinesisClientConfig['credentials']>;
  /** The lease table of a group, with `{topic}` and `{group}` in its name. Default `isostream-{topic}-{group}`. */
  readonly leaseTable?: string;
  /** How long a silent member keeps its shards. Default 10 s. */
  readonly sessionTimeout?: Duration;
  /** How often shards are listed, so that splits and merges are seen that no reader ran into. Default 30 s. */
  readonly discovery?: Duration;
  /**
   * How often a shard with nothing new is asked again, and half as often after ten times without anything; one to which events come is asked four times a second. Default 1 s. All groups of a stream share five calls per second a
   * shard.
   */
  readonly pollInterval?: Duration;
  /** Records that one call reads from one shard at most. Default 1,000. */
  readonly readRecords?: number;
  /**
   * Kinesis pushes events to each group that reads with it, as a registered consumer of the stream: 2 MB per second and shard of
   * its own, and no wait between reads. AWS bills it by shard and hour. Default `false`: shards are polled.
   */
  readonly enhancedFanOut?: boolean;
  /** Until a connection counts as failed. Default 3 s. */
  readonly connectTimeout?: Duration;
  /** Until a request counts as unanswered. Default 30 s. */
  readonly requestTimeout?: Duration;
  /** What one request writes at most, up to 10 MB. Default 5 MB. */
  readonly requestBytes?: Size;
  /** Requests of one producer that are under way at once. Default 4. */
  readonly requestsInFlight?: number;
  /**
   * Packs what waits of one key into one record, as the Kinesis Producer Library does: many more events per second of one key,
   * fewer records to pay for. Readers that know nothing of it see bytes. Default `false`; whatever is read is unpacked.
   */
  readonly aggregation?: boolean;
  /** Shards of a topic that declares no partitions: a number, or left to AWS. Default `on-demand`. */
  readonly undeclaredPartitions?: number | 'on-demand';
  /** Carries the requests of both clients instead of Node's own HTTP/1.1 with kept connections: proxies, tests. */
  readonly requestHandler?: NonNullable<KinesisClientConfig['requestHandler']>;
}

/** Options in plain units, defaults filled in. */
export interface KinesisSettings extends ConsumeSettings {
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly dynamoEndpoint: string | undefined;
  readonly credentials: KinesisOptions['credentials'];
  readonly requestHandler: KinesisOptions['requestHandler'];
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly requestBytes: number;
  readonly requestsInFlight: number;
  readonly aggregation: boolean;
  /** Shards are pushed to groups. */
  readonly enhancedFanOut: boolean;
  readonly undeclaredPartitions: number | 'on-demand';
}

const declared = {
  region: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    shownDefault: 'what the SDK finds',
    doc: "`AWS_REGION`, or the profile's",
  }),
  endpoint: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    shownDefault: "AWS's own",
    doc: 'address of Kinesis: private endpoints, emulators',
  }),
  dynamoEndpoint: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    shownDefault: "AWS's own",
    doc: 'address of DynamoDB, where groups keep their leases',
  }),
  credentials: option.given<NonNullable<KinesisOptions['credentials']>>({
    isSecret: true,
    inConfig: expected.like(
      'credentials as the AWS SDK takes them',
      (value) => typeof value === 'function' || isObject(value),
    ),
    shownDefault: 'what the SDK finds',
    doc: 'as the SDK takes them, also a function',
  }),
  leaseTable: option.text({
    byDefault: 'isostream-{topic}-{group}',
    doc: "the name of a group's table. Both placeholders are required",
  }),
  sessionTimeout: option.duration({
    byDefault: '10s',
    doc: 'how long a silent member keeps its shards. Shorter: they move sooner after a crash, and DynamoDB is asked more often',
  }),
  discovery: option.duration({ byDefault: '30s', doc: 'how often shards are listed, to discover new ones' }),
  pollInterval: option.duration({
    byDefault: '1s',
    doc: 'how often a shard without new records is polled, and half as often after ten times without any; one with new records is asked again after 250 ms, or this if it is less',
  }),
  readRecords: option.whole({
    byDefault: 1_000,
    most: 10_000,
    doc: 'maximum records that one call reads from one shard',
  }),
  enhancedFanOut: option.flag({
    byDefault: false,
    doc: 'Kinesis pushes events to groups, each a registered consumer of the stream, instead of being polled: [enhanced fan-out](#enhanced-fan-out)',
  }),
  connectTimeout: option.duration({ byDefault: '3s', doc: 'until a connection counts as failed' }),
  requestTimeout: option.duration({ byDefault: '30s', doc: 'until a request counts as unanswered' }),
  requestBytes: option.size({
    byDefault: '5mb',
    most: '10mb',
    doc: 'maximum size of one write request; the limit of Kinesis is 10 MB',
  }),
  requestsInFlight: option.whole({ byDefault: 4, most: 64, doc: 'maximum requests of one producer in flight' }),
  aggregation: option.flag({
    byDefault: false,
    doc: 'packs waiting events of one key into one record, as the Kinesis Producer Library does. Aggregated records are always unpacked on read',
  }),
  undeclaredPartitions: option.given<number | 'on-demand'>({
    inConfig: expected.like("a number, or 'on-demand'", (value) => typeof value === 'number' || value === 'on-demand'),
    shownDefault: "`'on-demand'`",
    doc: 'capacity of a topic that declares no partitions: on demand, or a number of shards',
  }),
  requestHandler: option.given<NonNullable<KinesisOptions['requestHandler']>>({
    isSecret: true,
    // It carries requests, wherever they go.
    staysWithAddress: false,
    inConfig: expected.like('a request handler of the AWS SDK', isObject),
    shownDefault: 'HTTP/1.1, kept connections',
    doc: 'carries the requests of both clients: proxies, tests',
  }),
} satisfies DeclarationOf<KinesisOptions>;

/** The options of `createKinesis` as they are declared, for docs and tools. */
export const kinesisOptions: DeclaredOptions = declared;

/** Names that options had. */
export const renamed: Readonly<Record<string, string>> = { lease: 'sessionTimeout' };

/** Throws `invalid-config` that names the option. */
export function resolveOptions(options: KinesisOptions = {}): KinesisSettings {
  const taken = takeOptions(declared, options, { where: 'kinesis', renamed });
  const { region, endpoint, dynamoEndpoint } = options;
  const { leaseTable } = taken;
  const { undeclaredPartitions = 'on-demand' } = options;
  if (region !== undefined && !/^[a-z0-9-]+$/.test(region))
    throw invalid(`region is ${shown(region)}. Give one such as 'eu-west-1'`);
  checkUrl(endpoint, 'endpoint');
  checkUrl(dynamoEndpoint, 'dynamoEndpoint');
  if (!leaseTable.includes('{topic}') || !leaseTable.includes('{group}'))
    throw invalid(
      `leaseTable is ${shown(leaseTable)}. Put {topic} and {group} into it: each group on each topic needs a table of its own`,
    );
  if (!/^[\w.-]+$/.test(leaseTable.replaceAll('{topic}', '').replaceAll('{group}', '-')))
    throw invalid(`leaseTable is ${shown(leaseTable)}. Tables are named with letters, digits, '_', '-' and '.'`);
  return {
    region,
    endpoint,
    dynamoEndpoint,
    credentials: options.credentials,
    requestHandler: options.requestHandler,
    leaseTable,
    sessionTimeoutMs: taken.sessionTimeout,
    discoveryMs: taken.discovery,
    pollIntervalMs: taken.pollInterval,
    readEvents: taken.readRecords,
    connectTimeoutMs: taken.connectTimeout,
    requestTimeoutMs: taken.requestTimeout,
    requestBytes: taken.requestBytes,
    requestsInFlight: taken.requestsInFlight,
    aggregation: taken.aggregation,
    enhancedFanOut: taken.enhancedFanOut,
    undeclaredPartitions:
      undeclaredPartitions === 'on-demand'
        ? undeclaredPartitions
        : wholeNumber(undeclaredPartitions, 'undeclaredPartitions', 100_000),
  };
}

function wholeNumber(value: number, name: string, most: number): number {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw invalid(`${name} is ${shown(value)}. Give a whole number from 1 to ${most}`);
  return value;
}

const noUrl = { protocol: '', username: '', password: '' };

function checkUrl(value: string | undefined, name: string): void {
  if (value === undefined) return;
  const { protocol, username, password } = URL.canParse(value) ? new URL(value) : noUrl;
  if ((protocol !== 'http:' && protocol !== 'https:') || /[?#]/.test(value))
    throw invalid(`${name} is ${shown(value)}. Give an address such as 'https://kinesis.eu-west-1.amazonaws.com'`);
  if (username !== '' || password !== '')
    throw invalid(`${name} has a user or password in it. Leave them out; keys belong in credentials`);
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'kinesis' });
}
