import { type SchemaRegistryServer, startSchemaRegistry } from '@isostream/emulators';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { avro } from '../../src/codecs/avro.ts';
import { confluentRegistry } from '../../src/registries/confluent.ts';
import { decoded, encoded } from '../support/coding.ts';
import { inJava } from '../support/java-serde.ts';

const placed = {
  type: 'record',
  name: 'Placed',
  namespace: 'shop',
  fields: [
    { name: 'orderId', type: 'string' },
    { name: 'total', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};
const order = { orderId: 'ключ', total: 2 ** 40, note: null };

let server: SchemaRegistryServer;
beforeAll(async () => {
  server = await startSchemaRegistry();
}, 300_000);
afterAll(() => server.stop());

it('writes in Avro the bytes that a Java producer writes for the same id, and each reads what the other wrote', async () => {
  const codec = () =>
    avro({ schemas: { placed }, registry: confluentRegistry({ url: server.url, requestTimeoutMs: 60_000 }) });
  const ours = await encoded(codec(), order);
  const [theirs, read] = await Promise.all([
    inJava(server.url, 'orders', 'write', JSON.stringify(placed), JSON.stringify(order)),
    inJava(server.url, 'orders', 'read', ours.toString('hex')),
  ]);
  expect(theirs).toBe(ours.toString('hex'));
  expect(JSON.parse(read)).toEqual(order);
  expect(await decoded(codec(), Buffer.from(theirs, 'hex'))).toEqual(order);
}, 300_000);
