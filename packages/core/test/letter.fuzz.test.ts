import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../src/codec/wrapper.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import {
  digest,
  encodeLetter,
  encodeMarker,
  encodeRedrive,
  openLetter,
  openMarker,
} from '../src/dead-letter/letter.ts';
import { failureError } from '../src/retry/policy.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { foreign } from './support/foreign.ts';
import { store } from './support/stored.ts';

const providers: readonly (readonly [string, Capabilities])[] = [
  ['with headers', capabilities()],
  ['without headers', withoutHeaders],
];
const details = {
  topic: 'orders',
  group: 'billing',
  error: failureError(new Error('poison')),
  attempts: 1,
  firstFailure: 0,
  lastFailure: 0,
  now: 0,
};

describe.each(providers)('letters (%s)', (_, provider) => {
  it('can be made of any event, tell what is true, and give it back', () => {
    fc.assert(
      fc.property(foreign, (stored) => {
        const letter = store(encodeLetter(stored, details, provider), { position: '9' });
        const opened = openLetter(letter);
        if (opened === undefined) throw new Error('no letter');
        expect(opened).toMatchObject({ origin: { topic: 'orders', partition: 'p0', position: '7' }, group: 'billing' });
        const { key, value, headers } = provider.headers === 'none' ? unwrap(stored) : stored;
        const own = headers.filter(([name]) => name !== 'isostream-redriven-from');
        const original = store({ key, value, headers: own });
        expect(digest(store(opened.original))).toBe(digest(original));

        const back = store(encodeRedrive(letter, opened, provider));
        const again = openLetter(store(encodeLetter(back, details, provider)));
        expect(again?.redrivenFrom).toBe('p0/9');
        expect(again === undefined ? '' : digest(store(again.original))).toBe(digest(original));
        expect(openMarker(letter)).toBeUndefined();
        expect(openMarker(store(encodeMarker(letter, opened, 1, provider)))).toMatchObject({ letter: 'p0/9' });
      }),
    );
  });

  it('are looked for in any event', () => {
    fc.assert(
      fc.property(foreign, (stored) => {
        const opened = openLetter(stored);
        expect(opened === undefined || Number.isSafeInteger(opened.attempts)).toBe(true);
        const marker = openMarker(stored);
        expect(marker === undefined || (marker.redrives > 0 && Number.isSafeInteger(marker.redrives))).toBe(true);
      }),
    );
  });
});
