import { describe, expect, it } from 'vitest';
import { createCodec } from '../src/codec/create-codec.ts';
import { decodeEvent, type StoredRecord } from '../src/codec/decode-event.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import { plain } from '../src/model/format.ts';
import { defineTopic } from '../src/model/define-topic.ts';
import type { EncodedEvent } from '../src/model/encoded.ts';
import { systemClock } from '../src/time/clock.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { schemaOf } from './support/schema.ts';

const order = schemaOf<{ readonly id: string; readonly total: number }>((value) =>
  typeof value === 'object' && value !== null && 'total' in value
    ? { value: value as { id: string; total: number } }
    : { issues: [{ message: 'has no total' }] },
);
const orders = defineTopic('orders', {
  events: { placed: order },
  key: (event) => event.data.id,
});
const input = {
  type: 'placed',
  id: 'e-1',
  data: { id: 'o-1', total: 9 },
  time: new Date(5),
  headers: { trace: 't-1' },
  extensions: { tenant: 'a' },
} as const;

async function written(on: Capabilities, event: typeof input = input): Promise<EncodedEvent> {
  const encoded = await createCodec(orders, { capabilities: on, source: 'shop', clock: systemClock }).encode(event);
  if (typeof encoded === 'function') throw new TypeError('asks first');
  return encoded;
}

const wanted = {
  id: 'e-1',
  type: 'placed',
  source: 'shop',
  time: new Date(5),
  key: 'o-1',
  data: { id: 'o-1', total: 9 },
  headers: { trace: 't-1' },
  extensions: { tenant: 'a' },
};

describe('decodeEvent', () => {
  it('reads what a service with headers stores: key, bytes and headers, as pairs or by name', async () => {
    const { key, value, headers } = await written(capabilities());
    expect(await decodeEvent(orders, { key, value, headers })).toEqual(wanted);
    const byName = Object.fromEntries(headers.map(([name, header]) => [name, Buffer.from(header)]));
    expect(await decodeEvent(orders, { key, value, headers: byName })).toEqual(wanted);
  });

  it('reads what a service without headers stores, from nothing but its bytes', async () => {
    const { value } = await written(withoutHeaders);
    expect(await decodeEvent(orders, { value })).toEqual(wanted);
    expect(await decodeEvent(orders, { key: 'o-1', value })).toEqual(wanted);
    expect(await decodeEvent(orders, { key: null, value })).toMatchObject({ key: null });
  });

  it('reads bytes in a wrapper', async () => {
    const raw = defineTopic('raw', { raw: true });
    const codec = createCodec(raw, { capabilities: withoutHeaders, source: '', clock: systemClock });
    const stored = await codec.encode({ key: 'k', value: Buffer.from('v'), headers: [['a', 'b']] });
    if (typeof stored === 'function') throw new TypeError('asks first');
    expect(stored.value?.length).toBeGreaterThan(20);
    expect(await decodeEvent(raw, { key: 'k', value: stored.value, timestamp: 7 })).toEqual({
      key: 'k',
      value: Buffer.from('v'),
      headers: [['a', 'b']],
      time: new Date(7),
    });
  });

  it('reads a format of others, and names an event without an id by its place', async () => {
    const bare = defineTopic('bare', {
      events: { placed: schemaOf<{ readonly id: string }>((value) => ({ value: value as { id: string } })) },
      key: (event) => event.data.id,
      format: plain({ type: 'placed' }),
    });
    const at = (position: string): StoredRecord => ({
      ...{ key: 'o-1', value: Buffer.from('{"id":"o-1"}') },
      ...{ partition: '3', position },
    });
    const [one, again, other] = await Promise.all([
      ...[decodeEvent(bare, at('1')), decodeEvent(bare, at('1')), decodeEvent(bare, at('2'))],
    ]);
    expect(one).toMatchObject({ type: 'placed', key: 'o-1', data: { id: 'o-1' } });
    expect([one?.id === again?.id, one?.id === other?.id]).toEqual([true, false]);
  });

  it('rejects what a consumer would dead-letter', async () => {
    await expect(decodeEvent(orders, { value: Buffer.from('nothing') })).rejects.toMatchObject({ code: 'undecodable' });
    const { value, headers } = await written(capabilities());
    const broken = { value: Buffer.from('{"id":"o-1"}'), headers };
    await expect(decodeEvent(orders, broken)).rejects.toMatchObject({ code: 'schema-violation' });
    const foreign = headers.map(([name, text]) => [name, text === 'placed' ? 'gone' : text] as const);
    await expect(decodeEvent(orders, { value, headers: foreign })).rejects.toMatchObject({ code: 'undecodable' });
  });

  it('knows the key of a structured tombstone from nothing but its bytes', async () => {
    const kept = defineTopic('kept', { events: { placed: order }, key: (event) => event.data.id, tombstones: true });
    const codec = createCodec(kept, { capabilities: withoutHeaders, source: '', clock: systemClock });
    const stored = await codec.encode({ type: 'tombstone', key: 'o-1' });
    if (typeof stored === 'function') throw new TypeError('asks first');
    expect(await decodeEvent(kept, { value: stored.value })).toMatchObject({ type: 'tombstone', key: 'o-1' });
  });
});
