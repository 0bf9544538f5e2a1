import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Config, ConfigError, type Definitions } from '../../config/definition.ts';
import { DataError, kindOf } from '../../data/values.ts';
import { type PutResult, refused, type Sink, type SinkClass, type SinkRecord, stored } from '../sink.ts';
import { attributeOf, fieldsOf } from './attributes.ts';
import { keyPart, type KeySource, keySourceOf } from './key-source.ts';
import { type Change, DynamoTable, type Item } from './table.ts';

const definitions: Definitions = {
  'aws.dynamodb.region': { type: 'string', optional: true, doc: 'the region; else that of the environment' },
  'aws.dynamodb.endpoint': { type: 'string', optional: true, doc: 'an address instead of the region’s' },
  'aws.access.key.id': { type: 'string', optional: true, doc: 'who writes; else the credentials of the environment' },
  'aws.secret.access.key': { type: 'password', optional: true, doc: 'its secret' },
  'table.name.format': {
    type: 'string',
    default: `\${topic}`,
    notEmpty: true,
    doc: `the table, with \${topic} for the topic`,
  },
  'aws.dynamodb.pk.hash': {
    type: 'string',
    default: 'partition',
    notEmpty: true,
    doc: 'where the partition key comes from',
  },
  'aws.dynamodb.pk.sort': { type: 'string', default: 'offset', doc: 'where the sort key comes from; empty for none' },
  'behavior.on.null.values': {
    type: 'string',
    default: 'fail',
    oneOf: ['fail', 'ignore', 'delete', 'FAIL', 'IGNORE', 'DELETE'],
    doc: 'what a tombstone does',
  },
};

const rate = 'a table that throttles or cannot be reached is tried until it recovers, with waits of 200 ms to 30 s';

/** Items of DynamoDB, each with the position that it was written from. */
export const dynamoDbSink: SinkClass = {
  classNames: [
    'io.confluent.connect.aws.dynamodb.DynamoDbSinkConnector',
    'DynamoDbSinkConnector',
    'DynamoDbSink',
    'DynamoDBSink',
  ],
  definitions,
  withoutEffect: {
    'aws.dynamodb.max.retry.time.seconds': rate,
    'max.retries': rate,
    'retry.backoff.ms': rate,
    'batch.size': 'consumer.override.max.poll.records bounds what is written at once',
    'confluent.license': 'no license is needed',
  },
  create: (config) => new DynamoDbSink(config),
};

/** What an item is guarded by: where the record that wrote it stood. */
const placeAttributes = { partition: 'isostream_partition', position: 'isostream_position' } as const;

class DynamoDbSink implements Sink {
  readonly #config: Config;
  readonly #key: readonly KeySource[];
  readonly #isByPlace: boolean;
  readonly #table: DynamoTable;
  /** Where the key is the place: the topic whose places the items of a table are. */
  readonly #topics = new Map<string, string>();

  constructor(config: Config) {
    this.#config = config;
    const sort = config.text('aws.dynamodb.pk.sort').trim();
    const hash = keySourceOf('aws.dynamodb.pk.hash', config.text('aws.dynamodb.pk.hash'));
    this.#key = sort === '' ? [hash] : [hash, keySourceOf('aws.dynamodb.pk.sort', sort)];
    this.#isByPlace = ['partition', 'offset'].every((from) => this.#key.some((source) => source.from === from));
    const [id, secret] = [config.optional('aws.access.key.id'), config.optional('aws.secret.access.key')];
    if ((id === undefined) !== (secret === undefined))
      throw new ConfigError('aws.access.key.id and aws.secret.access.key belong together. Give both, or neither');
    const hasTopics = config.list('topics').length > 1 || config.text('topics.regex') !== '';
    if (this.#isByPlace && hasTopics && !config.text('table.name.format').includes(`\${topic}`))
      throw new ConfigError(
        `several topics go to one table by partition and offset, and would overwrite each other. Put \${topic} into table.name.format, or take the key from the record`,
      );
    const region = config.optional('aws.dynamodb.region');
    const endpoint = config.optional('aws.dynamodb.endpoint');
    if (endpoint !== undefined && !URL.canParse(endpoint))
      throw new ConfigError('aws.dynamodb.endpoint is not a valid address. Use http://host:8000');
    this.#table = new DynamoTable({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(id === undefined || secret === undefined
        ? {}
        : { credentials: { accessKeyId: id, secretAccessKey: secret } }),
    });
  }

  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<readonly PutResult[]> {
    const results: PutResult[] = records.map(() => stored);
    const changes: Change[] = [];
    for (const [index, record] of records.entries()) {
      try {
        const change = this.#change(record, index);
        if (change !== undefined) changes.push(change);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        results[index] = refused(error);
      }
    }
    const names = this.#key.map(({ name }) => name);
    for (const table of new Set(changes.map((change) => change.table))) {
      const ofTable = changes.filter((change) => change.table === table);
      await this.#table.write(table, names, ofTable, this.#isByPlace, results, signal);
    }
    return results;
  }

  async close(): Promise<void> {
    await this.#table.close();
  }

  #change(record: SinkRecord, index: number): Change | undefined {
    const table = this.#config.text('table.name.format').replaceAll(`\${topic}`, record.topic);
    const nulls = this.#config.text('behavior.on.null.values').toLowerCase();
    const isTombstone = record.value.value === null;
    if (isTombstone && nulls === 'ignore') return undefined;
    if (isTombstone && nulls === 'fail')
      throw new DataError('the value is null, and behavior.on.null.values is fail. Set it to ignore or delete');
    const fields = fieldsOf(record.value.value) ?? {};
    if (!isTombstone && fieldsOf(record.value.value) === undefined)
      throw new DataError(`an item is a map or a struct, and the value is ${kindOf(record.value.value)}`);
    const key = Object.fromEntries(
      this.#key.map((source): [string, AttributeValue] => [source.name, keyAttribute(source, record)]),
    );
    const { order, origin } = record;
    if (this.#isByPlace) this.#checkTopic(table, origin.topic);
    const place: Item =
      this.#isByPlace || order === null
        ? {}
        : {
            [placeAttributes.partition]: { S: `${origin.topic}/${origin.partition}` },
            [placeAttributes.position]: { S: order },
          };
    return { index, table, key, item: isTombstone ? undefined : { ...fields, ...key, ...place }, place };
  }

  /** Transforms can make one table of several topics, whose records would overwrite each other. Throws {@link ConfigError}. */
  #checkTopic(table: string, topic: string): void {
    const first = this.#topics.get(table) ?? topic;
    if (first !== topic)
      throw new ConfigError(
        `${first} and ${topic} go to the table ${table} by partition and offset, and would overwrite each other. Let the transforms make a table of each, or take the key from the record by aws.dynamodb.pk.hash`,
      );
    this.#topics.set(table, topic);
  }
}

function keyAttribute(source: KeySource, record: SinkRecord): AttributeValue {
  const attribute = attributeOf(keyPart(source, record));
  if (attribute.S === undefined && attribute.N === undefined && attribute.B === undefined)
    throw new DataError(`${source.name} is part of the item’s key, and is neither text nor a number nor bytes`);
  return attribute;
}
