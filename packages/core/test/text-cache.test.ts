import { expect, it } from 'vitest';
import fc from 'fast-check';
import { TextCache } from '../src/codec/text-cache.ts';

it('a cached text is that of its bytes, whatever came before in its place', () => {
  const cache = new TextCache(2);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('a', 'b', 'é')), (text) => {
      const bytes = Buffer.from(text);
      const read = cache.read(bytes);
      expect(read ?? bytes.toString()).toBe(bytes.toString());
    }),
  );
});
