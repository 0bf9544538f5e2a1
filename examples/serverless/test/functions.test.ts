import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { onEventHubs } from '../src/event-hubs.ts';
import { onKafka } from '../src/kafka.ts';
import { onKinesis } from '../src/kinesis.ts';
import { seen } from './support.ts';

const event = (total: number): string =>
  JSON.stringify({
    ...{ specversion: '1.0', id: `e-${total}`, type: 'order.placed', source: 'shop', partitionkey: 'o-1' },
    data: { id: 'o-1', total },
  });
const kinesis = (text: string, sequenceNumber: string) => ({
  eventID: `shardId-000000000000:${sequenceNumber}`,
  kinesis: { data: Buffer.from(text).toString('base64'), sequenceNumber, approximateArrivalTimestamp: 1.5 },
});

it('on Kinesis, the first failure ends the batch and is where it begins again', async () => {
  const { billed, handle, refuse } = seen();
  let isDown = true;
  const handler = onKinesis((order) => {
    if (order.data.total === 2 && isDown) throw new Error('the bank is down');
    return handle(order);
  }, refuse);
  const Records = [1, 2, 3].map((total) => kinesis(event(total), `s-${total}`));
  expect(await handler({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 's-2' }] });
  expect(billed).toEqual(['o-1 e-1 1']);
  isDown = false;
  expect(await handler({ Records: Records.slice(1) })).toEqual({ batchItemFailures: [] });
  expect(billed).toEqual(['o-1 e-1 1', 'o-1 e-2 2', 'o-1 e-3 3']);
});

it('what nobody can read is refused, and what comes after it is handled', async () => {
  const { billed, refused, handle, refuse } = seen();
  const Records = [kinesis('nothing', 's-1'), kinesis(event(1).replace('1}', '"1"}'), 's-2'), kinesis(event(3), 's-3')];
  expect(await onKinesis(handle, refuse)({ Records })).toEqual({ batchItemFailures: [] });
  expect([billed, refused]).toEqual([['o-1 e-3 3'], ['undecodable', 'schema-violation']]);
});

const ce = { specversion: '1.0', id: 'e-1', type: 'order.placed', source: 'shop' };
const prefixed = (prefix: string): readonly (readonly [string, string])[] =>
  Object.entries(ce).map(([name, text]) => [`${prefix}${name}`, text]);
const data = Buffer.from('{"id":"o-1","total":1}');

it('on Kafka, key, value and headers are base64 and numbers, and a failure fails the batch', async () => {
  const { billed, handle, refuse } = seen();
  const record = {
    ...{ partition: 0, offset: 7, timestamp: 5, key: Buffer.from('o-1').toString('base64') },
    ...{ value: data.toString('base64') },
    // Numbers of bytes as Java has them: signed.
    headers: [...prefixed('ce_'), ['note', 'ü'] as const].map(([name, text]) => ({
      [name]: [...new Int8Array(Buffer.from(text))],
    })),
  };
  const records = { 'orders-0': [record] };
  await onKafka((order) => {
    expect([order.headers, order.time]).toEqual([{ note: 'ü' }, new Date(5)]);
    return handle(order);
  }, refuse)({ records });
  expect(billed).toEqual(['o-1 e-1 1']);
  const failing = onKafka(() => Promise.reject(new Error('the bank is down')), refuse);
  await expect(failing({ records })).rejects.toThrow('the bank is down');
});

it('on Event Hubs, the key and the attributes are properties', async () => {
  const { billed, handle, refuse } = seen();
  const properties = Object.fromEntries([...prefixed('cloudEvents:'), ['isostream-key', 'o-1'] as const]);
  const context = {
    triggerMetadata: { propertiesArray: [properties], enqueuedTimeUtcArray: ['2026-11-01T00:00:00Z'] },
  };
  await onEventHubs(handle, refuse)([data], context);
  expect(billed).toEqual(['o-1 e-1 1']);
});

it('the program runs as its page says', () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  expect(execFileSync('node', [main], { encoding: 'utf8' })).toBe(
    'billed o-1: 9\nbilled o-2: 5\n{ batchItemFailures: [] }\n',
  );
});
