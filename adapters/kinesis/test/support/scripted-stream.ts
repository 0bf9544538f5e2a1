import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ConsumeParts } from '../../src/consume/parts.ts';
import { ServiceClock } from '../../src/client/service-clock.ts';

export interface ScriptedRecord {
  readonly sequence: string;
  readonly key: string;
  readonly data: Uint8Array;
  readonly at: number;
}

export interface ScriptedShard {
  readonly records: ScriptedRecord[];
  readonly parents?: readonly string[];
  isClosed?: boolean;
  /** Records before this index are gone. */
  trimmed?: number;
}

type Request = Readonly<Record<string, unknown>>;
type Answer = Readonly<Record<string, unknown>>;

export interface Refusal {
  readonly refuse: string;
}

/**
 * Kinesis' reading calls over HTTP in this process, on shards that a test writes as it likes, and with whatever answers
 * no emulator gives: pages that are empty in the middle, iterators that expire, places that retention has passed.
 */
export class ScriptedStream implements AsyncDisposable {
  readonly shards = new Map<string, ScriptedShard>();
  readonly calls: string[] = [];
  /** Answers in the service's stead; `undefined` leaves it to the service. */
  intercept: (operation: string, request: Request) => Answer | Refusal | undefined = () => undefined;
  /** What a position that retention has passed means: real Kinesis goes on at the oldest record, emulators refuse it. */
  whenTrimmed: 'oldest' | 'refused' = 'oldest';
  retentionHours = 24;
  /** In seconds. A stream that is deleted and created again has another. */
  createdAt = 1_763_719_688.25;
  /** How far this service's clock is ahead of the machine's. */
  aheadMs = 0;
  readonly #server: Server;
  readonly client: KinesisClient;

