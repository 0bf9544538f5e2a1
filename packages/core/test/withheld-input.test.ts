import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { StreamError } from '../src/index.ts';
import { shown } from '../src/adapter.ts';

const secret = 'hunter2/x';

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('the cause of an error', () => {
  it.each<[name: string, call: () => unknown]>([
    ['a URL that is none', () => new URL(`http://a:${secret}@[`)],
    ['a URL that is none, with a base', () => new URL('//[', `http://a:${secret}@h`)],
    ['an argument of the wrong type', () => Buffer.from(Object.assign(5, {}) as never, secret as never)],
    ['an argument that is quoted', () => process.kill(secret as never)],
  ])('keeps nothing of what Node was given: %s', (_, call) => {
    const cause = thrownBy(call);
    const wrapped = new Error('wrapped', { cause });
    const error = new StreamError('invalid-config', 'no address', { where: 'config', cause: wrapped });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
    expect(String(StreamError.from(cause, 'config'))).not.toContain('hunter2');
  });

  it('is else the very error that was thrown, also one that cannot be changed or refers to itself', () => {
    const frozen = Object.freeze(new TypeError('frozen'));
    expect(new StreamError('internal', 'x', { where: 'y', cause: frozen }).cause).toBe(frozen);
    const circle = new Error('circle');
    circle.cause = circle;
    expect(new StreamError('internal', 'x', { where: 'y', cause: circle }).cause).toBe(circle);
  });
});

describe('a value in a message', () => {
  it('is shown where it is a word or a number, and not where it may be an address', () => {
    expect(['eu-west', 5, null, undefined, true].map(shown)).toEqual(['"eu-west"', '5', 'null', 'undefined', 'true']);
    for (const value of [`a:${secret}@h`, secret, [secret], { secret }]) expect(shown(value)).not.toContain('hunter2');
  });
});
