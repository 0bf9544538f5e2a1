import { describe, expect, it } from 'vitest';
import { unknownOption } from '../src/options/unknown-option.ts';

describe('an unknown option', () => {
  const valid = ['sessionTimeout', 'requestTimeout', 'brokers'];

  it.each([
    ['sesionTimeout', 'unknown option sesionTimeout. Did you mean sessionTimeout? Valid options:'],
    ['BROKER', 'unknown option BROKER. Did you mean brokers? Valid options:'],
    ['compression', 'unknown option compression. Valid options: sessionTimeout, requestTimeout, brokers'],
    ['lease', 'lease is now called sessionTimeout. Rename it'],
    ['request.timeout', 'Did you mean requestTimeout?'],
    ['toString', 'unknown option toString. Valid options:'],
  ])('%s', (name, message) => {
    expect(unknownOption(name, valid, { lease: 'sessionTimeout' })).toContain(message);
  });

  it('inside of another is compared by its own name', () => {
    const inside = ['retry.attempts', 'retry.backoff'];
    expect(unknownOption('retry.foo', inside)).not.toContain('Did you mean');
    expect(unknownOption('retry.atempts', inside)).toContain('Did you mean retry.attempts?');
  });
});
