import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap, wrap } from '../src/codec/wrapper.ts';
import type { EncodedEvent, Header } from '../src/model/encoded.ts';
import { bytes, json, key, text } from './support/arbitraries.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { store } from './support/stored.ts';

const header: fc.Arbitrary<Header> = fc.tuple(fc.oneof(text, fc.constantFrom('a', ',"data":')), fc.oneof(text, bytes));
const jsonBytes = json.map((value) => Buffer.from(JSON.stringify(value, null, 1)));
const plainEvent = fc.record({
  key: fc.oneof(key, bytes, fc.constant(null)),
  value: fc.option(fc.oneof(bytes, jsonBytes)),
  headers: fc.array(header, { maxLength: 6 }),
});
/** Events, and events whose payload is the wrapper of another one. */
const event = fc.oneof(
  plainEvent,
  fc.tuple(plainEvent, plainEvent).map(([outer, inner]) => ({ ...outer, value: wrap(inner, withoutHeaders).value })),
);

describe('a wrapper', () => {
  it('gives back what was wrapped, headers in their order, and none for null', () => {
    fc.assert(
      fc.property(event, (given) => {
        const stored = store(wrap(given, withoutHeaders));
        expect(stored.headers).toEqual([]);
        expect(stored.value).not.toBeNull();
        expect(comparable(unwrap(stored))).toEqual(comparable(given));
      }),
    );
  });

  it('is left out where bytes alone can say it, and where the provider has headers', () => {
    const bare = { key: 'k', value: Buffer.from('{"specversion":"1.0","type":"isostream"}'), headers: [] };
    const rich: EncodedEvent = { key: 'k', value: null, headers: [['a', 'x']] };
    expect(wrap(bare, withoutHeaders)).toBe(bare);
    for (const headers of ['text', 'bytes'] as const) expect(wrap(rich, capabilities({ headers }))).toBe(rich);
  });

  it('is a CloudEvent, with JSON readable in it as it stood', () => {
    const value = Buffer.from('{"specversion":"1.0", "id": 1.0,"data":{"total":9}}');
    const wrapped = Buffer.from(wrap({ key: 'k', value, headers: [['a', 'x']] }, withoutHeaders).value ?? []);

    expect(JSON.parse(wrapped.toString('utf8'))).toMatchObject({
      specversion: '1.0',
      type: 'isostream.wrapped',
      source: 'isostream',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      datacontenttype: 'application/json',
      data: { data: { total: 9 } },
    });
    expect(wrapped.includes(value)).toBe(true);
    expect(wrapped.length - value.length).toBeLessThan(256);
  });

  it('that was damaged is an event as it stands', () => {
    const whole = store(wrap({ key: null, value: Buffer.from('9'), headers: [['a', 'x']] }, withoutHeaders));
    const length = whole.value?.byteLength ?? 0;
    for (let end = 0; end < length; end++) {
      const cut = { ...whole, value: whole.value?.subarray(0, end) ?? null };
      expect(unwrap(cut), `cut at ${end}`).toBe(cut);
    }
  });
});

function comparable({ key: eventKey, value, headers }: EncodedEvent): object {
  return {
    key: hex(eventKey),
    value: hex(value),
    headers: headers.map(([name, content]) => [name, hex(content)]),
  };
}

function hex(part: string | Uint8Array | null): string | null {
  return part === null ? null : Buffer.from(part).toString('hex');
}
