import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { Lease, LeaseStore } from '@isostream/coordination';
import { abortable } from '@isostream/core/adapter';
import { type Item, counterName, keyName, toItem, toLease } from './lease-item.ts';
import { toLeaseError } from './lease-errors.ts';

/**
 * The leases of one group on one stream, in a table of their own. Keys begin with the stream's time of creation: a stream
 * that is deleted and made anew has the same shard names, and nothing that was stored of the old one is true of it.
 */
export class DynamoLeaseStore implements LeaseStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #prefix: string;

  constructor(client: DynamoDBClient, table: string, generation: string) {
    this.#client = client;
    this.#table = table;
    this.#prefix = `${generation}:`;
  }

  list(signal: AbortSignal): Promise<readonly Lease[]> {
    return this.#call(async () => {
      const leases: Lease[] = [];
      let from: Item | undefined;
      do {
        const command = new ScanCommand({
          TableName: this.#table,
          ConsistentRead: true,
          FilterExpression: 'begins_with(#key, :prefix)',
          ExpressionAttributeNames: { '#key': keyName },
          ExpressionAttributeValues: { ':prefix': { S: this.#prefix } },
          ExclusiveStartKey: from,
        });
        const answer = await this.#client.send(command, abortable(signal));
        for (const item of answer.Items ?? []) leases.push(this.#lease(item));
        from = answer.LastEvaluatedKey;
      } while (from !== undefined);
      return leases;
    });
  }

  read(partition: string, signal: AbortSignal): Promise<Lease | undefined> {
    return this.#call(async () => {
      const command = new GetItemCommand({ TableName: this.#table, Key: this.#key(partition), ConsistentRead: true });
      const { Item: item } = await this.#client.send(command, abortable(signal));
      return item === undefined ? undefined : this.#lease(item);
    });
  }

  create(lease: Lease, signal: AbortSignal): Promise<boolean> {
    return this.#conditional(() =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: toItem(this.#prefix + lease.partition, lease),
          ConditionExpression: 'attribute_not_exists(#key)',
          ExpressionAttributeNames: { '#key': keyName },
        }),
        abortable(signal),
      ),
    );
  }

  replace(next: Lease, counter: number, signal: AbortSignal): Promise<boolean> {
    return this.#conditional(() =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: toItem(this.#prefix + next.partition, next),
          ...atCounter(counter),
        }),
        abortable(signal),
      ),
    );
  }

  delete(partition: string, counter: number, signal: AbortSignal): Promise<boolean> {
    return this.#conditional(() =>
      this.#client.send(
        new DeleteItemCommand({ TableName: this.#table, Key: this.#key(partition), ...atCounter(counter) }),
        abortable(signal),
      ),
    );
  }

  #key(partition: string): Item {
    return { [keyName]: { S: this.#prefix + partition } };
  }

  #lease(item: Item): Lease {
    const partition = item[keyName]?.S?.slice(this.#prefix.length) ?? '';
    return toLease(partition, item, this.#table);
  }

  #conditional(write: () => Promise<unknown>): Promise<boolean> {
    return this.#call(async () => {
      try {
        await write();
        return true;
      } catch (thrown) {
        if (thrown instanceof ConditionalCheckFailedException) return false;
        throw thrown;
      }
    });
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw toLeaseError(thrown, this.#table);
    }
  }
}

function atCounter(counter: number): {
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Item;
} {
  return {
    ConditionExpression: '#counter = :counter',
    ExpressionAttributeNames: { '#counter': counterName },
    ExpressionAttributeValues: { ':counter': { N: String(counter) } },
  };
}
