import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { abortable, sleep, StreamError, systemClock, type TopicGroup } from '@isostream/core/adapter';
import { nameOf } from '../errors.ts';
import { isLease, keyName } from './lease-item.ts';
import { leaseTableName } from './lease-table-name.ts';
import { foreignTable, toLeaseError } from './lease-errors.ts';

/** Who a lease table belongs to. */
export interface TableOwner {
  readonly topic: string;
  readonly group: string;
}

/** No shard has such a name. It says whose leases these are, so that no other group can take them for its own. */
const ownerKey = '#owner';
/** On AWS a table comes or goes within some ten seconds. */
const changeMs = 120_000;

/** The tables that leases are kept in: one for each topic and group, named by a template. */
export class LeaseTables {
  readonly #client: DynamoDBClient;
  readonly #template: string;

  constructor(client: DynamoDBClient, template: string) {
    this.#client = client;
    this.#template = template;
  }

  nameOf(owner: TableOwner): string {
    return leaseTableName(this.#template, owner);
  }

  /**
   * The group's table, created where there is none. Throws `conflict` for a table that is not this group's, `unauthorized`
   * if it may not be read or created, and retryable errors.
   */
  async open(owner: TableOwner, signal?: AbortSignal): Promise<string> {
    const table = this.nameOf(owner);
    const found = await this.#ownerOf(table, signal);
    if (found === 'no-table') await this.#create(table, signal);
    const present = found === 'no-table' ? await this.#ownerOf(table, signal) : found;
    if (present === 'no-table')
      throw new StreamError('unavailable', `lease table "${table}" is not known everywhere yet`, { where: 'kinesis' });
    checkOwner(table, owner, present ?? (await this.#claim(table, owner, signal)));
    return table;
  }

  /** The group's table if there is one; nothing is created. Throws as {@link LeaseTables.open}. */
  async find(owner: TableOwner, signal?: AbortSignal): Promise<string | undefined> {
    const table = this.nameOf(owner);
    const found = await this.#ownerOf(table, signal);
    if (found === 'no-table' || found === undefined) return undefined;
    checkOwner(table, owner, found);
    return table;
  }

  /** Deletes the group's table, and waits until it is gone; no effect where there is none. Throws as {@link LeaseTables.open}. */
  async delete(owner: TableOwner, signal?: AbortSignal): Promise<void> {
    const table = await this.find(owner, signal);
    if (table === undefined) return;
    try {
      await this.#client.send(new DeleteTableCommand({ TableName: table }), abortable(signal));
    } catch (thrown) {
      if (nameOf(thrown) !== 'ResourceNotFoundException') throw toLeaseError(thrown, table);
    }
    await this.#until(table, 'gone', signal);
  }

  /** The groups that have a table for this topic. */
  async groupsOf(topic: string, signal?: AbortSignal): Promise<readonly string[]> {
    const [before = '', after = ''] = this.#template.replaceAll('{topic}', topic).split('{group}');
    const groups: string[] = [];
    for (const table of await this.#tables(signal)) {
      if (!table.startsWith(before) || !table.endsWith(after)) continue;
      // The name alone does not tell: "orders.eu" may be a topic, or a topic and the beginning of a group.
      const owner = await this.#ownerOf(table, signal).catch((error: unknown) => ignoreForeign(error));
      if (typeof owner === 'object' && owner.topic === topic) groups.push(owner.group);
    }
    return groups;
  }

  /** Every group with a table, and the topic that it is of. */
  async groups(signal?: AbortSignal): Promise<readonly TopicGroup[]> {
    const [before = ''] = this.#template.split(/\{(?:topic|group)\}/);
    const found: TopicGroup[] = [];
    for (const table of await this.#tables(signal)) {
      if (!table.startsWith(before)) continue;
      const owner = await this.#ownerOf(table, signal).catch((error: unknown) => ignoreForeign(error));
      if (typeof owner === 'object' && this.nameOf(owner) === table) found.push(owner);
    }
    return found;
  }

  async #tables(signal?: AbortSignal): Promise<readonly string[]> {
    const tables: string[] = [];
    let from: string | undefined;
    try {
      do {
        const command = new ListTablesCommand({ ExclusiveStartTableName: from });
        const answer = await this.#client.send(command, abortable(signal));
        tables.push(...(answer.TableNames ?? []));
        from = answer.LastEvaluatedTableName;
      } while (from !== undefined);
      return tables;
    } catch (thrown) {
      throw toLeaseError(thrown, '*');
    }
  }

  async #ownerOf(table: string, signal?: AbortSignal): Promise<TableOwner | 'no-table' | undefined> {
    try {
      const key = { [keyName]: { S: ownerKey } };
      const command = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
      const { Item: item } = await this.#client.send(command, abortable(signal));
      const [topic, group] = [item?.['topic']?.S, item?.['group']?.S];
      return topic === undefined || group === undefined ? undefined : { topic, group };
    } catch (thrown) {
      if (nameOf(thrown) === 'ResourceNotFoundException') return 'no-table';
      throw toLeaseError(thrown, table);
    }
  }

  /** Writes down whose table this is; whoever comes second reads what the first wrote. */
  async #claim(table: string, owner: TableOwner, signal?: AbortSignal): Promise<TableOwner> {
    try {
      const scan = new ScanCommand({ TableName: table, ConsistentRead: true, Limit: 1 });
      const { Items: [stranger] = [] } = await this.#client.send(scan, abortable(signal));
      // Leases of ours without the item that says whose they are: somebody emptied the table under running members.
      if (stranger !== undefined && stranger[keyName]?.S !== ownerKey && !isLease(stranger))
        throw foreignTable(table, 'it has items that isostream did not write, perhaps of the Kinesis Client Library');
      const put = new PutItemCommand({
        TableName: table,
        Item: { [keyName]: { S: ownerKey }, topic: { S: owner.topic }, group: { S: owner.group } },
        ConditionExpression: 'attribute_not_exists(#key)',
        ExpressionAttributeNames: { '#key': keyName },
      });
      await this.#client.send(put, abortable(signal));
      return owner;
    } catch (thrown) {
      if (!(thrown instanceof ConditionalCheckFailedException)) throw toLeaseError(thrown, table);
    }
    const present = await this.#ownerOf(table, signal);
    if (present === undefined || present === 'no-table') throw foreignTable(table, 'its owner is unknown');
    return present;
  }

