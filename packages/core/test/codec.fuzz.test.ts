import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodecOptions } from '../src/codec/codec.ts';
import { createCodec } from '../src/codec/create-codec.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { defineTopic } from '../src/model/define-topic.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { foreign } from './support/foreign.ts';
import { ManualClock } from './support/manual-clock.ts';
import { anything } from './support/schema.ts';

const providers: readonly (readonly [string, Capabilities])[] = [
  ['with headers', capabilities()],
  ['without headers', withoutHeaders],
];
const typed = defineTopic('orders', { events: { 'order.placed': anything }, key: () => 'k' });
const raw = defineTopic('bytes', { raw: true });

describe.each(providers)('codecs (%s)', (_, provider) => {
  it('read any event of others, or say that they cannot', () => {
    const codec = createCodec(typed, optionsOf(provider));
    fc.assert(
      fc.property(foreign, (stored) => {
        const decoded = codec.decode(stored);
        if (decoded instanceof Promise) throw new Error('nothing to wait for');
        if (!decoded.ok)
          return StreamError.is(decoded.error) && ['undecodable', 'schema-violation'].includes(decoded.error.code);
        expect(decoded.event.type).toBe('order.placed');
        expect(decoded.event.headers).toBeTypeOf('object');
        return true;
      }),
    );
  });

  it('hand on any event of others as bytes', () => {
    const codec = createCodec(raw, optionsOf(provider));
    fc.assert(
      fc.property(foreign, (stored) => {
        const decoded = codec.decode(stored);
        return !(decoded instanceof Promise) && decoded.ok;
      }),
    );
  });
});

function optionsOf(provider: Capabilities): CodecOptions {
  return { capabilities: provider, source: 'shop', clock: new ManualClock() };
}
