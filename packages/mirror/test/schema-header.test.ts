import { memoryCapabilities } from '@isostream/memory';
import { expect, it } from 'vitest';
import { contentOf, copyOf } from '../src/copy.ts';

it('the header that names a schema is base64 where headers are text, and the same to whoever compares', () => {
  const side = (headers: 'bytes' | 'text') => ({
    capabilities: { ...memoryCapabilities, headers, cloudEvents: null },
    name: undefined,
  });
  const bytes = Buffer.from('0189abcdef0123456789abcdef01234567', 'hex');
  const event = { key: 'k', value: null, headers: [['__value_schema_id', bytes] as const], time: new Date(0) };
  const { headers = [] } = copyOf(event, { partition: '0', position: '1' }, side('bytes'), side('text'));
  expect(headers[0]).toEqual(['__value_schema_id', bytes.toString('base64')]);
  const copied = { ...event, headers };
  expect(contentOf(copied, side('text').capabilities)).toBe(contentOf(event, side('bytes').capabilities));
});
