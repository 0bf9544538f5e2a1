import type { Capabilities } from '@isostream/core/adapter';

/** What the service can do. Core obeys it, and the suite runs what it promises: declare absent what you have not built yet. */
export const capabilities: Capabilities = Object.freeze({
  settlement: 'watermark',
  reshard: 'none',
  storedTime: 'service',
  startAtTimestamp: true,
  replay: true,
  resetGroup: true,
  retention: { minMs: Infinity, maxMs: Infinity, mutable: false, bytes: false },
  compaction: false,
  tombstones: 'native',
  replication: false,
  headers: 'bytes',
  cloudEvents: { prefix: 'ce_', contentType: 'content-type' },
  maxEventBytes: 4 * 1_048_576,
  lag: { events: true, time: true },
  members: true,
  attemptsSurviveCrash: false,
  idempotentWrites: false,
});