  async #create(table: string, signal?: AbortSignal): Promise<void> {
    try {
      const command = new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
      });
      await this.#client.send(command, abortable(signal));
    } catch (thrown) {
      // Somebody else creates it at this moment, which is as good.
      if (nameOf(thrown) !== 'ResourceInUseException') throw creationError(thrown, table);
    }
    await this.#until(table, 'active', signal);
  }

  async #until(table: string, state: 'active' | 'gone', signal?: AbortSignal): Promise<void> {
    const deadline = systemClock.monotonic() + changeMs;
    while (systemClock.monotonic() < deadline) {
      const status = await this.#statusOf(table, signal);
      // A service of many parts: not all of them know of a new table at once.
      if (status === (state === 'active' ? 'ACTIVE' : undefined)) return;
      if (state === 'active' && status === 'DELETING')
        throw new StreamError('unavailable', `lease table "${table}" is being deleted`, { where: 'kinesis' });
      await sleep(systemClock, 100, signal);
    }
    const message = `lease table "${table}" was not ${state} within ${changeMs / 1_000} s. Look at it in DynamoDB`;
    throw new StreamError('timeout', message, { where: 'kinesis' });
  }

  async #statusOf(table: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      const { Table: found } = await this.#client.send(
        new DescribeTableCommand({ TableName: table }),
        abortable(signal),
      );
      return found?.TableStatus;
    } catch (thrown) {
      if (nameOf(thrown) === 'ResourceNotFoundException') return undefined;
      throw toLeaseError(thrown, table);
    }
  }
}

function checkOwner(table: string, { topic, group }: TableOwner, found: TableOwner): void {
  if (found.topic !== topic || found.group !== group)
    throw foreignTable(table, `it holds the leases of topic "${found.topic}", group "${found.group}"`);
}

function creationError(thrown: unknown, table: string): StreamError {
  switch (nameOf(thrown)) {
    case 'AccessDeniedException':
      return new StreamError(
        'unauthorized',
        `lease table "${table}" does not exist, and may not be created. Grant dynamodb:CreateTable on it, or create it with the key "${keyName}" (text) and on-demand capacity`,
        { where: 'kinesis', cause: thrown },
      );
    case 'LimitExceededException':
      return new StreamError('throttled', `lease table "${table}": too many tables are being created, or exist`, {
        where: 'kinesis',
        cause: thrown,
      });
    default:
      return toLeaseError(thrown, table);
  }
}

function ignoreForeign(error: unknown): undefined {
  if (StreamError.is(error) && error.code === 'conflict') return undefined;
  throw error;
}
