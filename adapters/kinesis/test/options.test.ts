import { describe, expect, it } from 'vitest';
import { createKinesis } from '../src/kinesis.ts';
import { resolveOptions } from '../src/options.ts';

describe('options', () => {
  it.each<[what: string, options: object, names: RegExp]>([
    ['an unknown option', { regions: 'eu-west-1' }, /unknown option regions/],
    ['a region that is none', { region: 'Europe (Ireland)' }, /region/],
    ['an endpoint that is not an address', { endpoint: 'localhost:4568' }, /endpoint/],
    ['one lease table for all groups', { leaseTable: 'leases' }, /\{topic\}/],
    ['a table name that DynamoDB refuses', { leaseTable: '{topic}/{group}' }, /letters/],
    ['requests over the limit', { requestBytes: '11mb' }, /requestBytes/],
    ['no request at all', { requestsInFlight: 0 }, /requestsInFlight/],
    ['pages over the limit', { readRecords: 20_000 }, /readRecords/],
    ['an option that was renamed', { lease: '5s' }, /lease is now called sessionTimeout/],
    ['a bad duration', { sessionTimeout: 'long' }, /sessionTimeout/],
    ['aggregation that is no boolean', { aggregation: 'yes' }, /aggregation/],
    ['a bad number of shards', { undeclaredPartitions: 1.5 }, /undeclaredPartitions/],
  ])('refuse %s', (_, options, names) => {
    expect(() => createKinesis(options)).toThrow(expect.objectContaining({ code: 'invalid-config' }));
    expect(() => createKinesis(options)).toThrow(names);
  });

  it('have defaults', () => {
    expect(resolveOptions()).toMatchObject({
      sessionTimeoutMs: 10_000,
      pollIntervalMs: 1_000,
      leaseTable: 'isostream-{topic}-{group}',
      requestBytes: 5 * 1_048_576,
      aggregation: false,
      undeclaredPartitions: 'on-demand',
    });
  });
});
