import { StreamError } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { kafkaError, toStreamError } from '../src/errors.ts';
import { WireError, type WireFailure } from '../src/client/wire-error.ts';

describe('an error of the wire', () => {
  it.each<[failure: WireFailure, code: string, retryable: boolean, cure: RegExp]>([
    ['connect', 'unavailable', true, /address/],
    ['closed', 'unavailable', true, /TLS or SASL/],
    ['timeout', 'timeout', true, /frozen/],
    ['authentication', 'unauthenticated', false, /sasl/],
    ['token', 'unavailable', true, /sasl.token/],
    ['tls', 'tls', false, /ssl/],
    ['codec', 'unsupported', false, /install x/],
    ['defect', 'internal', false, /bug in isostream/],
  ])('%s becomes %s', (failure, code, retryable, cure) => {
    const cause = new WireError(failure, 'broker:9092: install x', { sent: 'maybe' });
    const error = toStreamError(cause, 'topic "t"');
    expect(error).toMatchObject({ code, retryable, where: 'kafka', cause });
    expect(error.message).toMatch(/^kafka: topic "t": /);
    expect(error.message).toMatch(cure);
  });

  it('a replication factor that is refused while brokers are fenced is a matter of waiting', () => {
    const refused = (message: string): StreamError =>
      toStreamError(new WireError('protocol', message, { code: 38, sent: 'maybe' }), 'topic "t"');
    expect(refused('All brokers are currently fenced')).toMatchObject({ code: 'unavailable', retryable: true });
    expect(refused('Unable to replicate the partition 3 time(s)')).toMatchObject({ code: 'invalid-config' });
  });

  it('says whether the request can have reached the service', () => {
    for (const [sent, outcome] of [
      ['no', 'not-written'],
      ['maybe', 'unknown'],
    ] as const)
      expect(toStreamError(new WireError('closed', 'gone', { sent }), 'x').outcome).toBe(outcome);
    // Nothing leaves before it is compressed.
    expect(toStreamError(new WireError('codec', 'missing', { sent: 'maybe' }), 'x').outcome).toBe('not-written');
  });

  it.each<[kafka: number, code: string, retryable: boolean]>([
    [3, 'unknown-topic', false],
    [5, 'unavailable', true],
    [6, 'unavailable', true],
    [7, 'timeout', true],
    [10, 'event-too-large', false],
    [17, 'invalid-config', false],
    [22, 'lease-lost', false],
    [23, 'conflict', false],
    [25, 'lease-lost', false],
    [29, 'unauthorized', false],
    [30, 'unauthorized', false],
    [31, 'unauthorized', false],
    [32, 'invalid-event', false],
    [33, 'unauthenticated', false],
    [34, 'unauthenticated', false],
    [36, 'conflict', false],
    [38, 'invalid-config', false],
    [58, 'unauthenticated', false],
    [76, 'unsupported', false],
    [78, 'unavailable', true],
    [81, 'conflict', false],
    [82, 'lease-lost', false],
    [87, 'invalid-event', false],
    [89, 'throttled', true],
    [90, 'unavailable', true],
  ])('Kafka’s code %i becomes %s', (kafka, code, retryable) => {
    expect(kafkaError(kafka, 'topic "t"')).toMatchObject({ code, retryable, where: 'kafka' });
    expect(toStreamError(new WireError('protocol', 'x', { code: kafka, sent: 'maybe' }), 'topic "t"')).toMatchObject({
      code,
      retryable,
    });
  });

  it('that nobody knows is internal, is not retried, and names the code', () => {
    expect(kafkaError(999, 'x')).toMatchObject({ code: 'internal', retryable: false });
    expect(kafkaError(999, 'x').message).toContain('999');
  });
});

describe('anything else that is thrown', () => {
  it('stays if it is a StreamError, and is internal with its cause otherwise', () => {
    const known = new StreamError('aborted', 'x', { where: 'isostream' });
    expect(toStreamError(known, 'y')).toBe(known);
    const thrown = new TypeError('oops');
    expect(toStreamError(thrown, 'y')).toMatchObject({ code: 'internal', retryable: false, cause: thrown });
  });
});
