import type { Capabilities } from '../../src/contract/capabilities.ts';

/** A provider that can do everything; tests take away what they are about. */
export function capabilities(changes: Partial<Capabilities> = {}): Capabilities {
  return {
    settlement: 'watermark',
    reshard: 'grow',
    storedTime: 'sender',
    startAtTimestamp: true,
    replay: true,
    resetGroup: true,
    retention: { minMs: 1_000, maxMs: Infinity, mutable: true, bytes: true },
    compaction: true,
    tombstones: 'native',
    replication: true,
    headers: 'bytes',
    cloudEvents: { prefix: 'ce_', contentType: 'content-type' },
    maxEventBytes: 1_000_000,
    lag: { events: true, time: true },
    members: true,
    attemptsSurviveCrash: false,
    idempotentWrites: true,
    ...changes,
  };
}

/** A provider whose events have no headers. */
export const withoutHeaders: Capabilities = capabilities({ headers: 'none', cloudEvents: null });
