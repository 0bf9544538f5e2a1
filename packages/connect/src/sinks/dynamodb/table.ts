import type * as sdk from '@aws-sdk/client-dynamodb';
import { StreamError, withDeadline } from '@isostream/core/adapter';
import { ConfigError } from '../../config/definition.ts';
import { DataError } from '../../data/values.ts';
import { type PutResult, refused, TargetUnavailable } from '../sink.ts';
import { isRepeat, meaningOf, nameOf } from './errors.ts';

export type Item = Record<string, sdk.AttributeValue>;

/** What one record does: an item that is put, or a key that is deleted. */
export interface Change {
  /** Of the record, in its call. */
  readonly index: number;
  readonly table: string;
  readonly key: Item;
  readonly item: Item | undefined;
  /** The attributes that a later change has to be behind; empty where none can be told. */
  readonly place: Item;
}

const requestMs = 10_000;
/** The service's limit of a batch. */
const batchSize = 25;
/** Requests at once for single changes. */
const atOnce = 16;

type Sdk = typeof sdk;

/** Writes changes to tables, and makes tables that are missing. */
export class DynamoTable {
  readonly #options: sdk.DynamoDBClientConfig;
  #open: { readonly sdk: Sdk; readonly client: sdk.DynamoDBClient } | undefined;
  readonly #ready = new Set<string>();

  constructor(options: sdk.DynamoDBClientConfig) {
    this.#options = options;
  }

  async write(
    table: string,
    keyNames: readonly string[],
    changes: readonly Change[],
    isByPlace: boolean,
    results: PutResult[],
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#ensure(table, keyNames, changes, signal);
      if (isByPlace) await inParallel(chunks(changes), (chunk) => this.#writeBatch(table, chunk, results, signal));
      else await inParallel(changes, (change) => this.#writeOne(change, results, signal));
    } catch (thrown) {
      if (nameOf(thrown) === 'ResourceNotFoundException') this.#ready.delete(table);
      throw meaningOf(thrown);
    }
  }

  async close(): Promise<void> {
    this.#open?.client.destroy();
    this.#open = undefined;
  }

  /** Items whose key is their place: what comes again is the same item, so no condition is needed. */
  async #writeBatch(
    table: string,
    changes: readonly Change[],
    results: PutResult[],
    signal: AbortSignal,
  ): Promise<void> {
    const { sdk: aws } = await this.#client();
    const requests = changes.map(({ item, key }): sdk.WriteRequest =>
      item === undefined ? { DeleteRequest: { Key: key } } : { PutRequest: { Item: item } },
    );
    try {
      const command = new aws.BatchWriteItemCommand({ RequestItems: { [table]: requests } });
      const { UnprocessedItems = {} } = await this.#send((client, options) => client.send(command, options), signal);
      const left = new Set((UnprocessedItems[table] ?? []).map((request) => this.#keyOf(request, changes)));
      for (const change of changes)
        if (left.has(identityOf(change.key)))
          results[change.index] = { state: 'later', error: new TargetUnavailable(`${table} throttles`) };
    } catch (thrown) {
      // One of them is at fault, and the service does not say which.
      if (!(meaningOf(thrown) instanceof DataError)) throw thrown;
      await inParallel(changes, (change) => this.#writeOne(change, results, signal));
    }
  }

  #keyOf({ PutRequest, DeleteRequest }: sdk.WriteRequest, [first]: readonly Change[]): string {
    const item = PutRequest?.Item ?? DeleteRequest?.Key ?? {};
    return identityOf(
      Object.fromEntries(Object.keys(first?.key ?? {}).map((name) => [name, item[name] ?? { NULL: true }])),
    );
  }

  async #writeOne(change: Change, results: PutResult[], signal: AbortSignal): Promise<void> {
    const { sdk: aws } = await this.#client();
    const { table, key, item } = change;
    const guard = guardOf(change);
    try {
      await this.#send(
        (client, options): Promise<unknown> =>
          item === undefined
            ? client.send(new aws.DeleteItemCommand({ TableName: table, Key: key, ...guard }), options)
            : client.send(new aws.PutItemCommand({ TableName: table, Item: item, ...guard }), options),
        signal,
      );
    } catch (thrown) {
      // The item is from this record already, or from a later one.
      if (isRepeat(thrown)) return;
      const error = meaningOf(thrown);
      if (error instanceof DataError) results[change.index] = refused(error);
      else if (error instanceof TargetUnavailable) results[change.index] = { state: 'later', error };
      else throw thrown;
    }
  }

