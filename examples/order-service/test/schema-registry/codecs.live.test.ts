import { create, createMutableRegistry } from '@bufbuild/protobuf';
import { ProtobufSerializer, SchemaRegistryClient, SerdeType } from '@confluentinc/schemaregistry';
import { type SchemaRegistryServer, startBroker, startSchemaRegistry } from '@isostream/emulators';
import kafkajs from '@kafkajs/confluent-schema-registry';
import { connect, defineTopic } from 'isostream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { codecNamed, messages } from '../../src/codecs.ts';
import { OrderPlacedSchema } from '../../src/orders-pb.ts';
import { createService } from '../../src/service.ts';
import { ordersIn } from '../../src/topics.ts';

const placed = { id: 'o-1', total: 9.5 };
const codecs = ['json', 'avro', 'protobuf'] as const;

let server: SchemaRegistryServer;
beforeAll(async () => {
  server = await startSchemaRegistry();
}, 300_000);
afterAll(() => server.stop());

it.each(['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'])(
  'takes and bills an order in JSON, Avro and Protobuf, and writes the bytes of the reference clients: %s',
  async (provider) => {
    await using broker =
      provider === 'memory'
        ? { url: 'memory:', [Symbol.asyncDispose]: async () => undefined }
        : await startBroker(provider);
    const topics = codecs.map((name) => ordersIn(codecNamed(name, server.url), `orders-${provider}-${name}`));
    const raw = topics.map(({ name }) => defineTopic(name, { raw: true, partitions: 6 }));
    await using streams = await connect({ url: broker.url, topics });
    const apps: { close(): PromiseLike<unknown> }[] = [];
    const written = await Promise.all(
      topics.map(async (topic, index) => {
        const { app, bank } = await createService({ streams }, {}, topic);
        expect((await app.inject({ method: 'POST', url: '/orders', payload: placed })).statusCode).toBe(202);
        await expect.poll(() => [...bank.charged], { timeout: 60_000 }).toEqual([['o-1', 9.5]]);
        apps.push(app);
        return firstOf(raw[index]);
      }),
    );
    for (const app of apps) await app.close();
    expect(written.map((bytes) => bytes.toString('hex'))).toEqual(
      await Promise.all(codecs.map((name, index) => asOthers(name, topics[index]?.name ?? '', written[index]))),
    );

    async function firstOf(topic = raw[0]): Promise<Buffer> {
      let first: Buffer | undefined;
      if (topic !== undefined)
        await streams.replay(topic, { from: 'earliest' }).run(({ value }) => void (first ??= payloadOf(value)));
      return first ?? Buffer.alloc(0);
    }
  },
  300_000,
);

/** Where a provider has no headers, the payload is in the text of the event. */
function payloadOf(value: Uint8Array | null): Buffer {
  const bytes = Buffer.from(value ?? []);
  const base64 = bytes[0] === 0x7b ? /"data_base64":"([^"]*)"/.exec(bytes.toString())?.[1] : undefined;
  return base64 === undefined ? bytes : Buffer.from(base64, 'base64');
}

/** The same order under the same id, as the clients of kafkajs and Confluent write it. */
async function asOthers(codec: string, topic: string, ours: Buffer = Buffer.alloc(5)): Promise<string> {
  if (codec !== 'protobuf') {
    const client = new kafkajs.SchemaRegistry({ host: server.url });
    return (await client.encode(ours.readUInt32BE(1), placed)).toString('hex');
  }
  // It registers the same, and so finds the same id.
  const serializer = new ProtobufSerializer(new SchemaRegistryClient({ baseURLs: [server.url] }), SerdeType.VALUE, {
    subjectNameStrategy: () => `${topic}-order.placed`,
    registry: createMutableRegistry(...Object.values(messages)),
  });
  return Buffer.from(await serializer.serialize(topic, create(OrderPlacedSchema, placed))).toString('hex');
}