  private constructor(server: Server, port: number) {
    this.#server = server;
    server.on('request', (request, response) => {
      void this.#answer(request).then(([status, body]) => {
        const date = new Date(Date.now() + this.aheadMs).toUTCString();
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', date });
        response.end(JSON.stringify(body));
      });
    });
    this.client = new KinesisClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'isostream', secretAccessKey: 'isostream' },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: 10_000 }),
    });
  }

  static async listen(): Promise<ScriptedStream> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return new ScriptedStream(server, typeof address === 'object' && address !== null ? address.port : 0);
  }

  /** Appends records to a shard, and returns their sequence numbers; the first shard's texts grow from 2 to 3 digits. */
  put(shard: string, ...payloads: readonly (string | Uint8Array)[]): string[] {
    const { records } = this.shard(shard);
    return payloads.map((payload) => {
      const sequence = String(98 + records.length);
      const data = typeof payload === 'string' ? Buffer.from(payload) : payload;
      records.push({ sequence, key: 'k', data, at: Date.now() + this.aheadMs });
      return sequence;
    });
  }

  shard(name: string): ScriptedShard {
    const present = this.shards.get(name);
    if (present !== undefined) return present;
    const made: ScriptedShard = { records: [] };
    this.shards.set(name, made);
    return made;
  }

  parts(settings: Partial<ConsumeParts['settings']> = {}): ConsumeParts {
    return {
      kinesis: this.client,
      // No lease is looked at by what reads.
      dynamo: new DynamoDBClient({ region: 'eu-west-1' }),
      clock: new ServiceClock(this.client),
      settings: {
        sessionTimeoutMs: 1_000,
        discoveryMs: 60_000,
        leaseTable: 'isostream-{topic}-{group}',
        pollIntervalMs: 5,
        readEvents: 100,
        ...settings,
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage): Promise<[status: number, body: Answer]> {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const request: Request = JSON.parse(await text(incoming));
    this.calls.push(operation);
    const answer = this.intercept(operation, request) ?? this.#serve(operation, request);
    return 'refuse' in answer
      ? [400, { __type: String(answer['refuse']), message: 'as the test wants it' }]
      : [200, answer];
  }

  #serve(operation: string, request: Request): Answer {
    switch (operation) {
      case 'ListShards':
        return { Shards: [...this.shards].map(([name, shard]) => listed(name, shard)) };
      case 'DescribeStreamSummary':
        return {
          StreamDescriptionSummary: {
            StreamName: 'orders',
            StreamARN: 'arn:aws:kinesis:eu-west-1:0:stream/orders',
            StreamStatus: 'ACTIVE',
            StreamCreationTimestamp: this.createdAt,
            RetentionPeriodHours: this.retentionHours,
            OpenShardCount: 1,
            EnhancedMonitoring: [],
          },
        };
      case 'GetShardIterator':
        return this.#iterator(request);
      default:
        return this.#page(request);
    }
  }

  #iterator(request: Request): Answer {
    const name = String(request['ShardId']);
    const shard = this.shards.get(name);
    if (shard === undefined) return { refuse: 'ResourceNotFoundException' };
    const { records, trimmed = 0 } = shard;
    const sequence = String(request['StartingSequenceNumber']);
    const found = records.findIndex((record) => record.sequence === sequence);
    const ms = Number(request['Timestamp']) * 1_000;
    switch (request['ShardIteratorType']) {
      case 'TRIM_HORIZON':
        return { ShardIterator: `${name}|${trimmed}` };
      case 'LATEST':
        return { ShardIterator: `${name}|${records.length}` };
      case 'AT_TIMESTAMP': {
        if (ms > Date.now() + this.aheadMs) return { refuse: 'InvalidArgumentException' };
        const from = records.findIndex(({ at }, index) => index >= trimmed && at >= ms);
        return { ShardIterator: `${name}|${from === -1 ? records.length : from}` };
      }
      default: {
        if (found < trimmed && this.whenTrimmed === 'refused') return { refuse: 'InvalidArgumentException' };
        const next = found + (request['ShardIteratorType'] === 'AFTER_SEQUENCE_NUMBER' ? 1 : 0);
        return { ShardIterator: `${name}|${Math.max(trimmed, next)}` };
      }
    }
  }

  #page(request: Request): Answer {
    const [name = '', index = '0'] = String(request['ShardIterator']).split('|');
    const shard = this.shard(name);
    const from = Math.max(Number(index), shard.trimmed ?? 0);
    const to = Math.min(shard.records.length, from + Number(request['Limit'] ?? 10_000));
    const isOver = shard.isClosed === true && to === shard.records.length;
    return {
      Records: shard.records.slice(from, to).map(({ sequence, key, data, at }) => ({
        SequenceNumber: sequence,
        PartitionKey: key,
        Data: Buffer.from(data).toString('base64'),
        ApproximateArrivalTimestamp: at / 1_000,
      })),
      ...(isOver ? {} : { NextShardIterator: `${name}|${to}` }),
      MillisBehindLatest: to < shard.records.length ? 1_000 : 0,
    };
  }
}

function listed(name: string, { parents = [], isClosed = false, records }: ScriptedShard): Answer {
  const [parent, adjacent] = parents;
  return {
    ShardId: name,
    HashKeyRange: { StartingHashKey: '0', EndingHashKey: '1' },
    SequenceNumberRange: {
      StartingSequenceNumber: '1',
      ...(isClosed ? { EndingSequenceNumber: String(98 + records.length) } : {}),
    },
    ...(parent === undefined ? {} : { ParentShardId: parent }),
    ...(adjacent === undefined ? {} : { AdjacentParentShardId: adjacent }),
  };
}

/** Several payloads in one record, as the Kinesis Producer Library packs them; made by hand, because the reader is on trial. */
export function packed(...payloads: readonly string[]): Buffer {
  const field = (number: number, bytes: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([number * 8 + 2, bytes.byteLength]), bytes]);
  const message = Buffer.concat([
    field(1, Buffer.from('k')),
    ...payloads.map((payload) => field(3, Buffer.concat([Buffer.from([8, 0]), field(3, Buffer.from(payload))]))),
  ]);
  const digest = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, digest]);
}
