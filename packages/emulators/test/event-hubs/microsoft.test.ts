import { expect, it } from 'vitest';
import { microsoftConfig } from '../../src/event-hubs/microsoft/config.ts';
import { BrokerUnavailable, startMicrosoftEventHubs } from '../../src/index.ts';

it("declares hubs and consumer groups in the form of Microsoft's emulator", () => {
  expect(microsoftConfig({ orders: { partitions: 2, consumerGroups: ['billing'] }, rides: {} })).toMatchObject({
    UserConfig: {
      NamespaceConfig: [
        {
          Type: 'EventHub',
          Entities: [
            { Name: 'orders', PartitionCount: '2', ConsumerGroups: [{ Name: 'billing' }] },
            { Name: 'rides', PartitionCount: '4', ConsumerGroups: [] },
          ],
        },
      ],
    },
  });
});

it('asks for the license to be accepted', async () => {
  const started = startMicrosoftEventHubs({ hubs: {}, acceptLicense: false });

  await expect(started).rejects.toThrow(BrokerUnavailable);
});
