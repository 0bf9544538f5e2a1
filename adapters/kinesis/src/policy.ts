import type { AccessAct, AccessNeed, AccessPolicy, PolicyOptions } from '@isostream/core/adapter';
import { consumerNameOf } from './consume/registered-consumer.ts';
import { leaseTableName } from './leases/lease-table-name.ts';

/** Actions of each act: on the stream, on the lease table of its group, and on everything of the account. */
interface Actions {
  readonly stream?: readonly string[];
  readonly table?: readonly string[];
  /** With enhanced fan-out, on the stream and on the group as its registered consumer. */
  readonly pushed?: readonly string[];
  /** Finds the groups, and asks every table that is named like a lease table whose it is: GetItem on all of them. */
  readonly listsTables?: boolean;
  readonly account?: readonly string[];
}

const facts = ['DescribeStreamSummary', 'ListTagsForStream'];
const reads = ['ListShards', 'GetShardIterator', 'GetRecords'];
const leases = ['GetItem', 'Scan'];

const actions: Readonly<Record<AccessAct, Actions>> = {
  write: { stream: [...facts, 'PutRecords'] },
  // A start that is older than the shortest retention asks how much the stream keeps.
  replay: { stream: ['DescribeStreamSummary', ...reads] },
  join: {
    stream: ['DescribeStreamSummary', ...reads],
    table: [...leases, 'CreateTable', 'DescribeTable', 'PutItem', 'DeleteItem'],
    pushed: ['RegisterStreamConsumer', 'DescribeStreamConsumer', 'SubscribeToShard'],
  },
  describe: { stream: [...facts, 'ListShards'] },
  create: { stream: ['CreateStream', 'AddTagsToStream', 'IncreaseStreamRetentionPeriod'] },
  alter: {
    stream: [
      'AddTagsToStream',
      'IncreaseStreamRetentionPeriod',
      'DecreaseStreamRetentionPeriod',
      'UpdateMaxRecordSize',
      'SplitShard',
      'MergeShards',
    ],
    // AWS knows no resource of it.
    account: ['kinesis:UpdateShardCount'],
  },
  delete: {
    stream: ['DescribeStreamSummary', 'ListStreamConsumers', 'DeleteStream'],
    pushed: ['DeregisterStreamConsumer'],
  },
  'move-group': {
    stream: ['DescribeStreamSummary', ...reads],
    table: ['Scan', 'PutItem'],
    listsTables: true,
    account: ['dynamodb:ListTables'],
  },
  'delete-group': {
    stream: ['DescribeStreamSummary'],
    table: [...leases, 'DescribeTable', 'PutItem', 'DeleteTable'],
    pushed: ['DeregisterStreamConsumer'],
  },
};

/** `*` at the end stands for many groups: the names of all of them begin so, also of those that have a digest. */
function forMany(group: string, nameOf: (group: string) => string): string {
  if (!group.endsWith('*')) return nameOf(group);
  return nameOf(`${group.slice(0, -1).replaceAll(/[^\w.-]+/g, '-')}__MANY__`).replace('__MANY__', '*');
}

/** The least statements of an IAM policy for these acts. */
export function kinesisPolicy(needs: readonly AccessNeed[], { principal, options }: PolicyOptions): AccessPolicy {
  const region = typeof options['region'] === 'string' ? options['region'] : '*';
  const [, partition = partitionOf(region), account = '*', kind = 'role', name = '$ROLE'] =
    /^arn:(aws[\w-]*):(?:iam|sts)::(\d{12}):(role|user|group|assumed-role)\/(.+)$/.exec(principal ?? '') ?? [];
  const template = typeof options['leaseTable'] === 'string' ? options['leaseTable'] : defaultTable;
  const arn = (service: string, resource: string): string =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const found = new Map<string, Map<string, Set<AccessAct>>>();
  const add = (resource: string, action: string, act: AccessAct): void => {
    const onResource = found.get(resource) ?? new Map<string, Set<AccessAct>>();
    found.set(resource, onResource.set(action, (onResource.get(action) ?? new Set<AccessAct>()).add(act)));
  };
  for (const { act, topic, group } of needs) {
    const { stream = [], table = [], pushed = [], listsTables = false, account: everywhere = [] } = actions[act];
    for (const action of stream) add(arn('kinesis', `stream/${topic}`), `kinesis:${action}`, act);
    if (group !== undefined) {
      const leaseTable = forMany(group, (each) => leaseTableName(template, { topic, group: each }));
      for (const action of table) add(arn('dynamodb', `table/${leaseTable}`), `dynamodb:${action}`, act);
    }
    if (options['enhancedFanOut'] === true)
      for (const action of pushed) {
        const resource = action.startsWith('Register')
          ? `stream/${topic}`
          : `stream/${topic}/consumer/${forMany(group ?? '*', consumerNameOf)}:*`;
        add(arn('kinesis', resource), `kinesis:${action}`, act);
      }
    if (listsTables) add(arn('dynamodb', `table/${beginningOf(template)}*`), 'dynamodb:GetItem', act);
    // Every client asks for one stream as it connects, to see whether the service answers.
    for (const action of ['kinesis:ListStreams', ...everywhere]) add('*', action, act);
  }
  const statements = [...found].map(([resource, list]) => ({
    Effect: 'Allow',
    Action: [...list.keys()].toSorted(),
    Resource: resource,
  }));
  const document = { Version: '2012-10-17', Statement: statements };
  return {
    rights: [...found].flatMap(([resource, list]) =>
      [...list].map(([action, acts]) => ({ action, resource, acts: [...acts] })),
    ),
    document,
    commands: [
      `aws iam ${attachedTo(kind, name)} --policy-name isostream --policy-document '${JSON.stringify(document)}'`,
    ],
    notes: [
      ...(account === '*'
        ? ['The account is "*". Give --principal arn:aws:iam::<account>:role/<name> to name it.']
        : []),
      ...(region === '*' ? ['The region is "*". Give --url kinesis://<region> to name it.'] : []),
      'A stream that is encrypted with a key of your own also needs kms:GenerateDataKey to write and kms:Decrypt to read, on that key.',
    ],
  };
}

/** IAM names what has a path by its last part alone; a session is one of a role, whose name comes first. */
function attachedTo(kind: string, name: string): string {
  const parts = name.split('/');
  if (kind === 'assumed-role') return `put-role-policy --role-name ${parts[0]}`;
  return `put-${kind}-policy --${kind}-name ${parts.at(-1)}`;
}

/** China and the government have an AWS of their own, which knows no resource that is named as one of the others. */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** What the names of all lease tables begin with. */
function beginningOf(template: string): string {
  return template.split(/\{(?:topic|group)\}/)[0] ?? '';
}

const defaultTable = 'isostream-{topic}-{group}';
