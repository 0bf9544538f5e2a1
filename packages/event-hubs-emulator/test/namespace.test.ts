import { expect, it } from 'vitest';
import { EventHubsServer } from '../src/index.ts';

const outOfRange = expect.objectContaining({ condition: 'com.microsoft:argument-out-of-range' });

it('finds hubs and groups whatever their case', () => {
  const server = new EventHubsServer({ hubs: { Orders: { consumerGroups: ['Billing'] } } });

  expect(server.findHub('ORDERS')).toMatchObject({ name: 'Orders', consumerGroups: ['$Default', 'Billing'] });
  expect(() => server.createGroup('orders', 'BILLING')).toThrow(
    expect.objectContaining({ condition: 'amqp:conflict' }),
  );
});

it('refuses what is over its limits', () => {
  const server = new EventHubsServer({ maxPartitions: 8, maxConsumerGroups: 2, maxRetentionMs: 1_000 });

  expect(() => server.createHub('a', { partitions: 9 })).toThrow(outOfRange);
  expect(() => server.createHub('a', { partitions: 0 })).toThrow(outOfRange);
  expect(() => server.createHub('a', { consumerGroups: ['1', '2', '3'] })).toThrow(outOfRange);
  expect(() => server.createHub('a', { retentionMs: 1_001 })).toThrow(outOfRange);
  server.createHub('a', { partitions: 8, consumerGroups: ['1', '2'] });
  expect(() => server.createGroup('a', '3')).toThrow(outOfRange);
});

it('lets partitions grow, and never shrink', () => {
  const server = new EventHubsServer({ hubs: { orders: { partitions: 4 } } });

  expect(server.alterHub('orders', { partitions: 6 })).toMatchObject({ partitions: 6 });
  expect(() => server.alterHub('orders', { partitions: 5 })).toThrow(outOfRange);
});

it('changes nothing where one of several changes is refused', () => {
  const server = new EventHubsServer({ hubs: { orders: { partitions: 4 } } });

  expect(() => server.alterHub('orders', { partitions: 8, retentionMs: -1 })).toThrow(outOfRange);

  expect(server.findHub('orders')).toMatchObject({ partitions: 4 });
});

it.each(['deleteHub', 'describePartition', 'trim'] as const)(
  'says of a hub that is not there that it is not: %s',
  (name) => {
    const server = new EventHubsServer();
    const absent = expect.objectContaining({ condition: 'amqp:not-found' });

    expect((): unknown => Reflect.apply(server[name], server, ['nothing', '0', 0])).toThrow(absent);
  },
);