  async #ensure(
    table: string,
    keyNames: readonly string[],
    changes: readonly Change[],
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#ready.has(table)) return;
    const { sdk: aws } = await this.#client();
    const [first] = changes;
    try {
      const { Table } = await this.#send(
        (client, options) => client.send(new aws.DescribeTableCommand({ TableName: table }), options),
        signal,
      );
      const there = Table?.KeySchema?.map(({ AttributeName = '' }) => AttributeName) ?? [];
      if (there.join() !== keyNames.join())
        throw new ConfigError(
          `the key of the table ${table} is ${there.join(', ')}, and that of the file is ${keyNames.join(', ')}. Set aws.dynamodb.pk.hash and aws.dynamodb.pk.sort, with :name for the attribute`,
        );
      if (Table?.TableStatus === 'CREATING') throw new TargetUnavailable(`the table ${table} is being made`);
      this.#ready.add(table);
    } catch (thrown) {
      if (nameOf(thrown) !== 'ResourceNotFoundException' || first === undefined) throw thrown;
      await this.#create(table, keyNames, first.key, signal);
      throw new TargetUnavailable(`the table ${table} is being made`);
    }
  }

  async #create(table: string, keyNames: readonly string[], key: Item, signal: AbortSignal): Promise<void> {
    const { sdk: aws } = await this.#client();
    const command = new aws.CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keyNames.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
      AttributeDefinitions: keyNames.map((AttributeName) => ({
        AttributeName,
        AttributeType: typeOf(key[AttributeName]),
      })),
    });
    try {
      await this.#send((client, options) => client.send(command, options), signal);
    } catch (thrown) {
      // Another task makes it.
      if (nameOf(thrown) !== 'ResourceInUseException') throw thrown;
    }
  }

  async #send<Answer>(
    work: (client: sdk.DynamoDBClient, options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { client } = await this.#client();
    const late = (): StreamError =>
      new StreamError('timeout', `DynamoDB gave no answer within ${requestMs} ms`, { where: 'dynamodb sink' });
    return withDeadline({ ms: requestMs, late, signals: [signal] }, (abortSignal) => work(client, { abortSignal }));
  }

  async #client(): Promise<{ readonly sdk: Sdk; readonly client: sdk.DynamoDBClient }> {
    if (this.#open !== undefined) return this.#open;
    const aws = await import('@aws-sdk/client-dynamodb').catch((cause: unknown) => {
      throw new ConfigError(
        'the package @aws-sdk/client-dynamodb is missing. Install it: npm install @aws-sdk/client-dynamodb',
        { cause },
      );
    });
    this.#open ??= { sdk: aws, client: new aws.DynamoDBClient({ ...this.#options, maxAttempts: 1 }) };
    return this.#open;
  }
}

/** Only over what an earlier record of the same partition wrote, or one of another partition. */
function guardOf({
  place,
}: Change): Pick<sdk.PutItemCommandInput, 'ConditionExpression'> & Partial<sdk.PutItemCommandInput> {
  const [partition, position] = Object.entries(place);
  if (partition === undefined || position === undefined) return {};
  return {
    ConditionExpression: 'attribute_not_exists(#position) OR #partition <> :partition OR #position < :position',
    ExpressionAttributeNames: { '#partition': partition[0], '#position': position[0] },
    ExpressionAttributeValues: { ':partition': partition[1], ':position': position[1] },
  };
}

function typeOf(attribute: sdk.AttributeValue | undefined): 'S' | 'N' | 'B' {
  if (attribute?.N !== undefined) return 'N';
  return attribute?.B === undefined ? 'S' : 'B';
}

function identityOf(key: Item): string {
  return JSON.stringify(
    Object.entries(key).map(([name, { S, N, B }]) => [name, S, N, B && Buffer.from(B).toString('hex')]),
  );
}

function chunks(changes: readonly Change[]): (readonly Change[])[] {
  return Array.from({ length: Math.ceil(changes.length / batchSize) }, (_, at) =>
    changes.slice(at * batchSize, (at + 1) * batchSize),
  );
}

/** Works on some at a time; the first failure ends what was not started. */
async function inParallel<Work>(all: readonly Work[], work: (one: Work) => Promise<void>): Promise<void> {
  const rest = all.values();
  const worker = async (): Promise<void> => {
    for (const one of rest) await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker));
}
