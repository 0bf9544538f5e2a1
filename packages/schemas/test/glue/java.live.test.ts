import type { DescMessage } from '@bufbuild/protobuf';
import { type GlueServer, startGlue } from '@isostream/emulators';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { protobuf } from '../../src/codecs/protobuf.ts';
import { type GlueOptions, glueRegistry } from '../../src/registries/glue.ts';
import { decoded, encoded } from '../support/coding.ts';
import { glueInJava } from '../support/glue-java.ts';
import { base64Of, shopMessage } from '../support/shop-file.ts';

const types = ['Placed', 'Cancelled', 'Cancelled.Line'];
const data: Readonly<Record<string, object>> = {
  Placed: { orderId: 'ключ', total: 7, sizes: [1, 2], gift: true, at: '2026-01-02T03:04:05Z', kind: 'LARGE' },
  Cancelled: { message: 'late', why: 'LATE', job: 5, lines: [{ text: 'a' }, { text: 'b' }] },
  'Cancelled.Line': { text: 'c' },
  Stock: { parts: { a: 1, b: 2 }, names: {} },
};

let server: GlueServer;
beforeAll(async () => {
  server = await startGlue();
}, 300_000);
afterAll(() => server.stop());

const codec = (type: string, more: GlueOptions = {}) => {
  const { region, url: endpoint, credentials } = server;
  const registry = glueRegistry({ region, endpoint, credentials, ...more });
  return protobuf({ messages: { placed: shopMessage(type) }, registry });
};
const bare = (type: string) => encoded(protobuf({ messages: { placed: shopMessage(type) } }), data[type]);
const descriptorOf = ({ file }: DescMessage) => base64Of(file.proto);

it.each(['none', 'zlib'] as const)(
  "writes Protobuf with the bytes of AWS's client for Java, one version for both, and each reads the other: compression %s",
  async (compression) => {
    const topic = `orders-${compression}`;
    const payloads = await Promise.all(types.map(async (type) => (await bare(type)).toString('hex')));
    const written = types.flatMap((type, index) => [type, payloads[index] ?? '']);
    const file = descriptorOf(shopMessage('Placed'));
    const theirs = (await glueInJava(server, topic, compression, 'write', file, ...written)).split('\n');
    const ours: string[] = [];
    for (const [index, type] of types.entries()) {
      // The schema that each registers on its own is the same text: it is one version.
      const bytes = await encoded(codec(type, { compression }), data[type], topic);
      ours.push(bytes.toString('hex'));
      const read = await decoded(codec(type), Buffer.from(theirs[index] ?? '', 'hex'), [], topic);
      expect(read).toEqual(await decoded(protobuf({ messages: { placed: shopMessage(type) } }), await bare(type)));
    }
    expect(ours).toEqual(theirs);
    const read = await glueInJava(server, topic, compression, 'read', ...ours);
    expect(read.split('\n')).toEqual(types.map((type, index) => `shop.${type} ${payloads[index]}`));
  },
  300_000,
);

it('what has a map is read both ways under one version, which AWS would write with another text', async () => {
  const topic = 'with-a-map';
  const ours = await encoded(codec('Stock'), data['Stock'], topic);
  const payload = (await bare('Stock')).toString('hex');
  expect(await glueInJava(server, topic, 'none', 'read', ours.toString('hex'))).toBe(`shop.Stock ${payload}`);
  const file = descriptorOf(shopMessage('Stock'));
  const theirs = await glueInJava(server, topic, 'none', 'write', file, 'Stock', payload, 'Stock.Line', '0a0163');
  const [stock = '', line = ''] = theirs.split('\n');
  expect(stock.slice(36)).toBe(ours.toString('hex', 18));
  expect(await decoded(codec('Stock'), Buffer.from(stock, 'hex'), [], topic)).toEqual(data['Stock']);
  expect(await decoded(codec('Stock.Line'), Buffer.from(line, 'hex'), [], topic)).toEqual({ text: 'c' });
}, 300_000);
