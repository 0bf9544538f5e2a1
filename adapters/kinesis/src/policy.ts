import type { AccessAct, AccessNeed, AccessPolicy, PolicyOptions } from '@isostream/core/adapter';

/** Actions of each act: on the stream, on the lease table of its group, and on everything of the account. */
interface Actions {
  readonly stream?: readonly string[];
  readonly table?: readonly string[];
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
  delete: { stream: ['DescribeStreamSummary', 'DeleteStream'] },
  'move-group': {
    stream: ['DescribeStreamSummary', ...reads],
    table: ['Scan', 'PutItem'],
    listsTables: true,
    account: ['dynamodb:ListTables'],
  },
  'delete-group': {
    stream: ['DescribeStreamSummary'],
    table: [...leases, 'DescribeTable', 'PutItem', 'DeleteTable'],
  },
};

/** The least statements of an IAM policy for these acts. */
export function kinesisPolicy(needs: readonly AccessNeed[], { principal, options }: PolicyOptions): AccessPolicy {
  const region = typeof options['region'] === 'string' ? options['region'] : '*';
  const [, partition = partitionOf(region), account = '*', role = '$ROLE'] =
    /^arn:(aws[\w-]*):iam::(\d{12}):\w+\/(.+)$/.exec(principal ?? '') ?? [];
  const template = typeof options['leaseTable'] === 'string' ? options['leaseTable'] : defaultTable;
  const arn = (service: string, resource: string): string =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const found = new Map<string, Map<string, Set<AccessAct>>>();
  const add = (resource: string, action: string, act: AccessAct): void => {
    const onResource = found.get(resource) ?? new Map<string, Set<AccessAct>>();
    found.set(resource, onResource.set(action, (onResource.get(action) ?? new Set<AccessAct>()).add(act)));
  };
  for (const { act, topic, group } of needs) {
    const { stream = [], table = [], listsTables = false, account: everywhere = [] } = actions[act];
    for (const action of stream) add(arn('kinesis', `stream/${topic}`), `kinesis:${action}`, act);
    if (group !== undefined) {
      const name = template.replaceAll('{topic}', topic).replaceAll('{group}', group);
      for (const action of table) add(arn('dynamodb', `table/${name}`), `dynamodb:${action}`, act);
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
      `aws iam put-role-policy --role-name ${role} --policy-name isostream --policy-document '${JSON.stringify(document)}'`,
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
