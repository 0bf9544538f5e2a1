import { createStreams, defineTopic } from '@isostream/core';
import { message, types } from 'rhea-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/settings.ts';
import { Wire } from '../src/client/wire.ts';
import { TestNamespace, until } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

/** Stores messages as their senders encoded them. */
async function store(hub: string, messages: readonly Buffer[]): Promise<void> {
  namespace.server.createHub(hub, { partitions: 1, consumerGroups: ['g'] });
  const wire = new Wire(resolveOptions({ connectionString: namespace.server.connectionString }));
  const { signal } = new AbortController();
  const writer = await wire.write(hub, '0', signal);
  await writer.send(message.encode({ body: message.data_sections([...messages]) }), signal);
  await wire.close();
}

const farTime = types.wrap_timestamp(9e15);

describe('events of other clients', () => {
  it('with values that JavaScript has no type for are read, and end nobody', async () => {
    const text = { body: 'text' };
    await store('typed-by-others', [
      message.encode({ ...text, application_properties: { at: farTime } }),
      message.encode({ ...text, message_annotations: { 'x-opt-theirs': farTime } }),
      message.encode({ ...text, creation_time: 9e15, message_id: types.wrap_ulong(Buffer.alloc(8, 255)) }),
      message.encode({ ...text, application_properties: { n: types.wrap_ulong(Buffer.alloc(8, 255)) } }),
      message.encode({ body: farTime }),
      message.encode({ body: { list: [1, farTime] } }),
      // A character that is none: the AMQP layer reads it as a number.
      Buffer.from('005374c10902a101637300ffffff005377a10474657874', 'hex'),
      // Sections that the AMQP layer throws at: properties that are text, and a list with fewer items than it counts.
      Buffer.from('005373a1017800537740', 'hex'),
      Buffer.from('005377c0020540', 'hex'),
    ]);
    const streams = await createStreams({ adapter: namespace.adapter(), topics: [] });
    const seen: { value: string; headers: unknown }[] = [];
    let error: unknown;
    const running = streams
      .consumer(defineTopic('typed-by-others', { raw: true }), { group: 'g', from: 'earliest', onFailure: 'skip' })
      .run(({ value, headers }) => void seen.push({ value: Buffer.from(value ?? []).toString('latin1'), headers }))
      .catch((thrown: unknown) => (error = thrown));
    await until(() => seen.length === 9 || error !== undefined);
    await streams.close();
    await running;

    expect(error).toBeUndefined();
    expect(seen.map(({ value }) => value)).toEqual([
      'text',
      'text',
      'text',
      'text',
      '9000000000000000',
      '{"list":[1,"9000000000000000"]}',
      'text',
      Buffer.from('005373a1017800537740', 'hex').toString('latin1'),
      Buffer.from('005377c0020540', 'hex').toString('latin1'),
    ]);
    expect(seen[0]?.headers).toEqual([['at', '9000000000000000']]);
    expect(seen[3]?.headers).toEqual([['n', '18446744073709551615']]);
    expect(seen[6]?.headers).toEqual([['c', '16777215']]);
  });
});
