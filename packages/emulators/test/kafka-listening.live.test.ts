import { describe, expect, it } from 'vitest';
import { startKafka } from '../src/index.ts';
import { listening } from './support/open-ports.ts';

describe('Apache Kafka', () => {
  it('listens on this machine only', { timeout: 120_000 }, async () => {
    await using started = await startKafka({ mode: 'native', secured: true });
    expect(listening(started.logFolder)).toEqual({ ports: expect.any(Number), open: [] });
    expect(listening(started.logFolder).ports).toBeGreaterThanOrEqual(5);
  });
});
