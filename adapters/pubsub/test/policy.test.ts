import type { AccessNeed } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { pubsubPolicy } from '../src/policy.ts';

const options = { projectId: 'shop' };
const member = 'serviceAccount:orders@shop.iam.gserviceaccount.com';

describe('the permissions of Google', () => {
  it('are on the topic, on the subscription that is the group, and on the project where it is made', () => {
    const needs: readonly AccessNeed[] = [
      { act: 'write', topic: 'orders' },
      { act: 'join', topic: 'orders', group: 'billing' },
    ];
    expect(pubsubPolicy(needs, { principal: member, options })).toMatchObject({
      document: {
        member,
        bindings: [
          {
            resource: 'projects/shop/topics/orders',
            permissions: ['pubsub.topics.attachSubscription', 'pubsub.topics.get', 'pubsub.topics.publish'],
          },
          {
            resource: 'projects/shop/subscriptions/orders~billing',
            permissions: [
              'pubsub.subscriptions.consume',
              'pubsub.subscriptions.delete',
              'pubsub.subscriptions.get',
              'pubsub.subscriptions.update',
            ],
          },
          { resource: 'projects/shop', permissions: ['pubsub.subscriptions.create'] },
        ],
      },
      rights: expect.arrayContaining([
        { action: 'pubsub.topics.get', resource: 'projects/shop/topics/orders', acts: ['write', 'join'] },
      ]),
    });
  });

  it('to delete a topic are those to delete the subscriptions of its groups as well, whose names nobody gave', () => {
    const { rights } = pubsubPolicy([{ act: 'delete', topic: 'orders' }], { options });
    expect(rights.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      'pubsub.topics.delete projects/shop/topics/orders',
      'pubsub.topics.get projects/shop/topics/orders',
      'pubsub.subscriptions.delete projects/shop',
    ]);
  });

  it('are granted by a role for each set of them, which is bound to each resource', () => {
    const { commands } = pubsubPolicy(
      [
        { act: 'write', topic: 'orders' },
        { act: 'write', topic: 'stock' },
        { act: 'create', topic: 'payments' },
      ],
      { principal: member, options },
    );
    expect(commands).toEqual([
      'gcloud iam roles create isostream_1 --project=shop --permissions=pubsub.topics.get,pubsub.topics.publish',
      'gcloud iam roles create isostream_2 --project=shop --permissions=pubsub.topics.create',
      `gcloud pubsub topics add-iam-policy-binding orders --project=shop --member=${member} --role=projects/shop/roles/isostream_1`,
      `gcloud pubsub topics add-iam-policy-binding stock --project=shop --member=${member} --role=projects/shop/roles/isostream_1`,
      `gcloud projects add-iam-policy-binding shop --member=${member} --role=projects/shop/roles/isostream_2`,
    ]);
  });

  it('are on the project for names that end with a star, and are not granted on a topic once more', () => {
    const { rights, notes } = pubsubPolicy(
      [
        { act: 'write', topic: 'orders*' },
        { act: 'write', topic: 'stock' },
      ],
      { options },
    );
    expect(new Set(rights.map(({ resource }) => resource))).toEqual(new Set(['projects/shop']));
    expect(notes).toEqual([expect.stringContaining('whole project')]);
  });
});

it('grants on the project what concerns a topic that is still to be created: a binding on it is not possible yet', () => {
  const needs = [
    { act: 'create', topic: 'orders' },
    { act: 'describe', topic: 'orders' },
    { act: 'write', topic: 'orders' },
    { act: 'write', topic: 'payments' },
  ] as const;
  const { rights, commands, notes } = pubsubPolicy(needs, { options: { projectId: 'shop' } });
  const on = (resource: string) => rights.filter((right) => right.resource === resource).map(({ action }) => action);
  expect(on('projects/shop')).toEqual(['pubsub.topics.create', 'pubsub.topics.get', 'pubsub.topics.publish']);
  expect(on('projects/shop/topics/orders')).toEqual([]);
  expect(commands.join('\n')).not.toContain('topics add-iam-policy-binding orders');
  expect(notes).toEqual([expect.stringContaining('leave the role create out')]);
});
