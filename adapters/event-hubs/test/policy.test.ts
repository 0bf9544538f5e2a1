import type { AccessNeed } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { eventHubsPolicy } from '../src/policy.ts';

const namespace = '/subscriptions/s/resourceGroups/g/providers/Microsoft.EventHub/namespaces/shop';
const container =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acc/blobServices/default/containers/leases';
const address = {
  fullyQualifiedNamespace: 'shop.servicebus.windows.net',
  checkpoints: { url: 'https://acc.blob.core.windows.net/leases' },
};
const options = { ...address, management: { subscriptionId: 's', resourceGroup: 'g' } };
const consume: readonly AccessNeed[] = [
  { act: 'join', topic: 'orders', group: 'billing' },
  { act: 'write', topic: 'orders.billing.dlq' },
];
const pairs = (needs: readonly AccessNeed[], given: object = options) =>
  eventHubsPolicy(needs, { principal: 'p', options: { ...given } }).rights.map(
    ({ action, resource }) => `${action} on ${resource}`,
  );

describe('the roles of Azure', () => {
  it('are those of the data plane on each hub and on the container, and actions of the control plane', () => {
    expect(pairs(consume)).toEqual([
      `Azure Event Hubs Data Receiver on ${namespace}/eventhubs/orders`,
      `Storage Blob Data Contributor on ${container}`,
      `Azure Event Hubs Data Sender on ${namespace}/eventhubs/orders.billing.dlq`,
      `Microsoft.EventHub/namespaces/eventhubs/consumergroups/read on ${namespace}/eventhubs/orders`,
      `Microsoft.EventHub/namespaces/eventhubs/consumergroups/write on ${namespace}/eventhubs/orders`,
      `Microsoft.EventHub/namespaces/eventhubs/read on ${namespace}/eventhubs/orders.billing.dlq`,
    ]);
  });

  it('reach the control plane only where the adapter does', () => {
    expect(pairs(consume, address).filter((right) => right.startsWith('Microsoft.'))).toEqual([]);
    expect(eventHubsPolicy(consume, { options: address }).notes).toEqual([expect.stringContaining('management')]);
  });

  it('let who only compares look at a hub, by any role that it has there', () => {
    const look: AccessNeed = { act: 'describe', topic: 'orders' };
    const receiver = `Azure Event Hubs Data Receiver on ${namespace}/eventhubs/orders`;
    expect(pairs([look])).toContain(receiver);
    expect(pairs([look, { act: 'write', topic: 'orders' }])).not.toContain(receiver);
  });

  it('are assigned by commands, the actions by a role of their own', () => {
    const { commands } = eventHubsPolicy([{ act: 'create', topic: 'orders' }], { principal: 'p', options });
    expect(commands).toEqual([
      `az role assignment create --assignee p --role 'Azure Event Hubs Data Receiver' --scope ${namespace}/eventhubs/orders`,
      expect.stringMatching(
        /^az role definition create --role-definition '\{"Name":"isostream hubs".*eventhubs\/write"/,
      ),
      `az role assignment create --assignee p --role 'isostream hubs' --scope ${namespace}/eventhubs/orders`,
    ]);
  });
});
